#pragma once

#include "sync/projection/projector.hpp"
#include "sync/projection/writer.hpp"

// Private to the module.
namespace till::sync {

using detail::Tables;
using detail::Writer;

struct Projector::Impl {
    Impl(Tables opened, Vault& given) : tables{std::move(opened)}, vault{given} {}

    Result<void> prepare();
    Result<void> apply_run(const JournalId& journal, Tables::Journal at,
                           std::span<const StoredEnvelope> run);
    Result<void> set_aside(const JournalId& journal, const StoredEnvelope& stored,
                           const Error& why);
    Result<void> move_cursor(std::int64_t number, const StoredEnvelope& last);
    Result<void> write(const JournalId& journal, const Tables::Journal& at,
                       const StoredEnvelope& stored);
    template <class Work>
    Result<void> in_transaction(Work&& work);
    Result<void> outlived(std::int64_t now_ms);
    Result<void> correct_refused(std::int64_t exception, BytesView body, const Fix& fix,
                                 Store& store);

    Tables tables;
    Vault& vault;
    Writer writer{tables, vault};
    std::map<std::int64_t, Bytes> corrections{};  // By event; there are few.
    std::size_t since_checkpoint = 0;
};

// The vault is committed first: it may know a customer of an event that is not projected yet, and
// finds the same one when the event comes again.
template <class Work>
Result<void> Projector::Impl::in_transaction(Work&& work) {
    const auto all = [&]() -> Result<void> {
        TILL_TRY(Transaction transaction, Transaction::begin(tables.database()));
        TILL_TRY_VOID(vault.begin());
        TILL_TRY_VOID(work());
        TILL_TRY_VOID(vault.commit());
        return transaction.commit();
    };
    auto done = all();
    if (done) return done;
    vault.roll_back();
    TILL_TRY_VOID(prepare());  // Forgets what was rolled back.
    return done;
}

}  // namespace till::sync
