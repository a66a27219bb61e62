#pragma once

#include "agent/core/clock.hpp"
#include "sync/gateway/crm_service.hpp"
#include "sync/gateway/projection_service.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/wire/note.hpp"

#include <chrono>
#include <memory>

namespace till::sync {

/// Lets go of the raw events that came in more than `keep` ago, by this machine's clock, once no table
/// needs them any more (Projector::settled) and every CRM has been offered them. The centre signs a
/// checkpoint for what goes, so that the rest stays provable; idempotency keys and all that was projected
/// stay in the tables.
///
/// Looks at every journal once an hour, in steps that leave the ledger to the devices in between.
/// Thread: the loop that runs it.
class Retention {
public:
    Retention(Ledger& ledger, ProjectionService& projection, CrmService& crm,
              std::shared_ptr<const NoteSigner> notes, Clock& clock, std::chrono::milliseconds keep)
        : ledger_{ledger},
          projection_{projection},
          crm_{crm},
          notes_{std::move(notes)},
          clock_{clock},
          keep_{keep} {}

    /// Until it is cancelled.
    asio::awaitable<void> run();

private:
    asio::awaitable<void> sweep();
    asio::awaitable<Result<Seq>> let_go(JournalRow row);
    /// The last of the `records` events after the checkpoint that is old enough, with all before it.
    asio::awaitable<Result<Mark>> old_after(const JournalRow& row, std::size_t records);

    Ledger& ledger_;
    ProjectionService& projection_;
    CrmService& crm_;
    std::shared_ptr<const NoteSigner> notes_;
    Clock& clock_;
    std::chrono::milliseconds keep_;
};

}  // namespace till::sync
