#pragma once

#include "sync/crm/connector.hpp"
#include "sync/crm/outbox_state.hpp"

#include <functional>
#include <map>

namespace till::sync {

/// What an inbox asks the centre: the program adapts vault and projection.
class InboxView {
public:
    virtual ~InboxView() = default;

    struct Known {
        CustomerId customer{Uuid{}};
        v1::Personal person;
        std::vector<ConsentState> consents;
    };
    /// Whom the centre knows by this record or any of its identifiers, which are normalised.
    virtual Result<std::optional<Known>> find(const std::string& source,
                                              const CrmRecord& record) = 0;
    virtual Digest token(const v1::Identifier& identifier) = 0;
    /// The form in which tills know an identifier; an error: this is none.
    virtual Result<std::string> normalise(v1::IdentifierType type, const std::string& value) = 0;
};

/// What changed in a CRM, as the centre has to say it in its own journal. To say it twice changes nothing.
struct CrmChange {
    v1::CustomerChanged said;
    v1::Personal person;
    std::int64_t at_ms = 0;
    std::string key;  ///< Record and date, for whoever reads the journal.
};

/// Brings home what people change in a CRM: a new customer, another phone number, a consent. What differs from
/// what both last agreed on (agreement.hpp) was changed there; the rest was changed here and goes out by itself.
///
/// Thread: its outbox's, between two steps of that; blocks as long as the connector does.
class Inbox {
public:
    using Say = std::function<Result<void>(std::vector<CrmChange>)>;
    Inbox(InboxView& view, OutboxState& state, CrmConnector& connector, Clock& clock, Say say)
        : view_{view}, state_{state}, connector_{connector}, clock_{clock}, say_{std::move(say)} {}

    /// Reads all that changed since the last time; how much of it was news. Fails as the parts do: then it is
    /// read again. unsupported: this CRM is not asked.
    Result<std::size_t> step();

private:
    Result<void> take(std::vector<CrmRecord> records, std::size_t& news);
    Result<void> consider(CrmRecord record, std::vector<CrmChange>& changes,
                          OutboxState::Agreements& agreed);
    void note_seen(const CrmRecord& record);
    void normalise(v1::Personal& person);

    InboxView& view_;
    OutboxState& state_;
    CrmConnector& connector_;
    Clock& clock_;
    Say say_;
    struct Seen {
        std::uint64_t state = 0;
        std::uint64_t since = 0;  // Since boot, when it was first read in this state.
        bool settled = false;     // Nothing is left to say of it.
    };
    std::map<std::string, Seen> seen_;
};

}  // namespace till::sync
