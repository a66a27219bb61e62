#include "drivers/scanner/scanner.hpp"
#include "drivers/usb/patience.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t class_to_interface = 0x21;
constexpr std::uint8_t set_line_coding = 0x20, set_control_line_state = 0x22;
constexpr std::uint8_t communications_class = 2;
constexpr auto answer_limit = 1000ms;

/// The interface that takes the port's settings: not that of its data.
std::uint8_t settings_interface(const UsbPipe& pipe) {
    for (const UsbInterface& each : pipe.identity().interfaces)
        if (each.usb_class == communications_class && each.number < pipe.interface().number)
            return each.number;
    return pipe.interface().number;
}

/// Many scanners stall these: their port has no speed.
asio::awaitable<void> open_port(UsbPipe& pipe) {
    const std::uint8_t number = settings_interface(pipe);
    Bytes coding{"\x80\x25\x00\x00\x00\x00\x08", 7};  // 9600, 1 stop bit, no parity, 8 bits.
    Bytes nothing;
    const UsbSetup speed{
        .type = class_to_interface, .request = set_line_coding, .value = 0, .index = number};
    const UsbSetup lines{
        .type = class_to_interface, .request = set_control_line_state, .value = 3, .index = number};
    (void)co_await pipe.control_out(speed, std::move(coding), answer_limit);
    (void)co_await pipe.control_out(lines, std::move(nothing), answer_limit);
}

}  // namespace

asio::awaitable<Result<void>> read_cdc(UsbPipe& pipe, SerialFraming framing, OnScan on_scan) {
    const UsbEndpoint* const in = pipe.interface().find(UsbEndpoint::Type::bulk, true);
    if (in == nullptr) co_return Error{Errc::unsupported, "a serial port that sends nothing"};
    co_await open_port(pipe);
    SerialFramer framer{std::move(framing)};
    Patience patience;
    for (;;) {
        auto bytes = co_await read_rest(framer.is_waiting(), 50ms, pipe.read(in->address, 1));
        std::vector<std::string> scans;
        if (bytes) {
            patience.good();
            scans = framer.take(*bytes);
        } else {
            scans = framer.pause();
            const bool paused = bytes.error().code == Errc::timed_out;
            if (!paused && patience.ends(bytes.error())) co_return bytes.error();
        }
        for (std::string& each : scans) on_scan(split_aim(std::move(each)));
    }
}

}  // namespace till::drivers
