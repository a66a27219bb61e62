#pragma once

#include "agent/core/decimal.hpp"
#include "agent/sale/judge.hpp"
#include "sync/wire/commands.pb.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace till {

namespace v1 = tillstream::v1;

/// How a command names goods.
struct ItemText {
    std::string_view gtin, sku, description, serial = {}, lot = {}, expiry = {};
};

/// `field` is the line's path, "lines[2].". A wrong GTIN of a foreign source becomes the item's
/// SKU (or, where it has one, stays in the doubt), so that nothing it said is lost.
Result<v1::Item> make_item(const ItemText& text, const std::string& field, Judge& judge);

v1::Decimal to_wire(const Decimal& number);
v1::Quantity to_wire(const Decimal& number, const std::string& unit);

/// The source's words and the judge's doubts, for a fact.
v1::ForeignSource to_source(const v1::CommandSource& source, const Judge& judge);

/// A source must name itself and its transaction: without them a repeat cannot be recognised.
Result<void> check_source(const v1::CommandSource& source);

/// Milliseconds since 1970 of an RFC 3339 text; `now_ms` when it is empty.
Result<std::int64_t> read_time(std::string_view text, std::int64_t now_ms, const std::string& field,
                               Judge& judge);

}  // namespace till
