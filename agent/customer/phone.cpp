#include "agent/customer/identifier.hpp"

#include <algorithm>
#include <array>

namespace till {

namespace {

/// One country's plan: calling code, trunk prefix that is dropped behind it, and how many digits a
/// national number has (ITU-T E.164 and national plans).
struct Plan {
    std::string_view country, code, trunk;
    std::size_t digits_min, digits_max;
};

constexpr std::array plans = {
    Plan{"AT", "43", "0", 4, 13},  Plan{"AU", "61", "0", 9, 9},   Plan{"BE", "32", "0", 8, 9},
    Plan{"BR", "55", "0", 10, 11}, Plan{"CA", "1", "1", 10, 10},  Plan{"CH", "41", "0", 9, 9},
    Plan{"CN", "86", "0", 9, 11},  Plan{"CZ", "420", "", 9, 9},   Plan{"DE", "49", "0", 5, 13},
    Plan{"DK", "45", "", 8, 8},    Plan{"ES", "34", "", 9, 9},    Plan{"FI", "358", "0", 5, 12},
    Plan{"FR", "33", "0", 9, 9},   Plan{"GB", "44", "0", 9, 10},  Plan{"GR", "30", "", 10, 10},
    Plan{"HK", "852", "", 8, 8},   Plan{"HU", "36", "06", 8, 9},  Plan{"ID", "62", "0", 7, 12},
    Plan{"IE", "353", "0", 7, 9},  Plan{"IL", "972", "0", 8, 9},  Plan{"IN", "91", "0", 10, 10},
    Plan{"IT", "39", "", 6, 11},   Plan{"JP", "81", "0", 9, 10},  Plan{"KR", "82", "0", 8, 10},
    Plan{"MO", "853", "", 8, 8},   Plan{"MX", "52", "", 10, 10},  Plan{"MY", "60", "0", 8, 10},
    Plan{"NL", "31", "0", 9, 9},   Plan{"NO", "47", "", 8, 8},    Plan{"NZ", "64", "0", 8, 10},
    Plan{"PH", "63", "0", 8, 10},  Plan{"PL", "48", "", 9, 9},    Plan{"PT", "351", "", 9, 9},
    Plan{"RO", "40", "0", 9, 9},   Plan{"SE", "46", "0", 6, 10},  Plan{"SG", "65", "", 8, 8},
    Plan{"TH", "66", "0", 8, 9},   Plan{"TR", "90", "0", 10, 10}, Plan{"TW", "886", "0", 8, 9},
    Plan{"US", "1", "1", 10, 10},  Plan{"VN", "84", "0", 8, 10},  Plan{"ZA", "27", "0", 9, 9},
};

Error refusal() {
    return {Errc::malformed,
            "not a telephone number",
            {},
            "+ and the calling code, or the number as dialled in the customer's country"};
}

/// Digits, and "+" in front; what people write between them is dropped. Empty: something else.
std::string bare(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c >= '0' && c <= '9')
            out += c;
        else if (c == '+' && out.empty())
            out += c;
        else if (std::string_view{" -./()\t"}.find(c) == std::string_view::npos)
            return {};
    }
    return out;
}

/// The plan of an international number; several share "1", and any of them will do.
const Plan* plan_of(std::string_view international) {
    const auto found = std::ranges::find_if(
        plans, [&](const Plan& plan) { return international.starts_with(plan.code); });
    return found == plans.end() ? nullptr : &*found;
}

Result<std::string> checked(std::string_view code, std::string_view national, const Plan* plan) {
    const std::size_t digits = code.size() + national.size();
    if (digits < 8 || digits > 15) return refusal();
    if (plan && (national.size() < plan->digits_min || national.size() > plan->digits_max))
        return refusal();
    std::string number{"+"};
    return number.append(code).append(national);
}

Result<std::string> international(std::string_view digits) {
    const Plan* plan = plan_of(digits);
    if (!plan) return digits.starts_with('0') ? refusal() : checked({}, digits, nullptr);
    std::string_view national = digits.substr(plan->code.size());
    // "+44 (0) 20 …" is written often and dialled never.
    if (plan->trunk == "0" && national.starts_with('0')) national.remove_prefix(1);
    return checked(plan->code, national, plan);
}

}  // namespace

Result<std::string> normalise_phone(std::string_view text, std::string_view country) {
    const std::string number = bare(text);
    std::string_view digits = number;
    if (digits.starts_with('+')) return international(digits.substr(1));
    const auto plan = std::ranges::find(plans, country, &Plan::country);
    if (plan == plans.end())
        return Error{Errc::malformed,
                     "a telephone number without its calling code",
                     {},
                     "+ and the calling code"};
    if (digits.starts_with("00")) return international(digits.substr(2));
    if (!plan->trunk.empty() && digits.starts_with(plan->trunk))
        return checked(plan->code, digits.substr(plan->trunk.size()), &*plan);
    const bool has_code = digits.starts_with(plan->code);
    const bool fits = digits.size() >= plan->digits_min && digits.size() <= plan->digits_max;
    if (has_code && !fits)  // The calling code written without its "+".
        return checked(plan->code, digits.substr(plan->code.size()), &*plan);
    return checked(plan->code, digits, &*plan);
}

}  // namespace till
