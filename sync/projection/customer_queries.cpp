#include "sync/projection/queries_impl.hpp"

#include <algorithm>

// What the tables say of customers.
namespace till::sync {

namespace {

// The newest grant holds only when every withdrawal is certainly older: when times overlap, the
// withdrawal wins.
ConsentState current(const std::vector<ConsentRow>& all) {
    const ConsentRow* grant = nullptr;
    const ConsentRow* withdrawal = nullptr;
    for (const ConsentRow& each : all) {
        const ConsentRow*& newest = each.state.granted ? grant : withdrawal;
        const std::int64_t reach = each.state.granted ? each.state.at_ms - each.error_ms
                                                      : each.state.at_ms + each.error_ms;
        const auto reach_of = [](const ConsentRow& row) {
            return row.state.granted ? row.state.at_ms - row.error_ms
                                     : row.state.at_ms + row.error_ms;
        };
        if (newest == nullptr || reach >= reach_of(*newest)) newest = &each;
    }
    if (withdrawal == nullptr) return grant->state;
    if (grant == nullptr) return withdrawal->state;
    const bool certain =
        grant->state.at_ms - grant->error_ms > withdrawal->state.at_ms + withdrawal->error_ms;
    return certain ? grant->state : withdrawal->state;
}

}  // namespace

Result<CustomerView> Queries::customer(std::span<const CustomerId> family) {
    TILL_TRY(CustomerView view, customer_head(family));
    for (const CustomerId& one : family) TILL_TRY_VOID(impl_->add_purchases(one, view.purchases));
    std::ranges::stable_sort(view.purchases, {}, &TransactionRow::end_ms);
    return view;
}

Result<std::set<std::string>> Queries::stores_of(std::span<const CustomerId> family) {
    std::set<std::string> stores;
    const auto add = [&](const Row& row) { stores.emplace(row.bytes(0)); };
    for (const CustomerId& one : family)
        TILL_TRY_VOID(
            impl_->tables.each("SELECT DISTINCT d.store FROM transactions t JOIN days d "
                               "ON d.id = t.day WHERE t.customer = ?",
                               add, Blob{one.value().bytes()}));
    return stores;
}

Result<CustomerView> Queries::customer_head(std::span<const CustomerId> family) {
    CustomerView view{.customer = family.front()};
    bool known = false;
    const auto head = [&](const Row& row) {
        const std::int64_t first = row.integer(0);
        view.first_seen_ms = known ? std::min(view.first_seen_ms, first) : first;
        view.last_seen_ms = std::max(view.last_seen_ms, row.integer(1));
        view.enrolled |= !row.is_null(2);
        view.business |= row.integer(3) != 0;
        if (view.country.empty()) view.country = row.bytes(4);
        if (view.language.empty()) view.language = row.bytes(5);
        known = true;
    };
    std::map<std::pair<int, int>, std::vector<ConsentRow>> consents;
    for (const CustomerId& one : family) {
        const Blob id{one.value().bytes()};
        TILL_TRY_VOID(
            impl_->tables.each("SELECT first_seen_ms, last_seen_ms, enrolled_event, "
                               "business, country, language FROM customers WHERE id = ?",
                               head, id));
        TILL_TRY_VOID(impl_->consents_of(id, consents));
    }
    if (!known) return Error{Errc::not_found, "no such customer"};
    for (const auto& [what, all] : consents) view.consents.push_back(current(all));
    return view;
}

Result<void> Queries::Impl::consents_of(const Blob& customer, Consents& consents) {
    const auto consent = [&](const Row& row) {
        Columns next{row};
        ConsentRow each;
        each.state.purpose = next.small();
        each.state.channel = next.small();
        each.state.granted = next.flag();
        each.state.text_version = next.text();
        each.state.proof = next.text();
        each.state.at_ms = next.integer();
        each.error_ms = next.integer();
        consents[{each.state.purpose, each.state.channel}].push_back(std::move(each));
    };
    return tables.each(
        "SELECT purpose, channel, granted, text_version, proof, at_ms, error_ms "
        "FROM consents WHERE customer = ? ORDER BY event, position",
        consent, customer);
}

Result<std::vector<std::string>> Queries::records_of(std::span<const CustomerId> family,
                                                     std::string_view source) {
    std::vector<std::string> records;
    const auto add = [&](const Row& row) { records.emplace_back(row.bytes(0)); };
    for (const CustomerId& one : family)
        TILL_TRY_VOID(
            impl_->tables.each("SELECT record FROM crm_records WHERE customer = ? "
                               "AND source = ? ORDER BY record",
                               add, Blob{one.value().bytes()}, source));
    return records;
}

Result<std::optional<CustomerId>> Queries::customer_of_record(std::string_view source,
                                                              std::string_view record) {
    std::optional<CustomerId> found;
    const auto read = [&](const Row& row) {
        if (const auto id = Uuid::from_bytes(row.bytes(0))) found = CustomerId{*id};
    };
    TILL_TRY_VOID(
        impl_->tables.each("SELECT customer FROM crm_records WHERE source = ? "
                           "AND record = ?",
                           read, source, record));
    return found;
}

Result<std::vector<Purchase>> Queries::purchases() {
    std::vector<Purchase> all;
    const auto add = [&](const Row& row) {
        all.push_back({CustomerId{Uuid::from_bytes(row.bytes(0)).value_or(Uuid{})},
                       std::string{row.bytes(1)}, row.integer(2), std::string{row.bytes(3)},
                       static_cast<int>(row.integer(4))});
    };
    TILL_TRY_VOID(impl_->tables.each(
        "SELECT t.customer, d.business_day, t.gross, t.currency, t.decimals FROM transactions t "
        "JOIN days d ON d.id = t.day WHERE t.customer IS NOT NULL AND t.kind = 100 "
        "AND t.status = 1 AND t.training = 0 AND t.only_returns = 0 AND t.voided_by IS NULL "
        "AND length(d.business_day) = 10",
        add));
    return all;
}

Result<std::map<std::string, std::size_t>> Queries::enrolments() {
    std::map<std::string, std::size_t> months;
    const auto add = [&](const Row& row) {
        months[std::string{row.bytes(0)}] = static_cast<std::size_t>(row.integer(1));
    };
    TILL_TRY_VOID(impl_->tables.each(
        "SELECT strftime('%Y-%m', first_seen_ms / 1000, 'unixepoch'), count(*) FROM customers "
        "WHERE enrolled_event IS NOT NULL GROUP BY 1 ORDER BY 1",
        add));
    return months;
}

Result<std::vector<Queries::Place>> Queries::events_of(std::span<const CustomerId> family) {
    std::vector<Place> places;
    const auto add = [&](const Row& row) -> Result<void> {
        TILL_TRY(const JournalId journal,
                 impl_->tables.journal_id(detail::journal_of(row.integer(0))));
        places.push_back({journal, detail::seq_of(row.integer(0))});
        return {};
    };
    for (const CustomerId& one : family)
        TILL_TRY_VOID(
            impl_->tables.each("SELECT event FROM customer_links WHERE customer = ? "
                               "AND kind NOT IN (253, 255) ORDER BY event",
                               add, Blob{one.value().bytes()}));
    return places;
}

Result<std::optional<Queries::Place>> Queries::erasure_of(std::span<const CustomerId> family) {
    std::optional<Place> found;
    const auto read = [&](const Row& row) -> Result<void> {
        TILL_TRY(const JournalId journal,
                 impl_->tables.journal_id(detail::journal_of(row.integer(0))));
        found = Place{journal, detail::seq_of(row.integer(0))};
        return {};
    };
    for (const CustomerId& one : family)
        TILL_TRY_VOID(
            impl_->tables.each("SELECT event FROM customer_links WHERE customer = ? "
                               "AND kind = 255 ORDER BY event DESC LIMIT 1",
                               read, Blob{one.value().bytes()}));
    return found;
}

Result<std::size_t> Queries::sealed_left(std::span<const CustomerId> family) {
    std::size_t left = 0;
    for (const CustomerId& one : family) {
        TILL_TRY(const auto count,
                 impl_->tables.integer("SELECT count(*) FROM customer_links l JOIN sealed_to_erase "
                                       "e ON e.event = l.event WHERE l.customer = ?",
                                       Blob{one.value().bytes()}));
        left += static_cast<std::size_t>(count.value_or(0));
    }
    return left;
}

}  // namespace till::sync
