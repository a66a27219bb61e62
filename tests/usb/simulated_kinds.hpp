#pragma once

#include "tests/usb/simulated_device.hpp"

#include <memory>
#include <string_view>

// The devices of a counter, each as its own kind of simulated USB device.
namespace till::usbsim {

/// A HID POS scanner: report 2 has a count, the AIM identifier, 56 bytes of data, and "continued".
class Scanner : public Device {
public:
    explicit Scanner(std::string serial = "SC1", std::uint16_t vid = 0x1eab,
                     std::uint16_t pid = 0x0c10);
    /// In as many reports as it takes; all but the first `pieces` of them are left out.
    void scan(std::string_view aim, std::string_view data, std::size_t pieces = 99);
};

/// Types in the third slot of its report, as some scanners do. GS is Ctrl+].
class Wedge : public Device {
public:
    explicit Wedge(std::uint16_t vid = 0x065a);
    void type(std::string_view text);  ///< Digits, capital letters, "]" and GS, then Enter.
};

/// A HID scale with grams.
class Scale : public Device {
public:
    Scale();
    void show(std::uint8_t status, std::uint16_t grams);
};

/// A MagTek-like reader with three tracks.
class CardReader : public Device {
public:
    CardReader();
    void swipe(std::string_view track1, std::string_view track2);
};

/// A CDC-ACM port: its settings, and its data (IN 0x82, OUT 0x01).
std::vector<Function> serial_port();

/// A scanner behind a CDC-ACM port.
class SerialScanner : public Device {
public:
    SerialScanner();
    void send_text(std::string_view text);
};

/// Devices whose descriptors lie: no endpoints, absurd lengths, endless nesting, nothing at all.
std::vector<std::unique_ptr<Device>> hostile_devices();

}  // namespace till::usbsim
