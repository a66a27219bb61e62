#pragma once

#include "drivers/decode/lint.hpp"

#include <array>
#include <expected>
#include <string_view>

namespace till::drivers {

/// A purchase that a coupon asks for. Empty fields were not in the coupon.
struct CouponPurchase {
    std::string_view company_prefix;  ///< Empty: the coupon's own.
    std::string_view requirement;     ///< Digits; what they count is in `requirement_code`.
    char requirement_code = '0';      ///< 0 units, 1 cash value, 2 cash of the whole sale, 3 and 4
                                      ///< weights, 9 nothing special (GS1 US coupon guideline).
    std::string_view family_code;
    bool present() const noexcept { return !requirement.empty(); }
};

/// A North American coupon of AI 8110 ("North American Coupon Application Guideline Using GS1
/// DataBar Expanded Symbols"). Views into the text that was parsed; digits are left as digits
/// because what they are worth depends on `save_value_code`.
struct Coupon {
    std::string_view company_prefix;
    std::string_view offer_code;
    std::string_view save_value;
    std::array<CouponPurchase, 3> purchases;
    char additional_rules = 0;  ///< 0 to 3, or 0 byte when there is no second purchase.
    std::string_view expires;   ///< YYMMDD, or empty.
    std::string_view starts;    ///< YYMMDD, or empty.
    std::string_view serial;
    std::string_view retailer;         ///< Company prefix or GLN, or empty.
    char save_value_code = '0';        ///< 0 cents off, 1 free item, 2 free items, 5 percent, 6 …
    char save_value_applies_to = '0';  ///< 0 to 2: which purchase.
    bool store_coupon = false;
    bool may_multiply = true;
};

/// A coupon of AI 8112, which is resolved on line: only its identity is in the code.
struct CouponOffer {
    char format = '0';
    std::string_view funder;
    std::string_view offer_code;
    std::string_view serial;
};

/// Total; the fault is the one that linter `couponcode` reports.
std::expected<Coupon, LintFault> parse_coupon(std::string_view digits);
/// Total; the fault is the one that linter `couponposoffer` reports.
std::expected<CouponOffer, LintFault> parse_coupon_offer(std::string_view digits);

}  // namespace till::drivers
