#include "drivers/decode/scanner_settings.hpp"

#include <array>
#include <string_view>

namespace till::drivers {

namespace {

constexpr char ack = '\x06';
constexpr char unknown_command = '\x05';
constexpr char nak = '\x15';

struct Tag {
    Symbology symbology;
    std::string_view tag;
};
// Tag and sub-tag of "enable" in Honeywell's user guides.
constexpr std::array tags{
    Tag{Symbology::ean_13, "E13ENA"},
    Tag{Symbology::ean_8, "EA8ENA"},
    Tag{Symbology::upc_a, "UPBENA"},
    Tag{Symbology::upc_e, "UPEEN0"},
    Tag{Symbology::code_128, "128ENA"},
    Tag{Symbology::code_39, "C39ENA"},
    Tag{Symbology::code_93, "C93ENA"},
    Tag{Symbology::codabar, "CBRENA"},
    Tag{Symbology::itf, "I25ENA"},
    Tag{Symbology::qr, "QRCENA"},
    Tag{Symbology::data_matrix, "IDMENA"},
    Tag{Symbology::pdf417, "PDFENA"},
    Tag{Symbology::aztec, "AZTENA"},
    Tag{Symbology::data_bar_omni, "RSSENA"},
    Tag{Symbology::data_bar_limited, "RSLENA"},
    Tag{Symbology::data_bar_expanded, "RSEENA"},
};

Bytes menu(std::string_view command) { return "\x16M\r" + std::string{command} + "!"; }

class HoneywellMenu final : public SettingsDialect {
public:
    Result<std::vector<Bytes>> encode(const ScannerSettings& settings) const override {
        std::vector<Bytes> out;
        for (const auto& [symbology, on] : settings.symbologies) {
            const auto* known = find(symbology);
            if (known == nullptr)
                return Error{Errc::unsupported, "the scanner's menu has no such symbology",
                             std::string{name(symbology)}};
            out.push_back(menu(std::string{known->tag} + (on ? '1' : '0')));
        }
        // Prefix 5C80 for all symbologies (99): the AIM identifier.
        if (settings.aim_identifiers)
            out.push_back(menu(*settings.aim_identifiers ? "PREBK2995C80" : "PRECA2"));
        if (settings.beeper)
            out.push_back(menu("BEPLVL" + std::to_string(static_cast<int>(*settings.beeper))));
        if (settings.trigger)
            out.push_back(menu(*settings.trigger == TriggerMode::manual ? "TRGMOD0" : "TRGMOD3"));
        return out;
    }

    /// The scanner echoes the command with ACK, ENQ (no such tag) or NAK (no such value) before its
    /// end mark.
    Verdict judge(BytesView answer) const override {
        if (answer.size() < 2 || (answer.back() != '!' && answer.back() != '.'))
            return Verdict::unfinished;
        const char mark = answer[answer.size() - 2];
        if (mark == ack) return Verdict::accepted;
        return mark == unknown_command || mark == nak ? Verdict::refused : Verdict::unfinished;
    }

    Bytes page() const override { return "\x16M\rBEPEXE1!"; }

private:
    static const Tag* find(Symbology symbology) {
        for (const auto& row : tags)
            if (row.symbology == symbology) return &row;
        return nullptr;
    }
};

}  // namespace

const SettingsDialect& honeywell_menu() {
    static const HoneywellMenu dialect;
    return dialect;
}

}  // namespace till::drivers
