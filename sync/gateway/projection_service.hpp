#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/gateway/home.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/projection/projector.hpp"
#include "sync/projection/queries.hpp"
#include "sync/vault/vault.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace till::sync {

/// Projects what the ledger commits, on a thread of its own, and answers questions about it there.
/// One thread means that the projector, the vault and the queries are never used by two at once.
class ProjectionService {
public:
    static Result<std::unique_ptr<ProjectionService>> open(const HomePaths& home,
                                                           const HomeKeys& keys, Ledger& ledger,
                                                           Random& random);
    ~ProjectionService();  ///< Finishes the batch in hand, then joins.

    void start();

    /// What a job may use. All of it lives on the service's thread.
    struct Desk {
        Projector& projector;
        Queries& queries;
        Vault& vault;
        Store& store;
    };

    /// Runs `job(Desk&)`, a Result<T>, on the service's thread and answers on the caller's executor.
    /// A job waits for the batch in hand, and for jobs before it.
    template <class T, class Job>
    asio::awaitable<Result<T>> ask(Job job) {
        const auto home = co_await asio::this_coro::executor;
        co_await asio::post(asio::bind_executor(loop_.get_executor(), asio::use_awaitable));
        auto answer = job(desk_);
        co_await asio::post(asio::bind_executor(home, asio::use_awaitable));
        co_return answer;
    }

private:
    ProjectionService(Ledger& ledger, std::unique_ptr<Store> store, std::unique_ptr<Vault> vault,
                      std::unique_ptr<Projector> projector, std::unique_ptr<Queries> queries);
    asio::awaitable<void> run();
    bool catch_up();

    Ledger& ledger_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Vault> vault_;
    std::unique_ptr<Projector> projector_;
    std::unique_ptr<Queries> queries_;
    Desk desk_;
    asio::io_context loop_{1};
    std::jthread thread_;
};

}  // namespace till::sync
