#pragma once

#include "drivers/usb/usb_bus.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace till::drivers {

/// One line of a recording: something that happened on a bus, or that was done on a claimed interface and
/// how it ended. README.md has the format.
struct UsbStep {
    enum class Kind : std::uint8_t {
        arrived,
        left,
        claim,
        left_out,  ///< What follows on the pipe is not in the recording.
        control_in,
        control_out,
        read,
        write,
    };
    Kind kind = Kind::read;
    std::uint64_t ms = 0;         ///< Since the recording began.
    UsbBus::DeviceId device = 0;  ///< Of arrived, left and claim.
    UsbIdentity identity = {};    ///< Of arrived.
    std::uint64_t pipe = 0;       ///< A claim gives it its number; all that is done on it has it.
    std::uint8_t interface = 0;   ///< Of a claim.
    UsbSetup setup = {};          ///< Of control_in and control_out.
    std::uint8_t endpoint = 0;    ///< Of read and write.
    std::uint32_t bytes = 0;      ///< How many control_in and read asked for.
    Bytes sent = {};              ///< By control_out and write.
    /// How it ended, with what came in. Abandoned: the driver waited no longer.
    Result<Bytes> answer = Bytes{};

    bool is_on_pipe() const { return kind >= Kind::left_out; }
    bool is_change() const { return kind <= Kind::left; }
};

/// The first line of a recording, with its end.
std::string recording_head();
/// One step as a line, with its end.
std::string write_step(const UsbStep& step);

inline constexpr std::size_t recording_bytes_max = 64 * 1024 * 1024;

/// A whole recording. Fails with malformed and the line at fault, or unsupported where a later version wrote it.
Result<std::vector<UsbStep>> read_recording(std::string_view text);

}  // namespace till::drivers
