#include "agent/crypto/hash.hpp"
#include "sync/vault/migrations.sql.hpp"
#include "sync/vault/vault_impl.hpp"

#include <algorithm>
#include <array>

namespace till::sync {

namespace {

// Which identifier decides when several name different customers: what the shop itself gave out
// first, then what a person keeps longest.
int rank(v1::IdentifierType type) {
    switch (type) {
        case v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER:
            return 0;
        case v1::IDENTIFIER_TYPE_LOYALTY_CARD:
            return 1;
        case v1::IDENTIFIER_TYPE_PHONE:
            return 2;
        case v1::IDENTIFIER_TYPE_EMAIL:
            return 3;
        default:
            return 4;
    }
}

}  // namespace

v1::Personal overlay(const v1::Personal& earlier, const v1::Personal& later) {
    v1::Personal both = earlier;
    both.MergeFrom(later);  // Of proto3 strings, only those that are not empty.
    both.clear_identifiers();
    both.clear_former();
    return both;
}

Digest customer_token(const Secret& token_key, v1::IdentifierType type, BytesView value) {
    const auto number = static_cast<std::uint32_t>(type);
    Bytes text;
    for (const int shift : {24, 16, 8, 0}) text += static_cast<char>((number >> shift) & 0xff);
    text += value;
    return keyed_hash(token_key, text);
}

Vault::Vault(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::open(const std::filesystem::path& file, VaultKeys keys,
                                           Random& random, Access access, const std::string& vfs) {
    const bool writing = access == Access::writing;
    const auto mode = writing ? Database::Mode::create : Database::Mode::read_only;
    TILL_TRY(Database db, Database::open({.file = file, .mode = mode, .vfs = vfs}));
    if (writing) {
        TILL_TRY_VOID(migrate(db, sql::sync_vault));
        TILL_TRY_VOID(db.execute("PRAGMA secure_delete = ON"));  // What is erased is overwritten.
    } else {
        TILL_TRY_VOID(check_schema(db, std::size(sql::sync_vault)));
    }
    auto impl = std::make_unique<Impl>(std::move(db), std::move(keys), random);
    TILL_TRY_VOID(impl->prepare());
    return std::unique_ptr<Vault>{new Vault{std::move(impl)}};
}

Result<void> Vault::Impl::prepare() {
    TILL_TRY(by_token, db.prepare("SELECT customer FROM identifiers WHERE token = ?"));
    TILL_TRY(add_customer,
             db.prepare("INSERT INTO customers(id, wrapped_key, as_of_ms) VALUES(?, ?, 0)"));
    TILL_TRY(key_of, db.prepare("SELECT wrapped_key FROM customers WHERE id = ?"));
    TILL_TRY(personal_of, db.prepare("SELECT personal, as_of_ms FROM customers WHERE id = ?"));
    TILL_TRY(set_personal,
             db.prepare("UPDATE customers SET personal = ?, as_of_ms = ? WHERE id = ?"));
    TILL_TRY(add_identifier, db.prepare("INSERT OR IGNORE INTO identifiers VALUES(?, ?, ?, ?)"));
    TILL_TRY(identifiers_of,
             db.prepare("SELECT type, value, token FROM identifiers WHERE customer = ? "
                        "ORDER BY type, token"));
    TILL_TRY(add_suggestion, db.prepare("INSERT OR IGNORE INTO merge_suggestions VALUES(?, ?, ?)"));
    TILL_TRY(suggestions, db.prepare("SELECT one, other, seen_ms FROM merge_suggestions "
                                     "ORDER BY seen_ms"));
    TILL_TRY(erased_since, db.prepare("SELECT 1 FROM erased WHERE token = ? AND erased_ms >= ?"));
    TILL_TRY(merged_into, db.prepare("SELECT merged_into FROM customers WHERE id = ?"));
    TILL_TRY(members, db.prepare("SELECT id FROM customers WHERE merged_into = ?"));
    return {};
}

Result<void> Vault::begin() {
    if (impl_->transaction) return {};
    TILL_TRY(Transaction begun, Transaction::begin(impl_->db));
    impl_->transaction.emplace(std::move(begun));
    return {};
}

Result<void> Vault::commit() {
    if (!impl_->transaction) return {};
    auto done = impl_->transaction->commit();
    impl_->transaction.reset();
    return done;
}

void Vault::roll_back() { impl_->transaction.reset(); }

Result<v1::Personal> Vault::Impl::unsealed(std::uint32_t key_id, BytesView sealed) {
    const auto pair = std::ranges::find_if(
        keys.sealing, [&](const SealingKeyPair& each) { return each.key.id == key_id; });
    if (pair == keys.sealing.end())
        return Error{Errc::not_found, "sealed with key " + std::to_string(key_id)
                                          + ", which the centre does not have"};
    TILL_TRY(const Bytes plain, unseal(*pair, sealed));
    v1::Personal personal;
    if (!personal.ParseFromString(plain))
        return Error{Errc::malformed, "the sealed part opens, but is not personal data"};
    return personal;
}

Result<Vault::Impl::Owners> Vault::Impl::owners(const v1::Personal& said, std::int64_t at_ms) {
    Owners found;
    for (const v1::Identifier& each : said.identifiers()) {
        const Digest& one = found.tokens.emplace_back(token(each));
        TILL_TRY(const auto owner,
                 by_token.one([](const Row& row) { return customer_of(row.bytes(0)); }, one));
        if (owner) {
            TILL_TRY(const CustomerId she, present(*owner));
            if (std::ranges::find(found.known, she) == found.known.end())
                found.known.push_back(she);
            continue;
        }
        TILL_TRY(const auto gone, erased_since.one([](const Row&) { return true; }, one, at_ms));
        found.erased |= gone.has_value();
    }
    return found;
}

Result<std::optional<Vault::Identified>> Vault::identify(std::uint32_t key_id, BytesView sealed,
                                                         std::int64_t at_ms,
                                                         std::optional<CustomerId> known) {
    TILL_TRY(v1::Personal said, impl_->unsealed(key_id, sealed));
    std::stable_sort(said.mutable_identifiers()->begin(), said.mutable_identifiers()->end(),
                     [](const auto& a, const auto& b) { return rank(a.type()) < rank(b.type()); });
    if (known) {
        TILL_TRY(const auto gone, erased_ms(*known));
        if (gone) return std::optional{Identified{.erased = true}};
        TILL_TRY(known, impl_->present(*known));
    }
    TILL_TRY(auto owners, impl_->owners(said, at_ms));
    if (owners.erased) return std::optional{Identified{.erased = true}};
    if (known) {
        std::erase(owners.known, *known);
        owners.known.insert(owners.known.begin(), *known);
    }
    if (said.identifiers().empty() && owners.known.empty()) return std::optional<Identified>{};
    const bool alone = !impl_->transaction.has_value();
    if (alone) TILL_TRY_VOID(begin());
    Identified found;
    if (owners.known.empty()) {
        TILL_TRY(found.customer, impl_->make_customer());
    } else {
        found.customer = owners.known.front();
        const std::vector<CustomerId> others{owners.known.begin() + 1, owners.known.end()};
        TILL_TRY_VOID(impl_->settle(found, others));
    }
    TILL_TRY(const auto family, impl_->family(found.customer));
    TILL_TRY_VOID(impl_->unlink(family, said));
    TILL_TRY_VOID(impl_->link(found.customer, said, owners.tokens));
    TILL_TRY_VOID(impl_->remember(found.customer, said, at_ms));
    TILL_TRY_VOID(impl_->suggest(found, at_ms));
    if (alone) TILL_TRY_VOID(commit());
    return found;
}

Result<bool> Vault::is_about(std::uint32_t key_id, BytesView sealed,
                             const std::vector<CustomerId>& customers) {
    TILL_TRY(const v1::Personal said, impl_->unsealed(key_id, sealed));
    for (const v1::Identifier& each : said.identifiers()) {
        TILL_TRY(const auto owner,
                 impl_->by_token.one([](const Row& row) { return customer_of(row.bytes(0)); },
                                     impl_->token(each)));
        if (owner && std::ranges::find(customers, *owner) != customers.end()) return true;
    }
    return false;
}

Result<CustomerId> Vault::Impl::make_customer() {
    const CustomerId customer{random.uuid()};
    const Secret key = make_key();
    TILL_TRY_VOID(add_customer.run(
        blob(customer), Blob{encrypt(keys.master_key, key.reveal(), customer.value().bytes())}));
    return customer;
}

Result<Secret> Vault::Impl::data_key(const CustomerId& customer) {
    TILL_TRY(const auto wrapped,
             key_of.one([](const Row& row) { return Bytes{row.bytes(0)}; }, blob(customer)));
    if (!wrapped) return Error{Errc::not_found, "no such customer"};
    if (wrapped->empty()) return Error{Errc::not_found, "this customer was erased"};
    TILL_TRY(Bytes plain, decrypt(keys.master_key, *wrapped, customer.value().bytes()));
    Secret key{plain};
    explicit_bzero(plain.data(), plain.size());
    return key;
}

Result<void> Vault::Impl::link(const CustomerId& customer, const v1::Personal& said,
                               const std::vector<Digest>& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        TILL_TRY(const auto owner, by_token.one([](const Row&) { return true; }, tokens[i]));
        if (owner) continue;
        const v1::Identifier& each = said.identifiers(static_cast<int>(i));
        TILL_TRY(const Secret key, data_key(customer));
        const Bytes value = encrypt(key, each.value(), view(tokens[i]));
        TILL_TRY_VOID(add_identifier.run(tokens[i], blob(customer), static_cast<int>(each.type()),
                                         Blob{value}));
    }
    return {};
}

Result<void> Vault::Impl::unlink(const std::vector<CustomerId>& family, const v1::Personal& said) {
    for (const v1::Identifier& each : said.former()) {
        const Digest one = token(each);
        TILL_TRY(const auto owner,
                 by_token.one([](const Row& row) { return customer_of(row.bytes(0)); }, one));
        if (!owner || std::ranges::find(family, *owner) == family.end()) continue;
        TILL_TRY(Statement drop, db.prepare("DELETE FROM identifiers WHERE token = ?"));
        TILL_TRY_VOID(drop.run(one));
    }
    return {};
}

Result<Vault::Impl::Fields> Vault::Impl::fields(const CustomerId& customer, const Secret& key) {
    Fields found;
    const auto read = [&](const Row& row) {
        found.as_of = row.integer(1);
        return Bytes{row.bytes(0)};
    };
    TILL_TRY(const auto cipher, personal_of.one(read, blob(customer)));
    if (!cipher || cipher->empty()) return found;
    TILL_TRY(const Bytes plain, decrypt(key, *cipher, customer.value().bytes()));
    if (!found.personal.ParseFromString(plain))
        return Error{Errc::malformed, "personal data does not parse"};
    return found;
}

Result<void> Vault::Impl::remember(const CustomerId& customer, const v1::Personal& said,
                                   std::int64_t at_ms) {
    v1::Personal said_fields = said;
    said_fields.clear_identifiers();
    said_fields.clear_former();
    if (said_fields.ByteSizeLong() == 0) return {};
    TILL_TRY(const Secret key, data_key(customer));
    TILL_TRY(const auto before, fields(customer, key));
    const v1::Personal both = at_ms >= before.as_of ? overlay(before.personal, said_fields)
                                                    : overlay(said_fields, before.personal);
    if (both.SerializeAsString() == before.personal.SerializeAsString() && at_ms <= before.as_of)
        return {};
    return set_personal.run(Blob{encrypt(key, both.SerializeAsString(), customer.value().bytes())},
                            std::max(at_ms, before.as_of), blob(customer));
}

Result<void> Vault::Impl::suggest(const Identified& found, std::int64_t at_ms) {
    for (const CustomerId& other : found.others) {
        const auto [one, two] = std::minmax(found.customer, other);
        TILL_TRY_VOID(add_suggestion.run(blob(one), blob(two), at_ms));
    }
    return {};
}

Digest Vault::token(const v1::Identifier& identifier) const { return impl_->token(identifier); }

Result<std::optional<CustomerId>> Vault::find(v1::IdentifierType type, BytesView value) {
    TILL_TRY(const auto owner,
             impl_->by_token.one([](const Row& row) { return customer_of(row.bytes(0)); },
                                 customer_token(impl_->keys.token_key, type, value)));
    if (!owner) return owner;
    TILL_TRY(const CustomerId she, impl_->present(*owner));
    return std::optional{she};
}

Result<void> Vault::Impl::add_identifiers_of(const CustomerId& customer, const Secret& key,
                                             v1::Personal& into) {
    const auto visit = [&](const Row& row) -> Result<void> {
        TILL_TRY(const Bytes value, decrypt(key, row.bytes(1), row.bytes(2)));
        v1::Identifier& each = *into.add_identifiers();
        each.set_type(static_cast<v1::IdentifierType>(row.integer(0)));
        each.set_value(value);
        return {};
    };
    return identifiers_of.each(visit, blob(customer));
}

/// Of what two of her family say the later counts.
Result<v1::Personal> Vault::Impl::show(const CustomerId& customer) {
    TILL_TRY(const auto all, family(customer));
    v1::Personal shown, named;
    std::int64_t as_of = 0;
    for (const CustomerId& one : all) {
        TILL_TRY(const Secret key, data_key(one));
        TILL_TRY(const auto said, fields(one, key));
        named = said.as_of >= as_of ? overlay(named, said.personal) : overlay(said.personal, named);
        as_of = std::max(as_of, said.as_of);
        TILL_TRY_VOID(add_identifiers_of(one, key, shown));
    }
    named.mutable_identifiers()->Swap(shown.mutable_identifiers());
    return named;
}

Result<v1::Personal> Vault::show(const CustomerId& customer) { return impl_->show(customer); }

Result<std::vector<Vault::MergeSuggestion>> Vault::merge_suggestions() {
    std::vector<MergeSuggestion> found;
    const auto visit = [&](const Row& row) {
        found.push_back({customer_of(row.bytes(0)), customer_of(row.bytes(1)), row.integer(2)});
    };
    TILL_TRY_VOID(impl_->suggestions.each(visit));
    return found;
}

Result<void> Vault::checkpoint() {
    TILL_TRY_VOID(impl_->db.checkpoint(Database::Checkpoint::passive));
    return {};
}

}  // namespace till::sync
