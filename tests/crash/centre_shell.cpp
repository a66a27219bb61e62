#include "agent/crypto/system_random.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/ledger/sqlite_store.hpp"
#include "tests/crash/records.hpp"
#include "tests/crash/shells.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace till::crash {

namespace {

namespace asio = boost::asio;

class CentreShell final : public Target {
public:
    explicit CentreShell(const std::filesystem::path& folder) : file_{folder / "ledger.db"} {}

    Result<void> open() override {
        close();
        TILL_TRY(auto writing, sync::SqliteStore::open({.file = file_}, random_));
        TILL_TRY(auto reading,
                 sync::SqliteStore::open(
                     {.file = file_, .access = sync::SqliteStore::Access::reading}, random_));
        ledger_ = std::make_unique<sync::Ledger>(std::move(writing), std::move(reading));
        return {};
    }

    std::vector<Result<std::string>> store(Number first, std::size_t count) override {
        std::vector<Result<std::string>> answers(count, Error{Errc::io, "not open"});
        if (!ledger_) return answers;
        const auto runs = fleet_.sent(first, count);
        std::vector<Result<Seq>> upto(Fleet::size);
        for (const auto& run : runs)
            asio::co_spawn(loop_, send(run, upto[run.journal]), [](const std::exception_ptr& bad) {
                if (bad) std::rethrow_exception(bad);
            });
        loop_.restart();
        loop_.run();
        for (std::size_t i = 0; i < count; ++i) {
            const auto& acked = upto[Fleet::journal_of(first + i)];
            if (!acked)
                answers[i] = acked.error();
            else if (acked->value() >= Fleet::seq_of(first + i))
                answers[i] = fleet_.where(first + i);
        }
        return answers;
    }

    // The writing thread tidies by itself.
    void rest() override {}

    void close() override { ledger_.reset(); }

    Result<std::vector<Held>> held() override {
        TILL_TRY(auto store,
                 sync::SqliteStore::open(
                     {.file = file_, .access = sync::SqliteStore::Access::reading}, random_));
        return held_by(*store);
    }

private:
    // As a session does it: hello, the mark at the centre, what is beyond it, the ack.
    asio::awaitable<void> send(Fleet::Sent run, Result<Seq>& upto) {
        const sync::FakeJournal& from = fleet_.journal(run.journal);
        const auto row = co_await ledger_->bind(from.hello());
        if (!row) {
            upto = row.error();
            co_return;
        }
        if (row->mark.seq.value() >= run.upto) {
            upto = row->mark.seq;
            co_return;
        }
        sync::Append append = from.append(row->mark.seq.value(), run.upto);
        const auto done = co_await ledger_->commit(std::move(append));
        if (!done)
            upto = done.error();
        else
            upto = done->mark.seq;
    }

    std::filesystem::path file_;
    SystemRandom random_;
    Fleet fleet_;
    asio::io_context loop_;
    std::unique_ptr<sync::Ledger> ledger_;
};

}  // namespace

std::unique_ptr<Target> centre_shell(const std::filesystem::path& folder) {
    return std::make_unique<CentreShell>(folder);
}

}  // namespace till::crash
