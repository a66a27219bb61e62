#pragma once

#include "sync/ledger/store.hpp"
#include "sync/projection/rules.hpp"
#include "sync/projection/tables.hpp"
#include "sync/vault/vault.hpp"

#include <set>

namespace till::sync::detail {

/// Writes the rows of one event after the other, inside the transaction that its caller holds.
class Writer {
public:
    Writer(Tables& tables, Vault& vault) : tables_{tables}, vault_{vault} {}

    /// Loads what waits for a later event (post-voids of unknown transactions, claims of unknown
    /// receipts). Also after a rollback.
    Result<void> prepare();

    /// Projects one event; `correction`, when there is one, in place of its own body.
    Result<void> write(const JournalId& journal, const Tables::Journal& at,
                       const StoredEnvelope& stored, std::optional<BytesView> correction);
    /// Notes something about an event, once.
    Result<void> note(std::int64_t event, const Finding& finding, std::optional<std::int64_t> day);

private:
    struct Subject {
        std::int64_t event = 0;
        JournalId journal{Uuid{}};
        Uuid owner{};  ///< The device; of a journal whose device is not known, the journal.
        Seq seq{0};
        std::int64_t corrected_ms = 0;
        std::int64_t error_ms = 0;
        v1::Event* said = nullptr;
        Tables::Day* day = nullptr;  ///< Of what the centre itself says: none.
        std::optional<CustomerId> customer{};
    };

    Result<void> write_fact(const Subject& subject);
    Result<void> count_event(const Subject& subject);
    Result<void> find_customer(const StoredEnvelope& stored, Subject& subject);
    Result<void> see_customer(const Subject& subject);
    Result<void> link(const Subject& subject, const CustomerId& customer);
    Result<void> has_news(const CustomerId& customer);

    /// Notes it, and says whether the event is kept out of the tables.
    Result<bool> is_repeated_capture(const Subject& subject, bool corrected);
    Result<bool> note_repeated(const Subject& subject, std::int64_t first, bool same_request);

    Result<void> write_transaction(const Subject& subject, v1::RetailTransaction& sale);
    struct Taken {
        std::int64_t event = 0;
        bool same_content = false;
    };
    Result<std::optional<Taken>> taken(const char* sql, const Subject& subject,
                                       const BusinessKey& key, const Digest& content);
    Result<void> repeated(const Subject& subject, const BusinessKey& key, const Taken& by);
    Result<bool> note_all(const Subject& subject, const v1::RetailTransaction& sale);
    Result<void> insert_transaction(const Subject& subject, const BusinessKey& key,
                                    const Digest& content, const v1::RetailTransaction& sale);
    Result<void> insert_line(const Subject& subject, int position, const v1::Line& line);
    Result<void> insert_parts(const Subject& subject, const v1::RetailTransaction& sale);
    Result<void> check_returned(const Subject& subject, int position, const v1::Line& line);
    Result<void> link_post_void(const Subject& subject);
    Result<void> heal(const Subject& subject, const BusinessKey& key);
    Result<void> withhold(const Subject& subject, const v1::RetailTransaction& sale);

    Result<void> write_damaged(const Subject& subject);
    Result<void> write_salvaged(const StoredEnvelope& stored, Subject& subject);

    Result<void> write_control(const Subject& subject);
    Result<void> write_drawer_opened(const Subject& subject);
    Result<void> write_drawer_stayed_shut(const Subject& subject);
    Result<void> write_tender_control(const Subject& subject);
    Result<void> write_identified(const Subject& subject);
    Result<void> claim(const Subject& subject, const std::string& receipt);
    Result<void> write_enrolled(const Subject& subject);
    Result<void> write_consent(const Subject& subject, int position, const v1::ConsentSet& consent);
    Result<std::optional<CustomerId>> known_customer(const v1::CustomerChanged& said);
    Result<void> write_changed(const Subject& subject);
    Result<void> write_merged(const Subject& subject);
    Result<void> write_separated(const Subject& subject);
    Result<void> write_erased(const Subject& subject);
    Result<void> write_count(const Subject& subject);
    Result<void> write_adjustment(const Subject& subject);
    Result<void> write_set_aside(const Subject& subject);
    Result<void> write_unknown_scan(const Subject& subject);

    Tables& tables_;
    Vault& vault_;
    std::set<std::int64_t> awaited_events_;   // A post-void names them.
    std::set<std::string> awaited_receipts_;  // A customer claims them.
};

/// "set aside at 39, 40–42 unreadable, salvaged 43–50".
std::string damage_words(const v1::JournalDamaged& said);

}  // namespace till::sync::detail
