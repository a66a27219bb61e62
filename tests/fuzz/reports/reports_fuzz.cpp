// Any bytes as a report descriptor with the reports that follow it, and as a serial line: libFuzzer
// gives them (clang++ -fsanitize=fuzzer,address), reports_corpus_test gives its own. A descriptor and
// its reports are cut at 16-bit lengths.
#include "drivers/decode/keyboard_wedge.hpp"
#include "drivers/decode/msr_report.hpp"
#include "drivers/decode/scale_report.hpp"
#include "drivers/decode/scan_report.hpp"
#include "drivers/decode/scanner_settings.hpp"
#include "drivers/decode/serial_frames.hpp"
#include "drivers/decode/serial_session.hpp"
#include "drivers/decode/zebra_ssi.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace till;
using namespace till::drivers;

/// The next piece: a big-endian length, then so many bytes, or what is left.
Bytes take_piece(BytesView& rest) {
    if (rest.size() < 2) return Bytes{std::exchange(rest, {})};
    const std::size_t length = octets(rest)[0] * 256U + octets(rest)[1];
    const Bytes piece{rest.substr(2, length)};
    rest.remove_prefix(2 + piece.size());
    return piece;
}

void hear_reports(BytesView rest) {
    const auto hid = HidDescriptor::parse(take_piece(rest));
    if (!hid) return;
    if (hid->largest_report(HidReportKind::input) > HidDescriptor::report_bytes_max + 1)
        std::abort();
    const auto scanner = ScanReportLayout::find(*hid);
    const auto keyboard = KeyReportLayout::find(*hid);
    const auto scale = ScaleReportLayout::find(*hid);
    const auto msr = MsrReportLayout::find(*hid);
    std::optional<ScanAssembler> scans;
    std::optional<WedgeDecoder> keys;
    if (scanner) scans.emplace(*scanner);
    if (keyboard) keys.emplace(*keyboard, KeyboardLayout::de);
    while (!rest.empty()) {
        Bytes report = take_piece(rest);
        if (scans) static_cast<void>(scans->take(report));
        if (keys) static_cast<void>(keys->take(report));
        if (scale) {
            const auto weight = read_weight(report, *scale);
            if (weight && *weight) static_cast<void>((*weight)->grams());
        }
        if (!msr) continue;
        const auto swipe =
            read_swipe({reinterpret_cast<std::uint8_t*>(report.data()), report.size()}, *msr);
        if (!swipe || !*swipe) continue;
        for (const auto& track : (*swipe)->tracks)
            if (carries_pan(track)) std::abort();
    }
}

void hear_line(BytesView rest, bool prefixed, unsigned dialect) {
    const SerialFraming framing{.prefix = prefixed ? "\x02" : "", .bytes_max = 64};
    SerialFramer framer{framing};
    SsiReader ssi;
    const SerialDialect language{static_cast<std::uint8_t>(dialect % 3)};
    SerialSession session{framing, language};
    if (settings_dialect(language) != nullptr) session.tell({"one", "two"});
    while (!rest.empty()) {
        const Bytes piece = take_piece(rest);
        for (const auto& scan : framer.take(piece))
            if (scan.size() > 64 + 2) std::abort();
        static_cast<void>(ssi.take(piece));
        piece.empty() ? session.pause() : session.take(piece);
        for (const RawScan& scan : session.scans())
            if (scan.aim.size() + scan.data.size() > 256) std::abort();
        static_cast<void>(session.to_send());
        static_cast<void>(session.trouble());
        static_cast<void>(honeywell_menu().judge(piece));
    }
    static_cast<void>(framer.pause());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView rest{reinterpret_cast<const char*>(data) + 1, size - 1};
    if (data[0] % 4 < 2)
        hear_reports(rest);
    else
        hear_line(rest, data[0] % 4 == 3, data[0] / 4U);
    return 0;
}
