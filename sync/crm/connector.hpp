#pragma once

#include "agent/core/result.hpp"
#include "sync/crm/agreement.hpp"
#include "sync/ledger/store.hpp"
#include "sync/projection/queries.hpp"
#include "sync/vault/vault.hpp"
#include "sync/wire/events.pb.h"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace till::sync {

/// An event that counts, on its way to a CRM.
struct CrmEvent {
    JournalId journal{Uuid{}};
    Seq seq{0};
    v1::Event event;         ///< As it is projected: a correction in place of the original.
    std::int64_t at_ms = 0;  ///< When it happened, on the centre's clock.
    std::optional<CustomerId> customer;  ///< As who she is by now.
    std::vector<CustomerId> family;      ///< Her, and those who turned out to be her.
    std::vector<std::string>
        records;          ///< What this CRM calls its records of her, where it told of her first.
    v1::Personal person;  ///< Who that is; empty unless the connector wants to know.
    std::vector<ConsentState> consents;  ///< Hers as they stand now, when she is known.
    /// Of these, what this CRM does not have from us yet: what it had and has no more, it dropped itself.
    v1::Personal fresh_person;
    std::vector<ConsentState> fresh_consents;
    Agreement agreement;               ///< Once it is applied.
    std::vector<CountedItem> counted;  ///< Of an approved count: all that its session counted.

    /// "journal/seq": the same for ever, whatever becomes of the delivery.
    std::string id() const { return journal.value().text() + "/" + std::to_string(seq.value()); }
};

/// What became of one event at a CRM. What matters is what the CRM says, not the status it says it with.
struct CrmOutcome {
    enum class Kind : std::uint8_t {
        applied,  ///< It is there: now, or already.
        refused,  ///< It never will be as it is: a person must look. `field` and `cause` say why.
        later,    ///< Not now, and certainly not there yet.
        unknown,  ///< No answer: it may be there.
    };
    Kind kind = Kind::unknown;
    std::string field, cause;
    std::chrono::milliseconds retry_after{0};  ///< The CRM's wish.
};

/// A customer as a CRM has her now.
struct CrmRecord {
    std::string record;                  ///< The CRM's own name for it, for ever: "party/12".
    std::optional<CustomerId> customer;  ///< Where the connector made it.
    v1::Personal person;                 ///< Identifiers as the CRM writes them.
    /// What it says of her, granted or not; `at_ms` of each is when that was changed last, 0 where it has no
    /// word of it at all (not granted).
    std::vector<ConsentState> consents;
    std::int64_t changed_ms = 0;  ///< When anything of it changed last, on the CRM's clock.
    std::uint64_t state = 0;      ///< Another number when anything of it was changed.
};

/// One CRM. To add one, write a class of these functions and a line in the gateway's wiring; what to send, in
/// which order, how often and until when is the outbox's business (outbox.hpp).
///
/// Thread: the outbox's own; every function may block, but must return soon after stop().
class CrmConnector {
public:
    virtual ~CrmConnector() = default;

    virtual const std::string& name() const = 0;
    virtual std::size_t batch_max() const = 0;
    virtual bool wants_person() const = 0;
    /// As long as this CRM may take to finish what it got, though nobody hears of it any more.
    virtual std::chrono::milliseconds settle() const = 0;
    /// Whether this CRM has a use for the event at all.
    virtual bool wants(const v1::Event& event) const = 0;

    /// One outcome for each event, in their order: applied when the CRM has what happened and what is fresh of
    /// her. After the first that is later or unknown the rest must be the same: events of a journal arrive in its
    /// order.
    virtual std::vector<CrmOutcome> apply(std::span<const CrmEvent> events) = 0;

    /// Which of these are there already, by our id: asked before events of unknown outcome are sent again.
    /// A CRM that drops what it has by itself may say none.
    virtual Result<std::vector<bool>> look_up(std::span<const CrmEvent> events) = 0;

    /// Hands over every customer that changed after `since` (what the last call returned; empty: ever) and that
    /// `wanted(record, state)` does not know in this state already; returns the next `since`. Handing over
    /// one twice is harmless, leaving one out is not: CRMs commit late what they dated early. A CRM that cannot
    /// be asked says unsupported.
    using Wanted = std::function<bool(const std::string& record, std::uint64_t state)>;
    using Visit = std::function<Result<void>(std::vector<CrmRecord>)>;
    virtual Result<std::string> read_changes(const std::string& since, const Wanted& wanted,
                                             const Visit& visit) {
        (void)since, (void)wanted, (void)visit;
        return Error{Errc::unsupported, "this CRM is not asked"};
    }

    /// From any thread: whatever is under way ends.
    virtual void stop() = 0;
};

}  // namespace till::sync
