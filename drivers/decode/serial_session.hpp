#pragma once

#include "drivers/decode/scan_report.hpp"
#include "drivers/decode/scanner_settings.hpp"
#include "drivers/decode/serial_frames.hpp"
#include "drivers/decode/zebra_ssi.hpp"

#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace till::drivers {

/// How a serial scanner is spoken to. With `none` it only speaks; with zebra_ssi its scans come in packets.
enum class SerialDialect : std::uint8_t { none, honeywell_menu, zebra_ssi };

/// "none", "honeywell_menu", "zebra_ssi".
std::optional<SerialDialect> find_serial_dialect(std::string_view name);
/// Nothing for `none`.
const SettingsDialect* settings_dialect(SerialDialect dialect);

/// The talk with a scanner on a serial line, without the line: scans come in; settings and pages go out, one
/// at a time, each after the answer to the one before. An answer is never taken for a scan, nor a scan that
/// comes before it for an answer.
class SerialSession {
public:
    SerialSession(SerialFraming framing, SerialDialect dialect);

    /// Messages of the dialect, to be sent after those that still wait.
    void tell(std::vector<Bytes> messages);
    void take(BytesView bytes);
    /// Nothing came for the inter-character time while is_waiting(), or for the time of an answer while
    /// expects_answer(): then it is asked once more, and after that everything that waits is given up.
    void pause();

    bool is_waiting() const { return framer_.is_waiting() || packets_.is_waiting(); }
    bool expects_answer() const { return asked_.has_value(); }

    // Each gives what has gathered, once.
    std::vector<RawScan> scans() { return std::exchange(scans_, {}); }
    Bytes to_send();
    std::optional<Error> trouble() { return std::exchange(trouble_, std::nullopt); }

private:
    struct Asked {
        Bytes message;
        int tries = 1;
    };

    void take_text(char each);
    void take_packet(const SsiPacket& packet);
    void scanned(std::vector<std::string> texts);
    void answered(bool accepted);
    void ask_again(int tries_max, std::string_view why);

    SerialFramer framer_;
    SsiReader packets_;
    SerialDialect dialect_;
    std::string suffix_;
    std::deque<Bytes> waiting_;
    std::optional<Asked> asked_;
    Bytes answer_;
    Bytes out_;
    Bytes last_packet_;
    std::vector<RawScan> scans_;
    std::optional<Error> trouble_;
};

}  // namespace till::drivers
