#include "drivers/usb/hid_interface.hpp"

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

constexpr auto answer_limit = 1000ms;
constexpr std::uint8_t from_interface = 0x81, class_to_interface = 0x21;
constexpr std::uint8_t get_descriptor = 6, set_report = 9, set_idle = 10;
constexpr std::uint16_t report_descriptor = 0x2200;

}  // namespace

asio::awaitable<Result<HidInterface>> HidInterface::open(UsbPipe& pipe) {
    const UsbInterface& about = pipe.interface();
    const UsbEndpoint* const in = about.find(UsbEndpoint::Type::interrupt, true);
    if (in == nullptr) co_return Error{Errc::unsupported, "a HID without an endpoint to listen to"};
    const std::uint16_t bytes = about.report_descriptor_bytes;
    if (bytes == 0 || bytes > HidDescriptor::bytes_max)
        co_return Error{Errc::malformed,
                        "a report descriptor of " + std::to_string(bytes) + " bytes"};
    const UsbSetup setup{.type = from_interface,
                         .request = get_descriptor,
                         .value = report_descriptor,
                         .index = about.number};
    const auto read = co_await pipe.control_in(setup, bytes, answer_limit);
    if (!read) co_return read.error();
    auto parsed = HidDescriptor::parse(*read);
    if (!parsed) co_return parsed.error();
    // Many devices stall this (HID 1.11, 7.2.4: only keyboards must know it).
    const UsbSetup idle{
        .type = class_to_interface, .request = set_idle, .value = 0, .index = about.number};
    Bytes nothing;
    const auto quiet = co_await pipe.control_out(idle, std::move(nothing), answer_limit);
    if (!quiet && quiet.error().code == Errc::closed) co_return quiet.error();
    co_return HidInterface{pipe, *std::move(parsed), in->address};
}

asio::awaitable<Result<void>> HidInterface::send(HidReportKind kind, Bytes report) {
    const UsbInterface& about = pipe_->interface();
    const UsbEndpoint* const out = about.find(UsbEndpoint::Type::interrupt, false);
    if (kind == HidReportKind::output && out != nullptr)
        co_return co_await pipe_->write(out->address, std::move(report), answer_limit);
    const unsigned type = kind == HidReportKind::output ? 2 : 3;
    const unsigned id = descriptor_.numbers_reports() && !report.empty()
                            ? static_cast<std::uint8_t>(report.front())
                            : 0U;
    const UsbSetup setup{.type = class_to_interface,
                         .request = set_report,
                         .value = static_cast<std::uint16_t>(type << 8 | id),
                         .index = about.number};
    co_return co_await pipe_->control_out(setup, std::move(report), answer_limit);
}

}  // namespace till::drivers
