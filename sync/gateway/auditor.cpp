#include "sync/gateway/auditor.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace till::sync {

asio::awaitable<Result<LedgerAudit>> Auditor::audit(JournalId journal) {
    const auto walk = [this, journal]() -> Result<LedgerAudit> {
        // Of this thread alone, on Linux. Refused, the walk is merely less polite.
        static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10));
        TILL_TRY(const auto store, open_());
        return sync::audit(*store, journal, is_ours_, [this] { return !stopping_.load(); });
    };
    co_return co_await worker_.run<LedgerAudit>(walk);
}

}  // namespace till::sync
