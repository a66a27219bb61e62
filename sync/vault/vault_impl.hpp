#pragma once

#include "agent/store/database.hpp"
#include "sync/vault/vault.hpp"

// Private to the module.
namespace till::sync {

inline Blob blob(const CustomerId& customer) { return Blob{customer.value().bytes()}; }

inline CustomerId customer_of(BytesView bytes) {
    return CustomerId{Uuid::from_bytes(bytes).value_or(Uuid{})};
}

struct Vault::Impl {
    Impl(Database database, VaultKeys given, Random& source)
        : db{std::move(database)}, keys{std::move(given)}, random{source} {}

    Result<void> prepare();
    Result<v1::Personal> unsealed(std::uint32_t key_id, BytesView sealed);
    Result<CustomerId> make_customer();
    Result<Secret> data_key(const CustomerId& customer);
    Result<void> link(const CustomerId& customer, const v1::Personal& said,
                      const std::vector<Digest>& tokens);
    Result<void> unlink(const std::vector<CustomerId>& family, const v1::Personal& said);
    Result<void> remember(const CustomerId& customer, const v1::Personal& said, std::int64_t at_ms);
    Result<void> suggest(const Identified& found, std::int64_t at_ms);

    Digest token(const v1::Identifier& identifier) const {
        return customer_token(keys.token_key, identifier.type(), identifier.value());
    }
    struct Owners {
        std::vector<Digest> tokens;     // Of the identifiers, in their order.
        std::vector<CustomerId> known;  // Each once, as who they are by now.
        bool erased = false;            // One was of somebody who was erased after `at_ms`.
    };
    Result<Owners> owners(const v1::Personal& said, std::int64_t at_ms);
    Result<void> settle(Identified& found, const std::vector<CustomerId>& others);

    /// What one customer's own row says; `as_of` of nothing is 0.
    struct Fields {
        v1::Personal personal;
        std::int64_t as_of = 0;
    };
    Result<Fields> fields(const CustomerId& customer, const Secret& key);
    Result<void> add_identifiers_of(const CustomerId& customer, const Secret& key,
                                    v1::Personal& into);
    Result<v1::Personal> show(const CustomerId& customer);
    Result<CustomerId> present(CustomerId customer);
    Result<std::vector<CustomerId>> family(const CustomerId& customer);
    Result<void> merge(const CustomerId& kept, const CustomerId& merged);
    Result<void> erase_one(const CustomerId& customer, std::int64_t at_ms);

    Database db;
    VaultKeys keys;
    Random& random;
    std::optional<Transaction> transaction{};
    Statement by_token, add_customer, key_of, personal_of, set_personal, add_identifier;
    Statement identifiers_of, add_suggestion, suggestions, erased_since, merged_into, members;
};

/// Fields that `later` fills win over those of `earlier`; a field left empty takes nothing away.
v1::Personal overlay(const v1::Personal& earlier, const v1::Personal& later);

}  // namespace till::sync
