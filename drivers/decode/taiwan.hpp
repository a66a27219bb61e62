#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace till::drivers {

/// Identifiers of Taiwan's electronic invoice (財政部電子發票).
enum class TaiwanCode : std::uint8_t {
    mobile_barcode,       ///< 手機條碼, carrier type 3J0002: "/" and seven of 0-9 A-Z + - .
    citizen_certificate,  ///< 自然人憑證, carrier type CQ0001: two letters and fourteen digits.
    donation,             ///< 捐贈碼: three to seven digits.
};

/// Whether eight digits are a 統一編號 by the rule in force since 2023-04-01 (sum divisible by 5,
/// and where the seventh digit is 7, sum or sum + 1); before that it was divisible by 10.
/// 00000000 passes, and stands for "no buyer" on an invoice.
bool is_business_number(std::string_view digits);
bool is_business_number_before_2023(std::string_view digits);

bool is_mobile_barcode(std::string_view text);
bool is_citizen_certificate(std::string_view text);
bool is_donation_code(std::string_view text);

/// A text as a reader in Code 39 full-ASCII mode gives it, taken back to the characters of the
/// symbol: "!BC123" was "/ABC123", because such a reader takes "/A" for "!". Empty when a
/// character has no pair in Code 39.
std::optional<std::string> undo_full_ascii(std::string_view text);

/// Which of the carriers a scan is. `full_ascii` says that its identifier was ]A4, ]A5 or ]A7; a
/// text that only makes sense when taken back is taken back without it, too. `out` receives the
/// code as printed. Donation codes are not looked for: any three digits would be one.
std::optional<TaiwanCode> find_taiwan_carrier(std::string_view text, bool full_ascii,
                                              std::string& out);

}  // namespace till::drivers
