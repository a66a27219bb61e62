#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace till::drivers {

/// Bar code symbologies as GS1's tools name them, and those a till meets besides.
enum class Symbology : std::uint8_t {
    none,
    data_bar_omni,
    data_bar_truncated,
    data_bar_stacked,
    data_bar_stacked_omni,
    data_bar_limited,
    data_bar_expanded,
    upc_a,
    upc_e,
    ean_13,
    ean_8,
    gs1_128_cca,
    gs1_128_ccc,
    qr,
    data_matrix,
    dot_code,
    // Below: not GS1 carriers.
    addon_2,
    addon_5,
    code_128,
    code_39,
    code_39_full_ascii,
    code_93,
    codabar,
    itf,
    pdf417,
    aztec,
    other,
};

/// "EAN13", "QR", "GS1_128_CCA", …; none is the empty string.
std::string_view name(Symbology symbology);
/// The symbology that is called so; empty when there is none.
std::optional<Symbology> find_symbology(std::string_view name);

/// Whether the symbol is an area of dots rather than a row of bars: what "2D" means in the
/// Sunrise-2027 figures.
bool is_2d(Symbology symbology);

/// What the three characters in front of a scan say (ISO/IEC 15424).
enum class Content : std::uint8_t {
    plain,      ///< Text, which may be a web address.
    gs1,        ///< A GS1 element string; the first FNC1 is not sent.
    ean_upc,    ///< The digits of an EAN or UPC symbol.
    ean_addon,  ///< Those digits and the add-on's in one message.
};

struct AimIdentifier {
    char code[2];  ///< "E0" of "]E0".
    Symbology symbology;
    Content content;
    bool gs1_carrier;  ///< One that GS1's reference engine accepts.
};

/// The symbology identifier that `scan` begins with ("]E0"), whether anything is known of it or not; empty when
/// it begins with none (ISO/IEC 15424: "]", a letter, a letter or digit).
std::string_view aim_in_front(std::string_view scan);

/// The row for the identifier that `scan` begins with; nullptr when it begins with none, or with
/// one of which nothing is known.
const AimIdentifier* find_aim(std::string_view scan);

/// The identifier with which a scanner announces this symbology and content; nullptr for none.
const AimIdentifier* aim_of(Symbology symbology, Content content);

}  // namespace till::drivers
