#include "sync/gateway/projection_service.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/task_group.hpp"

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
                                                                   Ledger& ledger, Sources sources,
                                                                   Random& random) {
    std::unique_ptr<ProjectionService> made{new ProjectionService{ledger, std::move(sources)}};
    if (!made->store_) return made;
    TILL_TRY(made->vault_,
             Vault::open(home / "vault.db",
                         {copy(keys.sealing), copy(keys.token_key), copy(keys.vault_key)}, random));
    TILL_TRY(made->projector_, Projector::open(home / "projection.db", *made->vault_));
    TILL_TRY(made->queries_, Queries::open(home / "projection.db"));
    made->desk_.emplace(Desk{*made->projector_, *made->queries_, *made->vault_, *made->store_});
    return made;
}

ProjectionService::~ProjectionService() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

void ProjectionService::start() {
    if (!desk_) return;
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

void ProjectionService::note(const Result<void>& done) {
    if (!done)
        log(LogLevel::error, "projection", "a note was not kept", {{"cause", done.error().detail}});
}

void ProjectionService::empty_box() {
    if (!box_) return;
    const auto keep = [this](const DeviceFigures& figures) {
        return projector_->keep_figures(figures);
    };
    if (const auto kept = box_->empty(keep); !kept)
        log(LogLevel::error, "projection", "day totals of other gateways could not be kept",
            {{"cause", kept.error().detail}});
}

asio::awaitable<Result<void>> ProjectionService::keep_figures(DeviceFigures figures) {
    if (desk_) {
        const auto keep = [figures = std::move(figures)](Desk& desk) {
            return desk.projector.keep_figures(figures);
        };
        co_return co_await ask<void>(keep);
    }
    auto put = [this, figures = std::move(figures)] { return box_->put(figures); };
    co_return co_await porter_.run<void>(std::move(put));
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
        empty_box();
        // Of what other gateways store this one hears nothing: it looks.
        const auto patience = box_ ? std::chrono::milliseconds{500} : 30s;
        const auto news = co_await with_deadline(patience, ledger_.wait_for_news(cursor));
        if (!news && news.error().code == Errc::abandoned) co_return;
        // Live events come one by one; a moment's wait makes batches of them.
        breath.expires_after(10ms);
        auto [cancelled] = co_await breath.async_wait(nothrow);
        if (cancelled) co_return;
    }
}

}  // namespace till::sync
