#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace till::drivers {

namespace asio = boost::asio;

struct UsbEndpoint {
    enum class Type : std::uint8_t { control, isochronous, bulk, interrupt };

    std::uint8_t address = 0;  ///< Bit 7: towards the host.
    Type type = Type::interrupt;
    std::uint16_t packet_bytes = 0;

    bool is_in() const { return (address & 0x80) != 0; }
};

/// One interface in its first alternate setting, as the device describes it (USB 2.0, 9.6.5).
struct UsbInterface {
    std::uint8_t number = 0;
    std::uint8_t usb_class = 0, subclass = 0, protocol = 0;
    std::uint16_t report_descriptor_bytes = 0;  ///< HID 1.11, 6.2.1; 0 where it has none.
    std::vector<UsbEndpoint> endpoints;

    /// The first of that type and direction; nullptr for none.
    const UsbEndpoint* find(UsbEndpoint::Type type, bool in) const;
};

/// What is known of a device before it is opened.
struct UsbIdentity {
    std::uint16_t vid = 0, pid = 0;
    std::uint8_t bus = 0, address = 0;
    std::string
        port;  ///< The sockets on the way to it: "1-2.4" is socket 4 of a hub in socket 2 of bus 1.
    std::uint8_t product_index = 0, serial_index = 0;  ///< Of string descriptors; 0: none.
    std::vector<UsbInterface> interfaces;

    /// The communications interface that takes the settings of a serial port with this data interface;
    /// nullptr for none, and for any other interface.
    const UsbInterface* settings_of(const UsbInterface& data) const;
};

/// A control request (USB 2.0, 9.3).
struct UsbSetup {
    std::uint8_t type = 0, request = 0;
    std::uint16_t value = 0, index = 0;
};

/// One claimed interface of a device: the one point that every byte of a driver passes.
///
/// Errors: closed (the device is gone), timed_out, refused by the device (a stall) as `io`, abandoned
/// when the caller is cancelled. Closing, by destruction, ends what is under way and gives the interface
/// back to the kernel's driver, if the device answered last. Thread: the loop's.
class UsbPipe {
public:
    virtual ~UsbPipe() = default;

    virtual const UsbIdentity& identity() const = 0;
    virtual const UsbInterface& interface() const = 0;

    virtual asio::awaitable<Result<Bytes>> control_in(UsbSetup setup, std::uint16_t bytes_max,
                                                      std::chrono::milliseconds limit) = 0;
    virtual asio::awaitable<Result<void>> control_out(UsbSetup setup, Bytes data,
                                                      std::chrono::milliseconds limit) = 0;
    /// What the endpoint sends next, in order; never empty. It ends with a packet that is not full, or at
    /// `bytes` (rounded up to whole packets; of the first call for this endpoint). Once asked, the
    /// endpoint is kept listened to, so that nothing is lost between two calls; a stall is cleared and then
    /// reported once.
    virtual asio::awaitable<Result<Bytes>> read(std::uint8_t endpoint, std::size_t bytes) = 0;
    virtual asio::awaitable<Result<void>> write(std::uint8_t endpoint, Bytes data,
                                                std::chrono::milliseconds limit) = 0;
};

/// String descriptor `index` in UTF-8 without control characters; empty where the device does not say.
asio::awaitable<std::string> read_string(UsbPipe& pipe, std::uint8_t index);

}  // namespace till::drivers
