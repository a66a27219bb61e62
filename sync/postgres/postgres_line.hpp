#pragma once

#include "sync/postgres/postgres.hpp"

#include <chrono>
#include <functional>
#include <utility>

namespace till::sync {

/// A connection to a server that may go away: opened when it is needed, and anew when it is lost. A
/// server that is away is not asked more than twice a second; meanwhile every call fails at once.
///
/// Errors are a disk's: io (the server is away), busy (others are in the way, try later), disk_full,
/// and what the work itself says. Thread: one at a time. Blocks.
class PostgresLine {
public:
    /// `set_up` prepares each fresh connection, before anything else is asked.
    PostgresLine(PostgresAddress address, std::function<Result<void>(Postgres&)> set_up)
        : address_{std::move(address)}, set_up_{std::move(set_up)} {}

    Result<Postgres*> connected();

    /// Does `work(Postgres&)`, a Result, and again when it met another transaction or its connection
    /// was lost: it must be harmless when done twice, or fail with outcome_unknown when it is not.
    template <class Work>
    auto retried(const Work& work) -> decltype(work(std::declval<Postgres&>())) {
        for (int left = tries_max;;) {
            const auto open = connected();
            if (!open) return as_disk(open.error());
            auto done = work(**open);
            if (done) return done;
            const bool again = done.error().code != Errc::outcome_unknown
                               && ((*open)->is_lost() || (*open)->gave_way());
            (*open)->roll_back();
            if (!again || --left == 0) return as_disk(done.error());
        }
    }

    /// The same, all or nothing.
    template <class Work>
    auto in_transaction(const Work& work) -> decltype(work(std::declval<Postgres&>())) {
        return retried([&](Postgres& db) -> decltype(work(db)) {
            TILL_TRY_VOID(db.begin());
            TILL_TRY(auto done, work(db));
            TILL_TRY_VOID(db.commit());
            return done;
        });
    }

    static Error as_disk(const Error& error);

private:
    static constexpr int tries_max = 5;
    using Steady = std::chrono::steady_clock;

    PostgresAddress address_;
    std::function<Result<void>(Postgres&)> set_up_;
    std::optional<Postgres> connection_;
    std::optional<Error> away_;  // Why the latest attempt failed.
    Steady::time_point next_attempt_{};
};

}  // namespace till::sync
