#pragma once

#include "tests/usb/simulated_device.hpp"

// What is told to do something: devices that take orders on a bulk endpoint.
namespace till::usbsim {

/// An ESC/POS receipt printer with a cash drawer on pin 2, whose switch pulls pin 3 low while it is open.
class Printer : public Device {
public:
    enum class Talk : std::uint8_t {
        automatic,  ///< Knows GS a, and DLE EOT.
        asked,      ///< Knows DLE EOT alone.
        silent,     ///< Says nothing.
    };
    explicit Printer(Talk talk = Talk::automatic, std::string serial = "PR1");

    bool put(std::uint8_t endpoint, const Octets& data) override;

    void open_by_key() { turn(open_, true); }
    void shut() { turn(open_, false); }
    void be_offline(bool offline) { turn(offline_, offline); }
    void lock_drawer(bool locked);  ///< Pulses do not open it.
    int pulses() const;

private:
    void turn(bool& what, bool value);
    std::uint8_t state() const;  // Its two bits, where both kinds of status have them.
    void obey(const Octets& command);
    void report();

    Talk talk_;
    mutable std::recursive_mutex mutex_;
    Octets begun_;
    bool automatic_ = false, open_ = false, offline_ = false, locked_ = false;
    int pulses_ = 0;
};

/// A display of two lines of twenty characters that takes Epson's commands, behind a CDC-ACM port.
class Display : public Device {
public:
    Display();

    bool put(std::uint8_t endpoint, const Octets& data) override;

    std::string row(std::size_t which) const;  ///< In its own charset.
    int brightness() const;                    ///< 1 to 4; 0: it was never told.
    int nonsense() const;                      ///< Control characters that are no command.
    void forget();                             ///< As one that lost its power.

private:
    void obey(const Octets& command);

    mutable std::mutex mutex_;
    Octets begun_;
    std::string screen_;
    std::size_t at_ = 0;
    int brightness_ = 0, nonsense_ = 0;
};

}  // namespace till::usbsim
