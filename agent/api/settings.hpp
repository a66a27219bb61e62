#pragma once

#include "agent/core/result.hpp"
#include "agent/crypto/sealing.hpp"
#include "agent/customer/identifier.hpp"
#include "agent/sale/rules.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace till {

/// What a token lets its holder do. Each row of the table names the roles that may call it.
enum class Role : std::uint8_t {
    pos = 1,          ///< A point-of-sale program: captures everything a clerk does.
    stock = 2,        ///< A handheld: counts and adjustments.
    reader = 4,       ///< Status and events only.
    foreign_pos = 8,  ///< The file drop: may state source numbers and totals.
    administrator = 16,
};

/// The role's word in tokens files and logs: "pos", "stock", "reader", "foreign_pos",
/// "administrator".
std::string_view name(Role role);
Result<Role> parse_role(std::string_view text);

/// What the command table needs to know of the register it stands for.
struct WorkstationSettings {
    std::string store;                      ///< RetailStoreID, "12".
    std::string workstation;                ///< WorkstationID within the store, "3".
    std::string drawer;                     ///< TillID of the cash drawer; may be empty.
    SaleRules sale;                         ///< Currency and decimals, tax rules, rounding.
    std::map<Role, SaleLimits> limits;      ///< A role that is not named has no limits.
    std::string time_zone = "Etc/UTC";      ///< IANA name, of the store.
    std::chrono::minutes cut_over{0};       ///< Local time at which a business day begins.
    IdentifierRules identifiers;            ///< Default country, loyalty prefixes.
    std::optional<SealingKey> sealing_key;  ///< The centre's. Without it customer data is refused.
    bool sign_on_required = false;          ///< Own sales need a signed-on operator.
};

}  // namespace till
