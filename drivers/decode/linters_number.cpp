#include "drivers/decode/lint_errors.hpp"
#include "drivers/decode/linters.hpp"

namespace till::drivers::lint {

namespace {

bool all_zeros(std::string_view value) {
    return value.find_first_not_of('0') == std::string_view::npos;
}

LintResult coordinate(std::string_view value, std::string_view largest, const LintError& length,
                      const LintError& range) {
    if (value.size() != largest.size()) return whole(length, value);
    if (auto bad = csetnumeric(value)) return bad;
    if (value > largest) return whole(range, value);
    return {};
}

}  // namespace

LintResult zero(std::string_view value) {
    if (!all_zeros(value)) return whole(not_zero, value);
    return {};
}

LintResult nonzero(std::string_view value) {
    if (auto bad = csetnumeric(value)) return bad;
    if (all_zeros(value)) return whole(zero_value, value);
    return {};
}

LintResult nozeroprefix(std::string_view value) {
    if (value.starts_with('0')) return fault(zero_prefix, 0, 1);
    return csetnumeric(value);
}

LintResult yesno(std::string_view value) {
    if (value != "0" && value != "1") return whole(not_zero_or_one, value);
    return {};
}

LintResult winding_direction(std::string_view value) {
    if (value != "0" && value != "1" && value != "9") return whole(winding, value);
    return {};
}

LintResult latitude_value(std::string_view value) {
    return coordinate(value, "1800000000", latitude_length, latitude);
}

LintResult longitude_value(std::string_view value) {
    return coordinate(value, "3600000000", longitude_length, longitude);
}

LintResult pieceoftotal(std::string_view value) {
    if (auto bad = csetnumeric(value)) return bad;
    if (value.empty() || value.size() % 2 != 0) return whole(piece_length, value);
    const auto half = value.size() / 2;
    const auto piece = value.substr(0, half);
    const auto total = value.substr(half);
    if (all_zeros(piece)) return fault(piece_zero, 0, half);
    if (all_zeros(total)) return fault(total_zero, half, half);
    if (piece > total) return whole(piece_exceeds, value);
    return {};
}

LintResult posinseqslash(std::string_view value) {
    const auto slash = value.find('/');
    if (slash == std::string_view::npos) return whole(sequence, value);
    const auto position = value.substr(0, slash);
    const auto end = value.substr(slash + 1);
    if (position.empty() || end.empty() || csetnumeric(position) || csetnumeric(end))
        return whole(sequence, value);
    if (position[0] == '0') return fault(zero_prefix, 0, slash);
    if (end[0] == '0') return fault(zero_prefix, slash + 1, end.size());
    if (position.size() > end.size() || (position.size() == end.size() && position > end))
        return whole(position_exceeds, value);
    return {};
}

}  // namespace till::drivers::lint
