#include "agent/customercache/customer_cache.hpp"

#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/crypto/sealing.hpp"
#include "sync/wire/feed_page.hpp"

#include <algorithm>

namespace till {

namespace {

constexpr std::size_t name_bytes = 16;

}  // namespace

Result<std::unique_ptr<CustomerCache>> CustomerCache::open(Options options, WallTime now) {
    std::unique_ptr<CustomerCache> cache{new CustomerCache{std::move(options)}};
    TILL_TRY_VOID(cache->begin());
    TILL_TRY_VOID(cache->expire(now));
    return cache;
}

Result<void> CustomerCache::begin() {
    TILL_TRY(key_, options_.key());
    TILL_TRY(copy_,
             FeedCopy::open({options_.file, std::string{sync::customers_feed}, options_.store}));
    return {};
}

Bytes CustomerCache::name_of(v1::IdentifierType type, std::string_view value) const {
    Bytes text{static_cast<char>(type)};
    text += value;
    return Bytes{view(keyed_hash(key_, text)).substr(0, name_bytes)};
}

/// What is kept holds the names instead of the identifiers: an older record of hers may still lead to her.
Result<FeedCopy::Taken> CustomerCache::take(const v1::FeedPage& page, WallTime now) {
    const auto keep = [this](const v1::FeedRecord& record) -> Result<FeedCopy::Kept> {
        v1::CustomerCard card;
        if (!card.ParseFromString(record.body()))
            return Error{Errc::malformed, "not a customer's card"};
        FeedCopy::Kept kept;
        for (auto& each : *card.mutable_identifiers()) {
            kept.names.push_back(name_of(each.type(), each.value()));
            each.Clear();
            each.set_value(hex(kept.names.back()));
        }
        kept.body = encrypt(key_, card.SerializeAsString(), record.key());
        return kept;
    };
    return copy_->take(page, now, keep);
}

Result<bool> CustomerCache::expire(WallTime now) {
    const std::chrono::milliseconds silence{now.value() - copy_->heard().value()};
    const bool anybody = copy_->version() != 0;
    if (!anybody || silence <= options_.max_age) return false;
    copy_.reset();
    options_.forget_key();
    for (const char* part : {"", "-wal", "-shm"}) {
        std::error_code ignored;
        std::filesystem::remove(std::filesystem::path{options_.file}.concat(part), ignored);
    }
    TILL_TRY_VOID(begin());
    return true;
}

Result<std::optional<v1::CustomerCard>> CustomerCache::find(v1::IdentifierType type,
                                                            std::string_view value) {
    using Found = std::optional<v1::CustomerCard>;
    const Bytes name = name_of(type, value);
    const std::string shown = hex(name);
    TILL_TRY(const auto keys, copy_->keys_named(name));
    for (const std::string& key : keys) {
        TILL_TRY(const auto body, copy_->find(key));
        if (!body) continue;
        TILL_TRY(const Bytes plain, decrypt(key_, *body, key));
        v1::CustomerCard card;
        if (!card.ParseFromString(plain)) return Error{Errc::corrupt, "a customer's card"};
        const auto is_it = [&](const v1::Identifier& each) { return each.value() == shown; };
        if (std::ranges::none_of(card.identifiers(), is_it)) continue;
        card.clear_identifiers();
        return Found{std::move(card)};
    }
    return Found{};
}

}  // namespace till
