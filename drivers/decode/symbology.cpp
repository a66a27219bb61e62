#include "drivers/decode/symbology.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

constexpr std::array<std::string_view, 27> names{"",
                                                 "DataBarOmni",
                                                 "DataBarTruncated",
                                                 "DataBarStacked",
                                                 "DataBarStackedOmni",
                                                 "DataBarLimited",
                                                 "DataBarExpanded",
                                                 "UPCA",
                                                 "UPCE",
                                                 "EAN13",
                                                 "EAN8",
                                                 "GS1_128_CCA",
                                                 "GS1_128_CCC",
                                                 "QR",
                                                 "DM",
                                                 "DotCode",
                                                 "AddOn2",
                                                 "AddOn5",
                                                 "Code128",
                                                 "Code39",
                                                 "Code39FullASCII",
                                                 "Code93",
                                                 "Codabar",
                                                 "ITF",
                                                 "PDF417",
                                                 "Aztec",
                                                 "Other"};
static_assert(names.size() == static_cast<std::size_t>(Symbology::other) + 1);

using enum Symbology;
using enum Content;

// Which identifiers mean what, the commonest first. Where several symbologies share one, the
// first row is what a scan with it is taken for.
constexpr std::array table{
    AimIdentifier{{'E', '0'}, ean_13, ean_upc, true},
    AimIdentifier{{'E', '0'}, Symbology::upc_a, ean_upc, true},
    AimIdentifier{{'E', '0'}, Symbology::upc_e, ean_upc, true},
    AimIdentifier{{'E', '4'}, ean_8, ean_upc, true},
    AimIdentifier{{'C', '1'}, gs1_128_cca, gs1, true},
    AimIdentifier{{'C', '1'}, gs1_128_ccc, gs1, true},
    AimIdentifier{{'e', '0'}, data_bar_expanded, gs1, true},
    AimIdentifier{{'e', '0'}, data_bar_omni, gs1, true},
    AimIdentifier{{'e', '0'}, data_bar_truncated, gs1, true},
    AimIdentifier{{'e', '0'}, data_bar_stacked, gs1, true},
    AimIdentifier{{'e', '0'}, data_bar_stacked_omni, gs1, true},
    AimIdentifier{{'e', '0'}, data_bar_limited, gs1, true},
    AimIdentifier{{'d', '2'}, data_matrix, gs1, true},
    AimIdentifier{{'d', '1'}, data_matrix, plain, true},
    AimIdentifier{{'Q', '3'}, qr, gs1, true},
    AimIdentifier{{'Q', '1'}, qr, plain, true},
    AimIdentifier{{'J', '1'}, dot_code, gs1, true},
    AimIdentifier{{'J', '0'}, dot_code, plain, true},
    AimIdentifier{{'E', '1'}, addon_2, plain, false},
    AimIdentifier{{'E', '2'}, addon_5, plain, false},
    AimIdentifier{{'E', '3'}, ean_13, ean_addon, false},
    AimIdentifier{{'C', '0'}, code_128, plain, false},
    AimIdentifier{{'C', '2'}, code_128, plain, false},
    AimIdentifier{{'C', '4'}, code_128, plain, false},
    AimIdentifier{{'A', '0'}, code_39, plain, false},
    AimIdentifier{{'A', '1'}, code_39, plain, false},
    AimIdentifier{{'A', '2'}, code_39, plain, false},
    AimIdentifier{{'A', '3'}, code_39, plain, false},
    AimIdentifier{{'A', '4'}, code_39_full_ascii, plain, false},
    AimIdentifier{{'A', '5'}, code_39_full_ascii, plain, false},
    AimIdentifier{{'A', '7'}, code_39_full_ascii, plain, false},
    AimIdentifier{{'F', '0'}, codabar, plain, false},
    AimIdentifier{{'G', '0'}, code_93, plain, false},
    AimIdentifier{{'I', '0'}, itf, plain, false},
    AimIdentifier{{'I', '1'}, itf, plain, false},
    AimIdentifier{{'I', '3'}, itf, plain, false},
    AimIdentifier{{'L', '0'}, pdf417, plain, false},
    AimIdentifier{{'L', '1'}, pdf417, plain, false},
    AimIdentifier{{'L', '2'}, pdf417, plain, false},
    AimIdentifier{{'Q', '0'}, qr, plain, false},
    AimIdentifier{{'Q', '2'}, qr, plain, false},
    AimIdentifier{{'Q', '4'}, qr, gs1, false},
    AimIdentifier{{'Q', '5'}, qr, plain, false},
    AimIdentifier{{'d', '4'}, data_matrix, plain, false},
    AimIdentifier{{'d', '5'}, data_matrix, gs1, false},
    AimIdentifier{{'e', '1'}, other, plain, false},
    AimIdentifier{{'z', '0'}, aztec, plain, false},
    AimIdentifier{{'z', '1'}, aztec, gs1, false},
    AimIdentifier{{'X', '0'}, other, plain, false},
    AimIdentifier{{'Z', '6'}, other, plain, false},
};

}  // namespace

std::string_view name(Symbology symbology) { return names[static_cast<std::size_t>(symbology)]; }

std::optional<Symbology> find_symbology(std::string_view wanted) {
    if (wanted.empty()) return {};
    const auto found = std::ranges::find(names, wanted);
    if (found == names.end()) return {};
    return static_cast<Symbology>(found - names.begin());
}

bool is_2d(Symbology symbology) {
    return symbology == qr || symbology == data_matrix || symbology == dot_code
           || symbology == aztec || symbology == pdf417;
}

std::string_view aim_in_front(std::string_view scan) {
    const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const bool found = scan.size() >= 3 && scan[0] == ']' && is_letter(scan[1])
                       && (is_letter(scan[2]) || (scan[2] >= '0' && scan[2] <= '9'));
    return found ? scan.substr(0, 3) : std::string_view{};
}

const AimIdentifier* find_aim(std::string_view scan) {
    if (scan.size() < 3 || scan[0] != ']') return nullptr;
    const auto found = std::ranges::find_if(table, [&](const AimIdentifier& row) {
        return row.code[0] == scan[1] && row.code[1] == scan[2];
    });
    return found == table.end() ? nullptr : &*found;
}

const AimIdentifier* aim_of(Symbology symbology, Content content) {
    const auto found = std::ranges::find_if(table, [&](const AimIdentifier& row) {
        return row.gs1_carrier && row.symbology == symbology && row.content == content;
    });
    return found == table.end() ? nullptr : &*found;
}

}  // namespace till::drivers
