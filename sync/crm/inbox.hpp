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

/// What changed in a CRM, as the centre has to say it: in its own journal, under this key.
struct CrmChange {
    v1::CustomerChanged said;
    v1::Personal person;
    std::int64_t at_ms = 0;
    std::string key;
};

/// Brings home what people change in a CRM: a new customer, another phone number, a consent. What differs from
/// what both last agreed on (agreement.hpp) was changed there; the rest was changed here and goes out by itself.
///
/// Thread: its outbox's, between two steps of that; blocks as long as the connector does.
class Inbox {
public:
    using Say = std::function<Result<void>(std::vector<CrmChange>)>;
    Inbox(InboxView& view, OutboxState& state, CrmConnector& connector, Say say)
        : view_{view}, state_{state}, connector_{connector}, say_{std::move(say)} {}

    /// Reads all that changed since the last time; how much of it was news. Fails as the parts do: then it is
    /// read again. unsupported: this CRM is not asked.
    Result<std::size_t> step();

private:
    Result<void> take(std::vector<CrmRecord> records, std::size_t& news);
    Result<void> consider(CrmRecord record, std::vector<CrmChange>& changes,
                          OutboxState::Agreements& agreed);
    void normalise(v1::Personal& person);

    InboxView& view_;
    OutboxState& state_;
    CrmConnector& connector_;
    Say say_;
    std::map<std::string, std::int64_t> seen_;  // Records in the state in which nothing is left to say.
};

}  // namespace till::sync
