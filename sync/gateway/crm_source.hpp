#pragma once

#include "sync/crm/inbox.hpp"
#include "sync/crm/outbox.hpp"
#include "sync/projection/queries.hpp"
#include "sync/vault/vault.hpp"

#include <memory>
#include <string>

namespace till::sync {

/// What counts, and who is known, out of ledger, tables and vault, for one connector. Thread: the connector's.
class CrmSource final : public OutboxSource, public InboxView {
public:
    struct Parts {
        std::unique_ptr<Store> store;
        std::unique_ptr<Queries> queries;
        std::unique_ptr<Vault> vault;
        std::string connector;
        std::string country;  ///< ISO 3166-1, of phone numbers that a CRM writes without "+".
    };
    CrmSource(Parts parts, OutboxState& state) : parts_{std::move(parts)}, state_{state} {}

    Result<std::vector<std::pair<JournalId, Seq>>> projected() override;
    Result<std::vector<Candidate>> read(const JournalId& journal, Seq after, Seq upto,
                                        std::size_t most, bool with_person) override;

    Result<std::optional<Known>> find(const std::string& source, const CrmRecord& record) override;
    Digest token(const v1::Identifier& identifier) override;
    Result<std::string> normalise(v1::IdentifierType type, const std::string& value) override;

private:
    Result<Candidate> judge(const JournalId& journal, const StoredEnvelope& one, bool with_person);
    Result<void> add_customer(CrmEvent& event);
    Result<std::optional<CustomerId>> customer_of(const std::string& source,
                                                  const CrmRecord& record);

    Parts parts_;
    OutboxState& state_;
};

}  // namespace till::sync
