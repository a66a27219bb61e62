#pragma once

#include "agent/crypto/system_random.hpp"
#include "agent/runtime/system_clock.hpp"
#include "agent/runtime/task_group.hpp"
#include "sync/gateway/server.hpp"
#include "sync/gateway/settings.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/uplink/enrol_client.hpp"
#include "sync/uplink/uplink.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/scratch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace till::sync::test {

/// The real gateway, with its ledger in SQLite, on the test's own loop and a port of the kernel's.
class Centre final : public DeviceDesk {
public:
    explicit Centre(asio::io_context& loop);
    ~Centre() override;

    void start();  ///< Listens; again on the same port after stop().
    void stop();   ///< Connections are cut as by a process that ended. Runs the loop for that.

    std::string code(std::uint16_t port = 0);  ///< For a device that dials `port`; 0: the real one.
    Enrolled enrol();
    Seq mark(const JournalId& journal);  ///< 0 for one it does not know.

    std::vector<GatewaySession::StoreTotals> totals;
    std::vector<Bytes> telemetry;
    std::uint16_t port = 0;
    std::unique_ptr<EnrolmentDesk> desk;
    std::unique_ptr<Ledger> ledger;

private:
    asio::awaitable<Result<void>> keep_totals(Registry::Device,
                                              GatewaySession::StoreTotals kept) override {
        totals.push_back(std::move(kept));
        co_return Result<void>{};
    }
    void keep_telemetry(const DeviceId&, Bytes kept) override { telemetry.push_back(kept); }
    void greeted(const DeviceId&, std::string) override {}
    asio::awaitable<v1::CustomerAnswer> who_is(v1::CustomerQuestion question) override {
        v1::CustomerAnswer answer;
        answer.set_id(question.id());
        co_return answer;
    }
    void seen(const DeviceId&, bool) override {}

    asio::io_context& loop_;
    Scratch folder_;
    HomePaths home_;
    SystemClock clock_;
    SystemRandom random_;
    std::optional<HomeKeys> keys_;
    GatewaySettings settings_;
    std::unique_ptr<FeedDesk> feeds_;
    std::optional<Rooms> rooms_;
    std::atomic<std::size_t> open_{0};
    std::unique_ptr<Server> server_;
    std::unique_ptr<TaskGroup> tasks_;
};

/// The agent's side of an uplink without an agent: a journal in memory, and an owner that takes
/// notes.
class Device final : public JournalSource, public UplinkOwner {
public:
    Device(asio::io_context& loop, Enrolled enrolled);

    void capture(int events);  ///< Grows the journal, as the captures of a till would.
    Uplink::Options options() const;

    SystemRandom random;
    FakeJournal journal{random};
    Enrolled enrolled;
    Seq acknowledged{0};
    Bytes store_epoch;
    int welcomes = 0;
    std::optional<Mark> forked_at;
    bool retired = false;
    std::vector<std::string> stored_days;
    SystemClock clock;

private:
    Standing standing() const override { return {journal.mark(), acknowledged, store_epoch}; }
    asio::awaitable<Result<std::vector<Envelope>>> read(Seq from, std::size_t bytes_max,
                                                        std::size_t records_max) override;
    asio::awaitable<Result<Digest>> hash_at(Seq seq) override;
    asio::awaitable<Result<void>> acknowledge(Seq seq, Bytes epoch) override;
    asio::awaitable<Result<void>> wait_beyond(Seq seq) override;

    asio::awaitable<Result<ClientContext>> context() override;
    void on_welcomed(const UplinkSession::Welcomed&) override { ++welcomes; }
    void on_forked(const Mark& centre) override { forked_at = centre; }
    void on_retired(const Bytes&) override { retired = true; }
    void on_totals_stored(std::string_view day, std::uint32_t) override {
        stored_days.emplace_back(day);
    }
    void on_noticed(std::string_view, std::uint64_t) override {}

    asio::steady_timer grown_;
};

/// Turns the loop until `done`, at most for `limit`; whether it came to that.
bool run_until(asio::io_context& loop, const std::function<bool()>& done,
               std::chrono::milliseconds limit = std::chrono::seconds{20});

/// The answer of one coroutine.
template <class T>
T run(asio::io_context& loop, asio::awaitable<T> work) {
    std::optional<T> answer;
    TaskGroup only{loop.get_executor()};
    const auto keep = [](asio::awaitable<T> task, std::optional<T>& into) -> asio::awaitable<void> {
        into = co_await std::move(task);
    };
    only.spawn(keep(std::move(work), answer));
    run_until(loop, [&] { return only.size() == 0; });
    return *std::move(answer);
}

}  // namespace till::sync::test
