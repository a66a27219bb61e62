#pragma once

#include "drivers/usb/usb_step.hpp"

namespace till::drivers {

/// Says again what a recording says, to the real drivers and without hardware: the same answers in the same
/// order, as quickly as they are asked for. The order between devices is kept as well, but that none waits for one that
/// a driver comes back to after a while.
///
/// The bus ends (next() gives nothing) with the recording, or where the drivers no longer do what they did when it
/// was made; trouble() says so then. A read that its driver gave up fails with timed_out. An interface that
/// is not in the recording is unsupported.
class ReplayBus final : public UsbBus {
public:
    /// `patience`: how long a driver may do nothing; longer than any waits before it tries again or polls.
    ReplayBus(asio::any_io_executor executor, std::vector<UsbStep> steps,
              std::chrono::milliseconds patience = std::chrono::seconds{10});

    asio::awaitable<std::optional<Change>> next() override;
    Result<std::unique_ptr<UsbPipe>> claim(DeviceId device, std::uint8_t interface) override;

    /// Fails with conflict and the line of the recording that is not what happens now.
    Result<void> trouble() const;

private:
    class Script;
    friend class ReplayPipe;

    std::shared_ptr<Script> script_;  // The pipes' as well.
};

}  // namespace till::drivers
