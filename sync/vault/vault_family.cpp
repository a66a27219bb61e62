#include "sync/vault/one_person.hpp"
#include "sync/vault/vault_impl.hpp"

#include <algorithm>

// Customers that turn out to be one person, and those who are to be forgotten.
namespace till::sync {

namespace {

Error erased() { return {Errc::conflict, "this customer was erased"}; }

}  // namespace

Result<CustomerId> Vault::Impl::present(CustomerId customer) {
    for (;;) {
        const auto read = [](const Row& row) {
            const auto into = row.optional_bytes(0);
            return into ? std::optional{customer_of(*into)} : std::nullopt;
        };
        TILL_TRY(const auto into, merged_into.one(read, blob(customer)));
        if (!into || !*into) return customer;
        customer = **into;
    }
}

Result<std::vector<CustomerId>> Vault::Impl::family(const CustomerId& customer) {
    TILL_TRY(const CustomerId root, present(customer));
    std::vector<CustomerId> all{root};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto add = [&](const Row& row) { all.push_back(customer_of(row.bytes(0))); };
        TILL_TRY_VOID(members.each(add, blob(all[i])));
    }
    return all;
}

Result<void> Vault::Impl::merge(const CustomerId& kept, const CustomerId& merged) {
    TILL_TRY(Statement put, db.prepare("UPDATE customers SET merged_into = ? WHERE id = ?"));
    TILL_TRY_VOID(put.run(blob(kept), blob(merged)));
    TILL_TRY(Statement drop,
             db.prepare("DELETE FROM merge_suggestions WHERE one = ? AND other = ?"));
    const auto [one, other] = std::minmax(kept, merged);
    return drop.run(blob(one), blob(other));
}

/// What the event's identifiers name besides: merged where nothing speaks against it, else suggested.
Result<void> Vault::Impl::settle(Identified& found, const std::vector<CustomerId>& others) {
    TILL_TRY(Statement apart, db.prepare("SELECT 1 FROM separated WHERE one = ? AND other = ?"));
    for (const CustomerId& other : others) {
        const auto [one, two] = std::minmax(found.customer, other);
        TILL_TRY(const auto said_apart,
                 apart.one([](const Row&) { return true; }, blob(one), blob(two)));
        TILL_TRY(const auto she, show(found.customer));
        TILL_TRY(const auto they, show(other));
        if (said_apart || !contradiction(she, they).empty()) {
            found.others.push_back(other);
            continue;
        }
        TILL_TRY_VOID(merge(found.customer, other));
        found.merged.push_back(other);
    }
    return {};
}

Result<CustomerId> Vault::present(const CustomerId& customer) { return impl_->present(customer); }

Result<std::vector<CustomerId>> Vault::family(const CustomerId& customer) {
    return impl_->family(customer);
}

Result<void> Vault::merge(const CustomerId& kept, const CustomerId& merged) {
    for (const CustomerId& one : {kept, merged}) {
        TILL_TRY(const auto gone, erased_ms(one));
        if (gone) return erased();
    }
    TILL_TRY(const CustomerId root, impl_->present(kept));
    TILL_TRY(const CustomerId other, impl_->present(merged));
    if (root == other) return Error{Errc::conflict, "they are one customer already"};
    return impl_->merge(root, other);
}

Result<void> Vault::separate(const CustomerId& kept, const CustomerId& merged) {
    const auto into = [](const Row& row) {
        const auto bytes = row.optional_bytes(0);
        return bytes ? std::optional{customer_of(*bytes)} : std::nullopt;
    };
    TILL_TRY(const auto root, impl_->merged_into.one(into, blob(merged)));
    if (!root || *root != kept)
        return Error{Errc::conflict, "the one was not merged into the other"};
    const bool alone = !impl_->transaction.has_value();
    if (alone) TILL_TRY_VOID(begin());
    TILL_TRY(Statement part, impl_->db.prepare("UPDATE customers SET merged_into = NULL "
                                               "WHERE id = ?"));
    TILL_TRY_VOID(part.run(blob(merged)));
    TILL_TRY(Statement note, impl_->db.prepare("INSERT OR IGNORE INTO separated VALUES(?, ?)"));
    const auto [one, other] = std::minmax(kept, merged);
    TILL_TRY_VOID(note.run(blob(one), blob(other)));
    return alone ? commit() : Result<void>{};
}

Result<void> Vault::Impl::erase_one(const CustomerId& customer, std::int64_t at_ms) {
    for (const char* sql : {"INSERT OR REPLACE INTO erased SELECT token, ?2 FROM identifiers "
                            "WHERE customer = ?1",
                            "UPDATE customers SET wrapped_key = x'', personal = NULL, "
                            "erased_ms = coalesce(erased_ms, ?2) WHERE id = ?1"}) {
        TILL_TRY(Statement statement, db.prepare(sql));
        TILL_TRY_VOID(statement.run(blob(customer), at_ms));
    }
    for (const char* sql : {"DELETE FROM identifiers WHERE customer = ?1",
                            "DELETE FROM merge_suggestions WHERE one = ?1 OR other = ?1",
                            "DELETE FROM separated WHERE one = ?1 OR other = ?1"}) {
        TILL_TRY(Statement statement, db.prepare(sql));
        TILL_TRY_VOID(statement.run(blob(customer)));
    }
    return {};
}

Result<std::vector<CustomerId>> Vault::erase(const CustomerId& customer, std::int64_t at_ms) {
    TILL_TRY(auto family, impl_->family(customer));
    const bool alone = !impl_->transaction.has_value();
    if (alone) TILL_TRY_VOID(begin());
    for (const CustomerId& one : family) TILL_TRY_VOID(impl_->erase_one(one, at_ms));
    if (alone) TILL_TRY_VOID(commit());
    return family;
}

Result<std::optional<std::int64_t>> Vault::erased_ms(const CustomerId& customer) {
    TILL_TRY(Statement look, impl_->db.prepare("SELECT erased_ms FROM customers WHERE id = ?"));
    const auto read = [](const Row& row) {
        return row.is_null(0) ? std::nullopt : std::optional{row.integer(0)};
    };
    TILL_TRY(const auto found, look.one(read, blob(customer)));
    return found ? *found : std::nullopt;
}

Result<std::vector<Vault::Merge>> Vault::merges() {
    std::vector<Merge> all;
    TILL_TRY(Statement look, impl_->db.prepare("SELECT merged_into, id FROM customers WHERE "
                                               "merged_into IS NOT NULL ORDER BY 1, 2"));
    const auto add = [&](const Row& row) {
        all.push_back({customer_of(row.bytes(0)), customer_of(row.bytes(1))});
    };
    TILL_TRY_VOID(look.each(add));
    return all;
}

}  // namespace till::sync
