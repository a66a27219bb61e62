#pragma once

#include <cerrno>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Simulated USB devices. They know no transport: no libusb, no umockdev, no kernel.
namespace till::usbsim {

using Octets = std::vector<std::uint8_t>;

struct Setup {
    std::uint8_t type = 0, request = 0;
    std::uint16_t value = 0, index = 0, length = 0;
};

/// One interface, as its descriptors will say.
struct Function {
    std::uint8_t usb_class = 3, subclass = 0, protocol = 0;
    Octets report_descriptor;  ///< HID only.
    struct Endpoint {
        std::uint8_t address = 0x81, type = 3;  ///< 2 bulk, 3 interrupt.
        std::uint16_t packet = 64;
    };
    std::vector<Endpoint> endpoints = std::vector<Endpoint>(1);
    std::optional<std::uint16_t>
        claimed_report_bytes;  ///< What the HID descriptor says, if it lies.
    Octets more;               ///< Further descriptors of its class.
};

/// A device: its descriptors made from its functions, its input queued, its answers overridable. Calls may
/// come from any thread.
class Device {
public:
    Device(std::uint16_t vid, std::uint16_t pid, std::vector<Function> functions,
           std::string product = "Simulated", std::string serial = "SN1");
    virtual ~Device() = default;

    virtual Octets device_descriptor() const;
    virtual Octets config_descriptor() const;
    std::size_t functions() const { return functions_.size(); }
    bool has_endpoint(std::uint8_t address) const;

    /// A control request: bytes transferred, or a negative errno (-EPIPE is a stall, -EAGAIN no answer).
    virtual int control(const Setup& setup, Octets& data);
    /// What the endpoint has, as much as fits: data, a stall, or nothing yet.
    struct In {
        Octets data;
        bool stalls = false;
    };
    std::optional<In> take(std::uint8_t endpoint, std::size_t bytes_max);
    /// What is written to a bulk endpoint; false: not taken yet. It may queue(), and must not send().
    virtual bool put(std::uint8_t endpoint, const Octets& data);
    void clear_halt(std::uint8_t endpoint);

    void send(Octets data, std::uint8_t endpoint = 0x81);
    void stall(std::uint8_t endpoint = 0x81);
    void be_silent(bool silent);  ///< Control requests to its interfaces are not answered.

    /// The transport's: something may have become ready.
    std::function<void()> kick = [] {};
    std::vector<Octets> written() const;  ///< By output requests, in order.

protected:
    void queue(Octets data, std::uint8_t endpoint);

private:
    std::uint16_t vid_, pid_;
    std::vector<Function> functions_;
    std::string product_, serial_;
    mutable std::mutex mutex_;
    std::map<std::uint8_t, std::deque<In>> queues_;
    std::set<std::uint8_t> halted_;
    std::vector<Octets> written_;
    bool silent_ = false;
};

}  // namespace till::usbsim
