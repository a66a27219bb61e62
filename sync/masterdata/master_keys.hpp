#pragma once

#include "sync/wire/masterdata.pb.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace till::sync {

namespace v1 = tillstream::v1;

/// The feed that master data travels in.
inline constexpr std::string_view master_feed = "master";

/// What a record of the feed is known by. `store` is empty for one that is for all.
struct MasterKey {
    std::string key, store;
    auto operator<=>(const MasterKey&) const = default;
};

/// Two records of one MasterKey are one and the same thing. GTINs are keyed by 14 digits, so that a UPC and
/// its EAN are one product.
MasterKey key_of(const v1::MasterRecord& record);
/// Another name: a product's SKU. Empty for all else.
std::string alias_of(const v1::MasterRecord& record);

// Keys as key_of() makes them; a prefix ends with "/".
std::string store_key(std::string_view store);
std::string workstation_key(std::string_view workstation);
std::string operator_key(std::string_view operator_id);
std::string product_key(std::uint64_t gtin);
std::string sku_alias(std::string_view sku);

}  // namespace till::sync
