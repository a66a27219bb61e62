#include "sync/projection/queries_impl.hpp"

#include "agent/core/decimal.hpp"
#include "sync/projection/reconciler.hpp"

#include <algorithm>
#include <limits>

namespace till::sync {

using detail::Reconciler;

namespace {

// One text per question, since a text names its statement.
#define TILL_TRANSACTION_COLUMNS                                                                 \
    "SELECT j.journal, t.event, d.store, d.workstation, d.business_day, t.source_system, "       \
    "t.number, "                                                                                 \
    "t.kind, t.status, t.training, t.only_returns, t.channel, t.order_id, t.currency, "          \
    "t.decimals, "                                                                               \
    "t.gross, t.net, t.tax, t.discount, t.begin_ms, t.end_ms, t.operator, t.shift, t.customer, " \
    "t.trace, t.corrected_ms, t.error_ms, t.amendment, t.voided_by FROM transactions t "         \
    "JOIN days d ON d.id = t.day JOIN journals j ON j.number = t.event >> 40 "
constexpr const char* page_sql = TILL_TRANSACTION_COLUMNS
    "WHERE t.event > ? AND (?2 = '' OR d.business_day = ?2) "
    "AND (?3 = '' OR d.store = ?3) AND (?4 = '' OR d.workstation = ?4) ORDER BY t.event LIMIT ?5";
// By the index on numbers; a page of a whole store has no use for it.
constexpr const char* numbered_sql =
    TILL_TRANSACTION_COLUMNS "WHERE t.number = ?3 AND t.event > ?1 ORDER BY t.event LIMIT ?2";
constexpr const char* traced_sql = TILL_TRANSACTION_COLUMNS
    "WHERE t.trace = ?3 AND length(t.trace) > 0 AND t.event > ?1 ORDER BY t.event LIMIT ?2";
constexpr const char* purchases_sql =
    TILL_TRANSACTION_COLUMNS "WHERE t.customer = ? ORDER BY t.end_ms, t.event";
#undef TILL_TRANSACTION_COLUMNS

#define TILL_EXCEPTION_COLUMNS                                                                     \
    "SELECT e.id, j.journal, e.event, e.code, e.field, e.cause, e.held, e.state, d.business_day, " \
    "d.store, d.workstation, e.fixed_by, e.note, e.fixed_ms, e.correction IS NOT NULL "            \
    "FROM exceptions e JOIN journals j ON j.number = e.event >> 40 LEFT JOIN days d ON d.id = "    \
    "e.day "
constexpr const char* exceptions_sql =
    TILL_EXCEPTION_COLUMNS "WHERE e.id > ? AND (? = 0 OR e.state = 0) ORDER BY e.id LIMIT ?";
constexpr const char* exception_sql = TILL_EXCEPTION_COLUMNS "WHERE e.id = ?";
#undef TILL_EXCEPTION_COLUMNS

Uuid uuid(BytesView bytes) { return Uuid::from_bytes(bytes).value_or(Uuid{}); }

TransactionRow transaction_row(const Row& row) {
    TransactionRow found;
    Columns next{row};
    found.journal = JournalId{uuid(next.text())};
    found.seq = detail::seq_of(next.integer());
    for (std::string* text : {&found.store, &found.workstation, &found.business_day,
                              &found.source_system, &found.number})
        *text = next.text();
    found.kind = static_cast<std::uint32_t>(next.integer());
    found.status = next.small();
    found.training = next.flag();
    found.only_returns = next.flag();
    found.channel = next.small();
    found.order_id = next.text();
    found.currency = next.text();
    found.decimals = next.small();
    for (std::int64_t* amount :
         {&found.gross, &found.net, &found.tax, &found.discount, &found.begin_ms, &found.end_ms})
        *amount = next.integer();
    found.operator_id = next.text();
    found.shift = next.small();
    const std::string customer = next.text();
    if (!customer.empty()) found.customer = CustomerId{uuid(customer)};
    found.trace_id = next.text();
    found.corrected_ms = next.integer();
    found.error_ms = next.integer();
    found.amendment = static_cast<std::uint32_t>(next.integer());
    found.voided = next.integer() != 0;
    return found;
}

ExceptionRow exception_row(const Row& row) {
    ExceptionRow found;
    Columns next{row};
    found.id = next.integer();
    found.journal = JournalId{uuid(next.text())};
    found.seq = detail::seq_of(next.integer());
    for (std::string* text : {&found.code, &found.field, &found.cause}) *text = next.text();
    found.held = next.flag();
    found.open = !next.flag();
    for (std::string* text :
         {&found.business_day, &found.store, &found.workstation, &found.fixed_by, &found.note})
        *text = next.text();
    found.fixed_ms = next.integer();
    found.corrected = next.flag();
    return found;
}

Result<Decimal> sum(const Decimal& a, const Decimal& b) {
    const int scale = std::max(a.scale(), b.scale());
    TILL_TRY(const std::int64_t one, a.rounded_to(scale));
    TILL_TRY(const std::int64_t other, b.rounded_to(scale));
    return Decimal{one + other, scale};
}

}  // namespace

Queries::Queries(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Queries::~Queries() = default;

Result<std::unique_ptr<Queries>> Queries::open(const std::filesystem::path& projection,
                                               const std::string& vfs) {
    TILL_TRY(Tables tables, Tables::open(projection, Database::Mode::read_only, vfs));
    return std::unique_ptr<Queries>{new Queries{std::make_unique<Impl>(std::move(tables))}};
}

Result<std::vector<JournalState>> Queries::journals(Store& store) {
    std::vector<JournalState> found;
    TILL_TRY(auto rows, store.journals());
    for (JournalRow& row : rows) {
        TILL_TRY(const auto known, impl_->tables.find_journal(row.journal));
        TILL_TRY(const auto branches, store.branches(row.journal));
        std::string damage;
        TILL_TRY_VOID(impl_->tables.each(
            "SELECT what FROM damages WHERE journal = ?",
            [&](const Row& each) { damage = each.bytes(0); }, detail::blob(row.journal.value())));
        found.push_back(
            {std::move(row), known ? known->cursor : Seq{0}, branches.size(), std::move(damage)});
    }
    return found;
}

Result<TransactionPage> Queries::transactions(const TransactionFilter& filter) {
    TransactionPage page;
    std::int64_t last = 0;
    const auto visit = [&](const Row& row) {
        last = row.integer(1);
        page.rows.push_back(transaction_row(row));
    };
    auto& tables = impl_->tables;
    if (!filter.trace_id.empty()) {
        TILL_TRY_VOID(
            tables.each(traced_sql, visit, filter.after, filter.limit, Blob{filter.trace_id}));
        return page;
    }
    TILL_TRY_VOID(
        filter.number.empty()
            ? tables.each(page_sql, visit, filter.after, filter.business_day, filter.store,
                          filter.workstation, filter.limit)
            : tables.each(numbered_sql, visit, filter.after, filter.limit, filter.number));
    if (page.rows.size() == filter.limit) page.next = last;
    return page;
}

Result<std::vector<ExceptionRow>> Queries::exceptions(bool open_only, std::int64_t after,
                                                      std::size_t limit) {
    std::vector<ExceptionRow> found;
    const auto visit = [&](const Row& row) { found.push_back(exception_row(row)); };
    TILL_TRY_VOID(impl_->tables.each(exceptions_sql, visit, after, open_only, limit));
    return found;
}

Result<std::uint64_t> Queries::open_exceptions() {
    TILL_TRY(const auto count,
             impl_->tables.integer("SELECT count(*) FROM exceptions WHERE state = 0"));
    return static_cast<std::uint64_t>(count.value_or(0));
}

Result<ExceptionRow> Queries::exception(std::int64_t id) {
    std::optional<ExceptionRow> found;
    TILL_TRY_VOID(
        impl_->tables.each(exception_sql, [&](const Row& row) { found = exception_row(row); }, id));
    if (!found) return Error{Errc::not_found, "no exception " + std::to_string(id)};
    return *std::move(found);
}

Result<void> Queries::Impl::add_purchases(const CustomerId& customer,
                                          std::vector<TransactionRow>& into) {
    const auto add = [&](const Row& row) { into.push_back(transaction_row(row)); };
    return tables.each(purchases_sql, add, detail::blob(customer.value()));
}

Result<std::vector<std::pair<JournalId, Seq>>> Queries::cursors() {
    std::vector<std::pair<JournalId, Seq>> found;
    const auto visit = [&](const Row& row) {
        found.emplace_back(JournalId{Uuid::from_bytes(row.bytes(0)).value_or(Uuid{})},
                           Seq{row.unsigned_integer(1)});
    };
    TILL_TRY_VOID(impl_->tables.each("SELECT journal, cursor FROM journals", visit));
    return found;
}

Result<Queries::Standing> Queries::standing(const JournalId& journal, Seq seq,
                                            std::string_view crm) {
    auto& tables = impl_->tables;
    TILL_TRY(const auto known, tables.find_journal(journal));
    Standing standing;
    if (!known || known->cursor < seq) return standing;
    const std::int64_t event = detail::event_id(known->number, seq);
    bool held = false, settled = false;
    const auto exception = [&](const Row& row) {
        const bool holds = row.integer(2) != 0;
        held |= holds && row.integer(0) == 0;
        settled |= holds && row.integer(0) != 0;
        if (const auto body = row.optional_bytes(1)) standing.correction = Bytes{*body};
    };
    TILL_TRY_VOID(tables.each(
        "SELECT state, correction, held FROM exceptions WHERE event = ? AND (held OR code = ?) "
        "ORDER BY held DESC",
        exception, event, refusal_code(crm).append(detail::corrected_suffix)));
    TILL_TRY(const auto parked, tables.integer("SELECT 1 FROM parked WHERE event = ?", event));
    TILL_TRY(const auto twice, tables.integer("SELECT 1 FROM duplicates WHERE event = ?", event));
    standing.waits = held || parked.has_value();
    const bool given_up = settled && !standing.correction;
    standing.counts = !standing.waits && !twice && !given_up;
    const auto customer = [&](const Row& row) {
        standing.customer = CustomerId{Uuid::from_bytes(row.bytes(0)).value_or(Uuid{})};
    };
    TILL_TRY_VOID(
        tables.each("SELECT customer FROM transactions WHERE event = ?1 AND customer IS NOT NULL "
                    "UNION SELECT customer FROM customer_links WHERE event = ?1 "
                    "UNION SELECT customer FROM consents WHERE event = ?1 AND customer IS NOT NULL "
                    "LIMIT 1",
                    customer, event));
    return standing;
}

Result<std::vector<CountedItem>> Queries::counted(std::string_view store,
                                                  std::string_view session) {
    using Item = std::pair<std::uint64_t, std::string>;
    std::map<Item, std::map<std::string, Decimal>> counters;
    const auto add = [&](const Row& row) -> Result<void> {
        Decimal& so_far = counters[{row.unsigned_integer(0), std::string{row.bytes(1)}}]
                                  [std::string{row.bytes(2)}];
        const Decimal counted{row.integer(3), static_cast<int>(row.integer(4))};
        if (row.integer(5) != 0) so_far = Decimal{};  // A recount.
        TILL_TRY(so_far, sum(so_far, counted));
        return {};
    };
    TILL_TRY_VOID(impl_->tables.each(
        "SELECT gtin, sku, counter, quantity, quantity_scale, recount FROM stock_counts "
        "WHERE store = ? AND session = ? ORDER BY counted_ms, event, position",
        add, store, session));
    std::vector<CountedItem> items;
    for (const auto& [item, of] : counters) {
        Decimal all;
        for (const auto& [counter, quantity] : of) { TILL_TRY(all, sum(all, quantity)); }
        items.push_back({item.first, item.second, all.mantissa(), all.scale()});
    }
    return items;
}

Result<std::vector<std::string>> Queries::business_days() {
    std::vector<std::string> days;
    const auto visit = [&](const Row& row) { days.emplace_back(row.bytes(0)); };
    TILL_TRY_VOID(impl_->tables.each(
        "SELECT DISTINCT business_day FROM days WHERE business_day <> '' ORDER BY 1", visit));
    return days;
}

Result<std::vector<ReconciledDay>> Queries::reconcile(std::string_view business_day, Store& store) {
    std::vector<Reconciler::Place> places;
    const auto visit = [&](const Row& row) {
        places.push_back({row.integer(0), std::string{row.bytes(1)}, std::string{row.bytes(2)},
                          std::string{row.bytes(3)}});
    };
    // Of a day nobody has events or figures of there is nothing to say.
    TILL_TRY_VOID(impl_->tables.each(
        "SELECT id, store, workstation, business_day FROM days WHERE business_day = ? AND "
        "(EXISTS (SELECT 1 FROM day_events WHERE day = id) OR EXISTS (SELECT 1 FROM day_figures "
        "WHERE day = id)) "
        "ORDER BY store, workstation",
        visit, business_day));
    std::vector<ReconciledDay> days;
    TILL_TRY(const Transaction snapshot,
             Transaction::begin(impl_->tables.database(), Transaction::Kind::read));
    for (const Reconciler::Place& place : places) {
        TILL_TRY(ReconciledDay day, Reconciler(impl_->tables, store).compare(place));
        days.push_back(std::move(day));
    }
    return days;
}

}  // namespace till::sync
