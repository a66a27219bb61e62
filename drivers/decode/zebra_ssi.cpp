#include "drivers/decode/zebra_ssi.hpp"

#include "drivers/decode/scanner_settings.hpp"

#include <array>

namespace till::drivers {

namespace {

constexpr std::size_t header_bytes = 4;
constexpr std::size_t checksum_bytes = 2;

/// Two's complement of the sum of all bytes before it.
std::uint16_t checksum(BytesView bytes) {
    unsigned sum = 0;
    for (const auto byte : octets(bytes)) sum += byte;
    return static_cast<std::uint16_t>(0U - sum);
}

char octet(unsigned value) { return static_cast<char>(static_cast<std::uint8_t>(value)); }

/// Numbers of on/off parameters; two bytes begin with F0 or F1.
struct ParameterOf {
    Symbology symbology;
    std::string_view number;
};
constexpr std::array parameters{
    ParameterOf{Symbology::code_39, {"\x00", 1}},
    ParameterOf{Symbology::upc_a, "\x01"},
    ParameterOf{Symbology::upc_e, "\x02"},
    ParameterOf{Symbology::ean_13, "\x03"},
    ParameterOf{Symbology::ean_8, "\x04"},
    ParameterOf{Symbology::itf, "\x06"},
    ParameterOf{Symbology::codabar, "\x07"},
    ParameterOf{Symbology::code_128, "\x08"},
    ParameterOf{Symbology::code_93, "\x09"},
    ParameterOf{Symbology::pdf417, "\x0F"},
    ParameterOf{Symbology::data_matrix, "\xF0\x24"},
    ParameterOf{Symbology::qr, "\xF0\x25"},
    ParameterOf{Symbology::data_bar_omni, "\xF0\x52"},
};
constexpr std::string_view transmit_code_id = "\x2D";
constexpr std::string_view beep_after_good_decode = "\x38";
constexpr std::string_view beeper_volume = "\x8C";
constexpr std::string_view trigger_mode = "\x8A";

class ZebraSsi final : public SettingsDialect {
public:
    Result<std::vector<Bytes>> encode(const ScannerSettings& settings) const override {
        std::vector<Bytes> out;
        for (const auto& [symbology, on] : settings.symbologies) {
            const auto* known = find(symbology);
            if (known == nullptr)
                return Error{Errc::unsupported, "SSI cannot switch this symbology",
                             std::string{name(symbology)}};
            out.push_back(parameter(known->number, on ? 1 : 0));
        }
        if (settings.aim_identifiers)
            out.push_back(parameter(transmit_code_id, *settings.aim_identifiers ? 1 : 0));
        if (settings.beeper) {
            // SSI knows 0 high, 1 medium, 2 low.
            const bool is_off = *settings.beeper == BeeperVolume::off;
            out.push_back(parameter(beep_after_good_decode, is_off ? 0 : 1));
            if (!is_off)
                out.push_back(
                    parameter(beeper_volume, 3U - static_cast<unsigned>(*settings.beeper)));
        }
        if (settings.trigger)
            out.push_back(
                parameter(trigger_mode, *settings.trigger == TriggerMode::manual ? 0 : 7));
        return out;
    }

    Verdict judge(BytesView answer) const override {
        for (const auto& packet : SsiReader{}.take(answer).packets) {
            if (packet.opcode == static_cast<std::uint8_t>(SsiOpcode::ack))
                return Verdict::accepted;
            if (packet.opcode == static_cast<std::uint8_t>(SsiOpcode::nak)) return Verdict::refused;
        }
        return Verdict::unfinished;
    }

    Bytes page() const override {
        return *encode_ssi({.opcode = static_cast<std::uint8_t>(SsiOpcode::beep),
                            .data = Bytes(1, '\x13')});  // Five long high beeps.
    }

private:
    static const ParameterOf* find(Symbology symbology) {
        for (const auto& row : parameters)
            if (row.symbology == symbology) return &row;
        return nullptr;
    }

    /// FF: no beep for the setting itself. Not permanent: it goes to RAM.
    static Bytes parameter(std::string_view number, unsigned value) {
        Bytes data{"\xFF"};
        data += number;
        data += octet(value);
        return *encode_ssi({.opcode = static_cast<std::uint8_t>(SsiOpcode::parameter_send),
                            .data = std::move(data)});
    }
};

}  // namespace

Result<Bytes> encode_ssi(const SsiPacket& packet) {
    if (packet.data.size() > SsiPacket::data_bytes_max)
        return Error{Errc::out_of_range, "SSI: too much for one packet"};
    Bytes bytes;
    bytes += octet(static_cast<unsigned>(header_bytes + packet.data.size()));
    bytes += octet(packet.opcode);
    bytes += octet(packet.source);
    bytes += octet(packet.status);
    bytes += packet.data;
    const auto sum = checksum(bytes);
    bytes += octet(sum >> 8U);
    bytes += octet(sum);
    return bytes;
}

Bytes encode_ssi_ack() {
    return *encode_ssi({.opcode = static_cast<std::uint8_t>(SsiOpcode::ack), .data = {}});
}

Bytes encode_ssi_nak(std::uint8_t cause) {
    return *encode_ssi(
        {.opcode = static_cast<std::uint8_t>(SsiOpcode::nak), .data = Bytes(1, octet(cause))});
}

SsiReader::Read SsiReader::take(BytesView bytes) {
    Read read;
    pending_ += bytes;
    while (!pending_.empty()) {
        const auto held = octets(pending_);
        const std::size_t length = held[0];
        if (length < header_bytes) {  // No packet begins so: nothing after it can be trusted.
            read.damaged = true;
            pending_.clear();
            break;
        }
        if (held.size() < length + checksum_bytes) break;
        const auto sum = checksum(BytesView{pending_}.substr(0, length));
        if (held[length] != sum >> 8U || held[length + 1] != (sum & 0xFFU)) {
            read.damaged = true;
            pending_.clear();
            break;
        }
        read.packets.push_back(
            {held[1], held[2], held[3], pending_.substr(header_bytes, length - header_bytes)});
        pending_.erase(0, length + checksum_bytes);
    }
    return read;
}

const SettingsDialect& zebra_ssi() {
    static const ZebraSsi dialect;
    return dialect;
}

}  // namespace till::drivers
