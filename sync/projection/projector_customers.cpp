#include "sync/projection/projector_impl.hpp"

// What of the customers is to be done elsewhere: at the tills, in the ledger.
namespace till::sync {

Result<std::vector<Projector::CustomerNews>> Projector::customer_news(std::size_t most,
                                                                      std::int64_t now_ms) {
    TILL_TRY(const auto due, impl_->tables.integer("SELECT 1 FROM customer_reach WHERE "
                                                   "until_ms <= ? LIMIT 1",
                                                   now_ms));
    if (due) TILL_TRY_VOID(impl_->in_transaction([&] { return impl_->outlived(now_ms); }));
    std::vector<CustomerNews> news;
    const auto visit = [&](const Row& row) {
        news.push_back(
            {CustomerId{Uuid::from_bytes(row.bytes(0)).value_or(Uuid{})}, row.integer(1)});
    };
    TILL_TRY_VOID(
        impl_->tables.each("SELECT customer, change FROM customer_news LIMIT ?", visit, most));
    return news;
}

Result<void> Projector::Impl::outlived(std::int64_t now_ms) {
    TILL_TRY_VOID(
        tables.run("INSERT OR IGNORE INTO customer_news SELECT customer, 1 FROM "
                   "customer_reach WHERE until_ms <= ?",
                   now_ms));
    return tables.run("DELETE FROM customer_reach WHERE until_ms <= ?", now_ms);
}

Result<void> Projector::told(std::span<const CustomerNews> news) {
    return impl_->in_transaction([&]() -> Result<void> {
        for (const CustomerNews& one : news) {
            const Blob id = detail::blob(one.customer.value());
            TILL_TRY_VOID(impl_->tables.run(
                "DELETE FROM customer_news WHERE customer = ? AND change = ?", id, one.change));
            TILL_TRY_VOID(impl_->tables.run("DELETE FROM customer_reach WHERE customer = ?", id));
            if (one.until_ms != 0)
                TILL_TRY_VOID(
                    impl_->tables.run("INSERT INTO customer_reach VALUES(?, ?)", id, one.until_ms));
        }
        return {};
    });
}

Result<std::map<JournalId, std::vector<Seq>>> Projector::sealed_to_erase(std::size_t most) {
    std::map<JournalId, std::vector<Seq>> events;
    const auto visit = [&](const Row& row) -> Result<void> {
        TILL_TRY(const JournalId journal,
                 impl_->tables.journal_id(detail::journal_of(row.integer(0))));
        events[journal].push_back(detail::seq_of(row.integer(0)));
        return {};
    };
    TILL_TRY_VOID(impl_->tables.each("SELECT event FROM sealed_to_erase ORDER BY event LIMIT ?",
                                     visit, most));
    return events;
}

Result<void> Projector::erased(const JournalId& journal, std::span<const Seq> events) {
    return impl_->in_transaction([&]() -> Result<void> {
        TILL_TRY(const auto owner, impl_->tables.find_journal(journal));
        for (const Seq event : events)
            if (owner)
                TILL_TRY_VOID(impl_->tables.run("DELETE FROM sealed_to_erase WHERE event = ?",
                                                detail::event_id(owner->number, event)));
        return {};
    });
}

}  // namespace till::sync
