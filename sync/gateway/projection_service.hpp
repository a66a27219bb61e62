#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/gateway/home.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/ledger/worker.hpp"
#include "sync/projection/projector.hpp"
#include "sync/projection/queries.hpp"
#include "sync/vault/vault.hpp"

#include <boost/asio/awaitable.hpp>
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
    /// Not cancellable; the caller's coroutine stays on its own loop and waits there.
    template <class T, class Job>
    asio::awaitable<Result<T>> ask(Job job) {
        return answered<T>([this, job = std::move(job)](Answer<T> answer) mutable {
            asio::post(loop_, [this, job = std::move(job), answer = std::move(answer)]() mutable {
                answer(job(desk_));
            });
        });
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
