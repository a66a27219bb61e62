#pragma once

#include "agent/runtime/deadline.hpp"
#include "drivers/usb/usb_bus.hpp"

#include <algorithm>
#include <utility>

namespace till::tests {

/// The next piece: a big-endian length, then so many bytes, or what is left.
inline Bytes take_piece(BytesView& rest) {
    if (rest.size() < 2) return Bytes{std::exchange(rest, {})};
    const std::size_t length = octets(rest)[0] * 256U + octets(rest)[1];
    const Bytes piece{rest.substr(2, length)};
    rest.remove_prefix(2 + piece.size());
    return piece;
}

/// A bus with one device that says what the bytes say: its vendor, its class and protocol, a string, a
/// report descriptor, and what it sends until it is pulled. A piece of nothing is a stall.
class ByteBus final : public drivers::UsbBus {
public:
    ByteBus(asio::any_io_executor executor, BytesView rest) : gone_{executor} {
        const Bytes about = take_piece(rest);
        const auto octet = [&](std::size_t i) {
            return static_cast<std::uint8_t>(i < about.size() ? about[i] : 0);
        };
        string_ = take_piece(rest);
        descriptor_ = take_piece(rest);
        rest_ = rest;
        identity_.vid = static_cast<std::uint16_t>(octet(0) << 8 | octet(1));
        identity_.product_index = identity_.serial_index = 1;
        const bool is_serial = octet(2) != 3;
        const auto type =
            is_serial ? drivers::UsbEndpoint::Type::bulk : drivers::UsbEndpoint::Type::interrupt;
        identity_.interfaces = {
            {.usb_class = octet(2),
             .subclass = octet(3),
             .protocol = octet(3),
             .report_descriptor_bytes = static_cast<std::uint16_t>(descriptor_.size()),
             .endpoints = {{.address = 0x81, .type = type, .packet_bytes = 64},
                           {.address = 0x02, .type = type, .packet_bytes = 64}}}};
    }

    asio::awaitable<std::optional<Change>> next() override {
        if (!std::exchange(arrived_, true)) co_return Change{1, true, identity_};
        do {
            gone_.expires_after(std::chrono::milliseconds{1});
            if (!pulled_) co_await gone_.async_wait(nothrow);
        } while (claimed_ && !pulled_);  // One that is nobody's is pulled at once.
        co_return std::nullopt;
    }
    Result<std::unique_ptr<drivers::UsbPipe>> claim(DeviceId, std::uint8_t) override {
        claimed_ = true;
        return std::make_unique<Pipe>(*this);
    }

private:
    class Pipe final : public drivers::UsbPipe {
    public:
        explicit Pipe(ByteBus& bus) : bus_{bus} {}
        ~Pipe() override { bus_.pull(); }
        const drivers::UsbIdentity& identity() const override { return bus_.identity_; }
        const drivers::UsbInterface& interface() const override {
            return bus_.identity_.interfaces[0];
        }
        asio::awaitable<Result<Bytes>> control_in(drivers::UsbSetup setup, std::uint16_t,
                                                  std::chrono::milliseconds) override {
            co_return setup.value >> 8 == 0x22 ? bus_.descriptor_ : bus_.string_;
        }
        asio::awaitable<Result<void>> control_out(drivers::UsbSetup, Bytes,
                                                  std::chrono::milliseconds) override {
            co_return Result<void>{};
        }
        asio::awaitable<Result<Bytes>> read(std::uint8_t, std::size_t) override {
            if (bus_.rest_.empty()) co_return Error{Errc::closed, "gone"};
            Bytes piece = take_piece(bus_.rest_);
            if (piece.empty()) co_return Error{Errc::io, "stall"};
            co_return piece;
        }
        asio::awaitable<Result<void>> write(std::uint8_t, Bytes,
                                            std::chrono::milliseconds) override {
            co_return Result<void>{};
        }

    private:
        ByteBus& bus_;
    };

    void pull() {
        pulled_ = true;
        gone_.cancel();
    }

    asio::steady_timer gone_;
    drivers::UsbIdentity identity_;
    Bytes string_, descriptor_;
    BytesView rest_;
    bool arrived_ = false, claimed_ = false, pulled_ = false;
};

}  // namespace till::tests
