#include "agent/crypto/system_random.hpp"
#include "agent/daemon/journals.hpp"
#include "agent/journal/journal_reader.hpp"
#include "agent/runtime/system_clock.hpp"
#include "sync/wire/events.pb.h"
#include "tests/crash/records.hpp"
#include "tests/crash/shells.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace till::crash {

namespace {

namespace fs = std::filesystem;

sync::Enrolment enrolment() {
    return {.gateway = {"10.0.0.1", 8443, *sync::ServerName::parse("gateway.test")},
            .device = DeviceId{Uuid::from_random({4, 5, 6})},
            .store = "12",
            .workstation = "3",
            .first_generation = Generation{1},
            .last_generation = Generation{1000},
            .server_ca_pem = {},
            .sealing_keys = {}};
}

std::string where(const JournalId& journal, Seq seq, const std::string& receipt) {
    return journal.value().text() + ' ' + std::to_string(seq.value()) + ' ' + receipt;
}

class DeviceShell final : public Target {
public:
    explicit DeviceShell(fs::path folder) : root_{std::move(folder)} {}

    Result<void> open() override {
        close();
        TILL_TRY(auto home, Home::open(root_));
        TILL_TRY(auto opened, open_current_journal(home, enrolment(), 0, clock_, random_));
        home_.emplace(std::move(home));
        journal_ = std::make_unique<Journal>(loop_.get_executor(), std::move(opened.core),
                                             std::move(opened.options), clock_);
        return {};
    }

    std::vector<Result<std::string>> store(Number first, std::size_t count) override {
        std::vector<Result<std::string>> answers(count, Error{Errc::io, "not open"});
        if (!journal_) return answers;
        for (std::size_t i = 0; i < count; ++i)
            asio::co_spawn(loop_, append(first + i, answers[i]), rethrow);
        loop_.restart();
        loop_.run();
        return answers;
    }

    // The disk thread tidies by itself.
    Result<void> rest() override { return {}; }

    void close() override {
        journal_.reset();
        home_.reset();
    }

    Result<std::vector<Held>> held() override {
        std::vector<Held> all;
        for (const auto& entry : fs::directory_iterator{root_}) {
            const std::string file = entry.path().filename();
            if (file.starts_with("damaged")) return Error{Errc::corrupt, file + " was set aside"};
            if (file.starts_with("journal-") && file.ends_with(".db"))
                TILL_TRY_VOID(read(entry.path(), all));
        }
        return all;
    }

private:
    static void rethrow(const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
    }

    asio::awaitable<void> append(Number record, Result<std::string>& answer) {
        Draft draft = draft_of(record);
        const auto stored = co_await journal_->append(std::move(draft));
        if (stored)
            answer = where(stored->journal, stored->seq, stored->receipt_number);
        else
            answer = stored.error();
    }

    static Result<void> read(const fs::path& file, std::vector<Held>& all) {
        TILL_TRY(auto reader, JournalReader::open(file));
        TILL_TRY(const auto verified, reader.verify());
        if (!verified.problems.empty()) return Error{Errc::corrupt, verified.summary()};
        TILL_TRY_VOID(reader.check_pages());
        TILL_TRY(const auto identity, reader.identity());
        Result<void> done{};
        const auto visit = [&](const sync::Envelope& envelope, const Digest&) {
            const auto record = record_of(envelope);
            if (!record) return done = record.error(), false;
            tillstream::v1::Event event;
            event.ParseFromString(envelope.body);
            all.push_back(
                {*record, where(identity.journal, envelope.seq, event.numbers().receipt_number())});
            return true;
        };
        TILL_TRY_VOID(reader.scan(Seq{0}, visit));
        return done;
    }

    fs::path root_;
    SystemClock clock_;
    SystemRandom random_;
    asio::io_context loop_;
    std::optional<Home> home_;
    std::unique_ptr<Journal> journal_;
};

}  // namespace

std::unique_ptr<Target> device_shell(const fs::path& folder) {
    return std::make_unique<DeviceShell>(folder / "home");
}

}  // namespace till::crash
