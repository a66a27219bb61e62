#pragma once

#include "drivers/decode/hid_descriptor.hpp"
#include "drivers/usb/usb_pipe.hpp"

namespace till::drivers {

/// The HID side of an interface (HID 1.11): its reports, by its own descriptor. `pipe` must outlive it.
class HidInterface {
public:
    /// Reads the report descriptor, and asks for reports only when something changed. Fails with malformed
    /// for a descriptor that makes no sense, unsupported where there is no endpoint to listen to.
    static asio::awaitable<Result<HidInterface>> open(UsbPipe& pipe);

    const HidDescriptor& descriptor() const { return descriptor_; }
    /// The next input report.
    asio::awaitable<Result<Bytes>> read() {
        return pipe_->read(in_, descriptor_.largest_report(HidReportKind::input));
    }
    /// Sends an output or feature report, its id first where reports are numbered.
    asio::awaitable<Result<void>> send(HidReportKind kind, Bytes report);

private:
    HidInterface(UsbPipe& pipe, HidDescriptor descriptor, std::uint8_t in)
        : pipe_{&pipe}, descriptor_{std::move(descriptor)}, in_{in} {}

    UsbPipe* pipe_;
    HidDescriptor descriptor_;
    std::uint8_t in_;
};

}  // namespace till::drivers
