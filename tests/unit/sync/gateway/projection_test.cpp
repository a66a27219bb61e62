#include "sync/gateway/projection_service.hpp"

#include "agent/crypto/system_random.hpp"
#include "sync/ledger/sqlite_store.hpp"
#include "tests/unit/sync/gateway/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <catch2/catch.hpp>

#include <latch>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;

namespace {

struct Service {
    Service() : home{folder / "gateway"} {
        REQUIRE(init_home(home, {.server_name = "gateway.test", .public_host = "127.0.0.1"},
                          SetClock{}.now().wall));
        keys.emplace(load_keys(home).value());
        auto writing = SqliteStore::open({.file = home / "ledger.db"}, random);
        auto reading = SqliteStore::open(
            {.file = home / "ledger.db", .access = SqliteStore::Access::reading}, random);
        ledger = std::make_unique<Ledger>(*std::move(writing), *std::move(reading));
        auto own = SqliteStore::open(
            {.file = home / "ledger.db", .access = SqliteStore::Access::reading}, random);
        projection =
            ProjectionService::open(home, *keys, *ledger, {*std::move(own), nullptr}, random)
                .value();
        projection->start();
    }

    Folder folder;
    HomePaths home;
    SystemRandom random;
    std::optional<HomeKeys> keys;
    std::unique_ptr<Ledger> ledger;
    std::unique_ptr<ProjectionService> projection;
};

/// Notes on which thread it is let go of.
struct Witness {
    std::thread::id& where;
    ~Witness() { where = std::this_thread::get_id(); }
};

asio::awaitable<void> ask(ProjectionService& projection, std::latch& begun, std::latch& go_on,
                          std::thread::id& let_go) {
    const Witness witness{let_go};
    const auto job = [&](ProjectionService::Desk&) -> Result<void> {
        begun.count_down();
        go_on.wait();
        return {};
    };
    const auto done = co_await projection.ask<void>(job);
    CHECK(done);
}

}  // namespace

TEST_CASE("gateway: who asks the projection stays on its own loop, also when it is cancelled",
          "[gateway]") {
    Service service;
    asio::io_context loop{1};
    asio::cancellation_signal signal;
    std::latch begun{1}, go_on{1};
    std::thread::id let_go;
    const auto ended = [](std::exception_ptr) {};
    asio::co_spawn(loop, ask(*service.projection, begun, go_on, let_go),
                   asio::bind_cancellation_slot(signal.slot(), ended));
    loop.poll();
    begun.wait();
    signal.emit(asio::cancellation_type::terminal);
    loop.poll();  // The cancellation arrives while the job is under way.
    go_on.count_down();
    loop.restart();
    loop.run();
    CHECK(let_go == std::this_thread::get_id());
}
