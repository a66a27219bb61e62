#include "sync/projection/writer.hpp"

// What the centre itself says of customers, in its own journal.
namespace till::sync::detail {

namespace {

Result<CustomerId> customer_of(BytesView bytes) {
    TILL_TRY(const Uuid id, Uuid::from_bytes(bytes));
    return CustomerId{id};
}

/// What a person said wrongly is shown to persons; our own disk's trouble is not theirs.
bool is_contradiction(const Error& error) {
    return error.code == Errc::conflict || error.code == Errc::not_found
           || error.code == Errc::malformed;
}

}  // namespace

/// Whom the CRM means: one that the centre made, or one that it told of before.
Result<std::optional<CustomerId>> Writer::known_customer(const v1::CustomerChanged& said) {
    if (const auto id = Uuid::from_bytes(said.customer())) return std::optional{CustomerId{*id}};
    std::optional<CustomerId> known;
    const auto read = [&](const Row& row) {
        if (const auto id = Uuid::from_bytes(row.bytes(0))) known = CustomerId{*id};
    };
    TILL_TRY_VOID(tables_.each("SELECT customer FROM crm_records WHERE source = ? AND record = ?",
                               read, said.source(), said.record()));
    return known;
}

Result<void> Writer::write_changed(const Subject& subject) {
    const v1::CustomerChanged& said = subject.said->customer_changed();
    if (subject.customer && !said.record().empty())
        TILL_TRY_VOID(tables_.run("INSERT OR REPLACE INTO crm_records VALUES(?, ?, ?)",
                                  said.source(), said.record(), blob(subject.customer->value())));
    for (int i = 0; i < said.consents_size(); ++i)
        TILL_TRY_VOID(write_consent(subject, i, said.consents(i)));
    if (!subject.customer) return {};
    return tables_.run(
        "UPDATE customers SET business = max(business, ?1), "
        "language = CASE WHEN ?2 = '' THEN language ELSE ?2 END WHERE id = ?3",
        said.business(), said.language(), blob(subject.customer->value()));
}

Result<void> Writer::write_merged(const Subject& subject) {
    const v1::CustomersMerged& said = subject.said->customers_merged();
    const auto merge = [&]() -> Result<void> {
        TILL_TRY(const CustomerId kept, customer_of(said.kept()));
        TILL_TRY(const CustomerId merged, customer_of(said.merged()));
        TILL_TRY(const CustomerId before, vault_.present(kept));
        TILL_TRY(const CustomerId other, vault_.present(merged));
        if (before != other) TILL_TRY_VOID(vault_.merge(kept, merged));
        TILL_TRY_VOID(has_news(other));
        TILL_TRY_VOID(link(subject, before));
        return has_news(before);
    };
    const auto done = merge();
    if (done || !is_contradiction(done.error())) return done;
    return note(subject.event, {"not merged", "", done.error().detail, false}, std::nullopt);
}

Result<void> Writer::write_separated(const Subject& subject) {
    const v1::CustomersSeparated& said = subject.said->customers_separated();
    const auto separate = [&]() -> Result<void> {
        TILL_TRY(const CustomerId kept, customer_of(said.kept()));
        TILL_TRY(const CustomerId merged, customer_of(said.merged()));
        TILL_TRY(const CustomerId now, vault_.present(merged));
        if (now != merged) TILL_TRY_VOID(vault_.separate(kept, merged));
        TILL_TRY_VOID(has_news(merged));
        return has_news(kept);
    };
    const auto done = separate();
    if (done || !is_contradiction(done.error())) return done;
    return note(subject.event, {"not separated", "", done.error().detail, false}, std::nullopt);
}

/// Her purchases stay, as nobody's; every sealed part that led to her goes from the ledger.
Result<void> Writer::write_erased(const Subject& subject) {
    TILL_TRY(const CustomerId customer, customer_of(subject.said->customer_erased().customer()));
    TILL_TRY(const auto family, vault_.erase(customer, subject.corrected_ms));
    for (const CustomerId& one : family) {
        TILL_TRY_VOID(
            tables_.run("INSERT OR IGNORE INTO sealed_to_erase "
                        "SELECT event FROM customer_links WHERE customer = ?",
                        blob(one.value())));
        TILL_TRY_VOID(has_news(one));
    }
    return link(subject, family.front());
}

Result<void> Writer::link(const Subject& subject, const CustomerId& customer) {
    return tables_.run("INSERT OR IGNORE INTO customer_links VALUES(?, ?, ?, '')",
                       blob(customer.value()), subject.event,
                       static_cast<int>(subject.said->fact_case()));
}

Result<void> Writer::has_news(const CustomerId& customer) {
    return tables_.run(
        "INSERT INTO customer_news VALUES(?, 1) ON CONFLICT DO UPDATE "
        "SET change = change + 1",
        blob(customer.value()));
}

}  // namespace till::sync::detail
