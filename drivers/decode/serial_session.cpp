#include "drivers/decode/serial_session.hpp"

#include <algorithm>

namespace till::drivers {

namespace {

constexpr std::size_t answer_bytes_max = 8192;
constexpr int overdue_max = 2, resends_max = 3;
constexpr std::uint8_t send_again = 1;

/// What a person reads in a message: its printable part.
std::string words(BytesView message) {
    std::string printable;
    for (const char each : message)
        if (each > ' ' && each < 0x7f) printable += each;
    return printable;
}

}  // namespace

std::optional<SerialDialect> find_serial_dialect(std::string_view name) {
    if (name == "none") return SerialDialect::none;
    if (name == "honeywell_menu") return SerialDialect::honeywell_menu;
    if (name == "zebra_ssi") return SerialDialect::zebra_ssi;
    return std::nullopt;
}

const SettingsDialect* settings_dialect(SerialDialect dialect) {
    if (dialect == SerialDialect::honeywell_menu) return &honeywell_menu();
    return dialect == SerialDialect::zebra_ssi ? &zebra_ssi() : nullptr;
}

SerialSession::SerialSession(SerialFraming framing, SerialDialect dialect)
    : framer_{framing}, dialect_{dialect}, suffix_{std::move(framing.suffix)} {}

void SerialSession::tell(std::vector<Bytes> messages) {
    std::ranges::move(messages, std::back_inserter(waiting_));
}

Bytes SerialSession::to_send() {
    if (!asked_ && !waiting_.empty()) {
        asked_ = Asked{std::move(waiting_.front())};
        waiting_.pop_front();
        out_ += asked_->message;
    }
    return std::exchange(out_, {});
}

void SerialSession::take(BytesView bytes) {
    if (dialect_ != SerialDialect::zebra_ssi) {
        for (const char each : bytes) take_text(each);
        return;
    }
    const auto read = packets_.take(bytes);
    for (const SsiPacket& each : read.packets) take_packet(each);
    if (read.damaged) out_ += encode_ssi_nak(send_again);
}

void SerialSession::take_text(char each) {
    if (!asked_) return scanned(framer_.take({&each, 1}));
    answer_ += each;
    const auto verdict = settings_dialect(dialect_)->judge(answer_);
    if (verdict != SettingsDialect::Verdict::unfinished)
        return answered(verdict == SettingsDialect::Verdict::accepted);
    const bool is_scan = !suffix_.empty() && answer_.ends_with(suffix_);
    if (is_scan || answer_.size() > answer_bytes_max)
        scanned(framer_.take(std::exchange(answer_, {})));
}

void SerialSession::take_packet(const SsiPacket& packet) {
    const auto is = [&](SsiOpcode opcode) {
        return packet.opcode == static_cast<std::uint8_t>(opcode);
    };
    if (is(SsiOpcode::ack) && asked_) return answered(true);
    if (is(SsiOpcode::nak) && asked_) {
        if (packet.data == Bytes(1, static_cast<char>(send_again)))
            return ask_again(resends_max, "the scanner does not understand what it is told");
        return answered(false);
    }
    if (!is(SsiOpcode::decode_data) || packet.data.empty()) return;
    out_ += encode_ssi_ack();
    // Our ACK of it may have been lost.
    const bool is_repeated =
        (packet.status & SsiPacket::status_retransmit) != 0 && packet.data == last_packet_;
    last_packet_ = packet.data;
    if (!is_repeated) scanned({packet.data.substr(1)});  // The first byte is Zebra's own code.
}

void SerialSession::scanned(std::vector<std::string> texts) {
    for (std::string& each : texts) scans_.push_back(split_aim(std::move(each)));
}

void SerialSession::answered(bool accepted) {
    if (!accepted)
        trouble_ =
            Error{Errc::unsupported, "the scanner refuses a setting", words(asked_->message)};
    asked_.reset();
    answer_.clear();
}

void SerialSession::ask_again(int tries_max, std::string_view why) {
    if (asked_->tries++ < tries_max) {
        out_ += asked_->message;
        return;
    }
    trouble_ = Error{Errc::timed_out, std::string{why}};
    asked_.reset();
    waiting_.clear();
}

void SerialSession::pause() {
    packets_.reset();
    if (!asked_) return scanned(framer_.pause());
    scanned(framer_.take(std::exchange(answer_, {})));
    scanned(framer_.pause());
    ask_again(overdue_max, "the scanner does not answer what it is told");
}

}  // namespace till::drivers
