#include "sync/gateway/projection_service.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/task_group.hpp"
#include "sync/ledger/sqlite_store.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace till::sync {

using namespace std::chrono_literals;

namespace {

Secret copy(const Secret& key) { return Secret{key.reveal()}; }

std::vector<SealingKeyPair> copy(const std::vector<SealingKeyPair>& pairs) {
    std::vector<SealingKeyPair> copies;
    for (const auto& pair : pairs) copies.push_back({pair.key, copy(pair.private_key)});
    return copies;
}

}  // namespace

Result<std::unique_ptr<ProjectionService>> ProjectionService::open(const HomePaths& home,
                                                                   const HomeKeys& keys,
                                                                   Ledger& ledger, Random& random) {
    TILL_TRY(std::unique_ptr<Store> store,
             SqliteStore::open({.file = home / "ledger.db", .access = SqliteStore::Access::reading},
                               random));
    TILL_TRY(auto vault,
             Vault::open(home / "vault.db",
                         {copy(keys.sealing), copy(keys.token_key), copy(keys.vault_key)}, random));
    TILL_TRY(auto projector, Projector::open(home / "projection.db", *vault));
    TILL_TRY(auto queries, Queries::open(home / "projection.db"));
    return std::unique_ptr<ProjectionService>{new ProjectionService{
        ledger, std::move(store), std::move(vault), std::move(projector), std::move(queries)}};
}

ProjectionService::ProjectionService(Ledger& ledger, std::unique_ptr<Store> store,
                                     std::unique_ptr<Vault> vault,
                                     std::unique_ptr<Projector> projector,
                                     std::unique_ptr<Queries> queries)
    : ledger_{ledger},
      store_{std::move(store)},
      vault_{std::move(vault)},
      projector_{std::move(projector)},
      queries_{std::move(queries)},
      desk_{*projector_, *queries_, *vault_, *store_} {}

ProjectionService::~ProjectionService() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

void ProjectionService::start() {
    thread_ = std::jthread{[this] {
        TaskGroup tasks{loop_.get_executor()};
        tasks.spawn(run());
        loop_.run();
        // Stopped from outside. What run() waits for is answered from the ledger's thread, so the
        // loop must stay until the cancellation has come back.
        tasks.cancel();
        loop_.restart();
        const auto staying = asio::make_work_guard(loop_);
        while (tasks.size() > 0) loop_.run_one();
    }};
}

bool ProjectionService::catch_up() {
    const auto applied = projector_->catch_up(*store_);
    if (applied) return *applied > 0;
    log(LogLevel::error, "projection", "batch failed", {{"cause", applied.error().detail}});
    return false;
}

asio::awaitable<void> ProjectionService::run() {
    if (const auto again = projector_->reproject_parked(*store_); again && *again > 0)
        log(LogLevel::info, "projection", "projected events that older versions had parked",
            {{"events", *again}});
    asio::steady_timer breath{co_await asio::this_coro::executor};
    for (;;) {
        const std::uint64_t cursor = ledger_.news_cursor();
        while (catch_up()) {  // Questions get their turn between batches.
            co_await asio::post(asio::use_awaitable);
        }
        const auto news = co_await with_deadline(30s, ledger_.wait_for_news(cursor));
        if (!news && news.error().code == Errc::abandoned) co_return;
        // Live events come one by one; a moment's wait makes batches of them.
        breath.expires_after(10ms);
        auto [cancelled] = co_await breath.async_wait(nothrow);
        if (cancelled) co_return;
    }
}

}  // namespace till::sync
