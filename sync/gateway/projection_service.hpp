#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "sync/gateway/figures_box.hpp"
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
///
/// Of the gateways that share a ledger one projects. The others have none of this: what is asked of
/// them fails with unsupported, and the figures they are given reach the one that projects through
/// `box`.
class ProjectionService {
public:
    struct Sources {
        std::unique_ptr<Store> store;     ///< To read from; null: another gateway projects.
        std::unique_ptr<FiguresBox> box;  ///< Null when the ledger is this gateway's alone.
    };
    static Result<std::unique_ptr<ProjectionService>> open(const HomePaths& home,
                                                           const HomeKeys& keys, Ledger& ledger,
                                                           Sources sources, Random& random);
    ~ProjectionService();  ///< Finishes the batch in hand, then joins.

    void start();
    bool is_here() const { return desk_.has_value(); }

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
            if (!desk_)
                return answer(Error{Errc::unsupported, "another gateway projects: ask that one"});
            asio::post(loop_, [this, job = std::move(job), answer = std::move(answer)]() mutable {
                answer(job(*desk_));
            });
        });
    }

    /// The same for a job that returns Result<void> and that nobody waits for: a failure is logged.
    template <class Job>
    void tell(Job job) {
        if (desk_) asio::post(loop_, [this, job = std::move(job)]() mutable { note(job(*desk_)); });
    }

    /// Keeps a device's signed day figures; durable when it returns.
    asio::awaitable<Result<void>> keep_figures(DeviceFigures figures);

private:
    ProjectionService(Ledger& ledger, Sources sources)
        : ledger_{ledger}, store_{std::move(sources.store)}, box_{std::move(sources.box)} {}
    asio::awaitable<void> run();
    bool catch_up();
    void empty_box();
    static void note(const Result<void>& done);

    Ledger& ledger_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<FiguresBox> box_;
    std::unique_ptr<Vault> vault_;
    std::unique_ptr<Projector> projector_;
    std::unique_ptr<Queries> queries_;
    std::optional<Desk> desk_;
    asio::io_context loop_{1};
    std::jthread thread_;
    Worker porter_;  // Puts figures into the box where nothing is projected.
};

}  // namespace till::sync
