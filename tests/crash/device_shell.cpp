#include "agent/crypto/system_random.hpp"
#include "agent/daemon/journals.hpp"
#include "agent/runtime/system_clock.hpp"
#include "tests/crash/device_reading.hpp"
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
    void rest() override {}

    void close() override {
        journal_.reset();
        home_.reset();
    }

    Result<std::vector<Held>> held() override {
        std::vector<Held> all;
        for (const auto& entry : fs::directory_iterator{root_}) {
            const std::string file = entry.path().filename();
            if (file.starts_with("damaged")) return Error{Errc::corrupt, file + " was set aside"};
            if (!file.starts_with("journal-") || !file.ends_with(".db")) continue;
            TILL_TRY(auto reader, JournalReader::open(entry.path()));
            TILL_TRY_VOID(read_journal(reader, all));
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
