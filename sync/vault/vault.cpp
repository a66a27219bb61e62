#include "sync/vault/vault.hpp"

#include "agent/crypto/hash.hpp"
#include "agent/store/database.hpp"
#include "sync/vault/migrations.sql.hpp"

#include <algorithm>
#include <array>

namespace till::sync {

namespace {

Blob blob(const CustomerId& customer) { return Blob{customer.value().bytes()}; }

CustomerId customer_of(BytesView bytes) {
    return CustomerId{Uuid::from_bytes(bytes).value_or(Uuid{})};
}

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

// Fields that `later` fills win over those of `earlier`; a field left empty takes nothing away.
v1::Personal overlay(const v1::Personal& earlier, const v1::Personal& later) {
    v1::Personal both = earlier;
    both.MergeFrom(later);  // Of proto3 strings, only those that are not empty.
    both.clear_identifiers();
    return both;
}

}  // namespace

Digest customer_token(const Secret& token_key, v1::IdentifierType type, BytesView value) {
    const auto number = static_cast<std::uint32_t>(type);
    Bytes text;
    for (const int shift : {24, 16, 8, 0}) text += static_cast<char>((number >> shift) & 0xff);
    text += value;
    return keyed_hash(token_key, text);
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
    Result<void> remember(const CustomerId& customer, const v1::Personal& said, std::int64_t at_ms);
    Result<void> suggest(const Identified& found, std::int64_t at_ms);

    Database db;
    VaultKeys keys;
    Random& random;
    std::optional<Transaction> transaction{};
    Statement by_token, add_customer, key_of, personal_of, set_personal, add_identifier;
    Statement identifiers_of, add_suggestion, suggestions;
};

Vault::Vault(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::open(const std::filesystem::path& file, VaultKeys keys,
                                           Random& random, Access access, const std::string& vfs) {
    const bool writing = access == Access::writing;
    const auto mode = writing ? Database::Mode::create : Database::Mode::read_only;
    TILL_TRY(Database db, Database::open({.file = file, .mode = mode, .vfs = vfs}));
    if (writing) {
        TILL_TRY_VOID(migrate(db, sql::sync_vault));
    } else {
        TILL_TRY_VOID(check_schema(db, std::size(sql::sync_vault)));
    }
    auto impl = std::make_unique<Impl>(std::move(db), std::move(keys), random);
    TILL_TRY_VOID(impl->prepare());
    return std::unique_ptr<Vault>{new Vault{std::move(impl)}};
}

Result<void> Vault::Impl::prepare() {
    TILL_TRY(by_token, db.prepare("SELECT customer FROM identifiers WHERE token = ?"));
    TILL_TRY(add_customer, db.prepare("INSERT INTO customers VALUES(?, ?, NULL, 0)"));
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

Result<std::optional<Vault::Identified>> Vault::identify(std::uint32_t key_id, BytesView sealed,
                                                         std::int64_t at_ms) {
    TILL_TRY(v1::Personal said, impl_->unsealed(key_id, sealed));
    if (said.identifiers().empty()) return std::optional<Identified>{};
    std::stable_sort(said.mutable_identifiers()->begin(), said.mutable_identifiers()->end(),
                     [](const auto& a, const auto& b) { return rank(a.type()) < rank(b.type()); });
    std::vector<Digest> tokens;
    std::vector<CustomerId> known;
    for (const v1::Identifier& each : said.identifiers()) {
        tokens.push_back(customer_token(impl_->keys.token_key, each.type(), each.value()));
        TILL_TRY(const auto owner,
                 impl_->by_token.one([](const Row& row) { return customer_of(row.bytes(0)); },
                                     tokens.back()));
        if (owner && std::ranges::find(known, *owner) == known.end()) known.push_back(*owner);
    }
    const bool alone = !impl_->transaction.has_value();
    if (alone) TILL_TRY_VOID(begin());
    Identified found;
    if (known.empty()) {
        TILL_TRY(found.customer, impl_->make_customer());
    } else {
        found.customer = known.front();
        found.others.assign(known.begin() + 1, known.end());
    }
    TILL_TRY_VOID(impl_->link(found.customer, said, tokens));
    TILL_TRY_VOID(impl_->remember(found.customer, said, at_ms));
    TILL_TRY_VOID(impl_->suggest(found, at_ms));
    if (alone) TILL_TRY_VOID(commit());
    return found;
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

Result<void> Vault::Impl::remember(const CustomerId& customer, const v1::Personal& said,
                                   std::int64_t at_ms) {
    v1::Personal fields = said;
    fields.clear_identifiers();
    if (fields.ByteSizeLong() == 0) return {};
    TILL_TRY(const Secret key, data_key(customer));
    std::int64_t as_of = 0;
    const auto read = [&](const Row& row) {
        as_of = row.integer(1);
        return Bytes{row.bytes(0)};
    };
    TILL_TRY(const auto cipher, personal_of.one(read, blob(customer)));
    v1::Personal before;
    if (cipher && !cipher->empty()) {
        TILL_TRY(const Bytes plain, decrypt(key, *cipher, customer.value().bytes()));
        if (!before.ParseFromString(plain))
            return Error{Errc::malformed, "personal data does not parse"};
    }
    const v1::Personal both = at_ms >= as_of ? overlay(before, fields) : overlay(fields, before);
    if (both.SerializeAsString() == before.SerializeAsString() && at_ms <= as_of) return {};
    return set_personal.run(Blob{encrypt(key, both.SerializeAsString(), customer.value().bytes())},
                            std::max(at_ms, as_of), blob(customer));
}

Result<void> Vault::Impl::suggest(const Identified& found, std::int64_t at_ms) {
    for (const CustomerId& other : found.others) {
        const auto [one, two] = std::minmax(found.customer, other);
        TILL_TRY_VOID(add_suggestion.run(blob(one), blob(two), at_ms));
    }
    return {};
}

Result<std::optional<CustomerId>> Vault::find(v1::IdentifierType type, BytesView value) {
    return impl_->by_token.one([](const Row& row) { return customer_of(row.bytes(0)); },
                               customer_token(impl_->keys.token_key, type, value));
}

Result<v1::Personal> Vault::show(const CustomerId& customer) {
    TILL_TRY(const Secret key, impl_->data_key(customer));
    v1::Personal shown;
    TILL_TRY(
        const auto cipher,
        impl_->personal_of.one([](const Row& row) { return Bytes{row.bytes(0)}; }, blob(customer)));
    if (cipher && !cipher->empty()) {
        TILL_TRY(const Bytes plain, decrypt(key, *cipher, customer.value().bytes()));
        if (!shown.ParseFromString(plain))
            return Error{Errc::malformed, "personal data does not parse"};
    }
    const auto visit = [&](const Row& row) -> Result<void> {
        const auto type = static_cast<v1::IdentifierType>(row.integer(0));
        TILL_TRY(const Bytes value, decrypt(key, row.bytes(1), row.bytes(2)));
        v1::Identifier& each = *shown.add_identifiers();
        each.set_type(type);
        each.set_value(value);
        return {};
    };
    TILL_TRY_VOID(impl_->identifiers_of.each(visit, blob(customer)));
    return shown;
}

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
