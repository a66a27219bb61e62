#include "tests/usb/simulated_counter.hpp"

#include "tests/usb/simulated_kinds.hpp"

namespace till::usbsim {

namespace {

Function printer_interface() {
    return {.usb_class = 7,
            .subclass = 1,
            .protocol = 2,
            .report_descriptor = {},
            .endpoints = {{0x01, 2, 64}, {0x82, 2, 64}},
            .claimed_report_bytes = {},
            .more = {}};
}

constexpr std::size_t columns = 20, rows = 2;

/// How many bytes the display's command has that begins so; 0: it is none, or not told yet.
std::size_t length_of_order(const Octets& begun) {
    if (begun[0] != 0x1b && begun[0] != 0x1f) return 1;
    if (begun.size() < 2) return 0;
    if (begun[0] == 0x1b) return begun[1] == 0x40 ? 2 : 3;
    return begun[1] == 0x01 ? 2 : begun[1] == 0x24 ? 4 : 3;
}

constexpr std::uint8_t pin3 = 1U << 2, offline_bit = 1U << 3;

/// How many bytes the command has that begins so.
std::size_t length_of(std::uint8_t first) {
    if (first == 0x1d || first == 0x10) return 3;
    return first == 0x1b ? 5 : 1;
}

}  // namespace

Printer::Printer(Talk talk, std::string serial)
    : Device{0x04b8, 0x0202, {printer_interface()}, "Simulated printer", std::move(serial)},
      talk_{talk} {}

bool Printer::put(std::uint8_t, const Octets& data) {
    const std::scoped_lock lock{mutex_};
    for (const std::uint8_t each : data) {
        begun_.push_back(each);
        if (begun_.size() < length_of(begun_.front())) continue;
        obey(begun_);
        begun_.clear();
    }
    return true;
}

std::uint8_t Printer::state() const {
    return static_cast<std::uint8_t>((open_ ? 0 : pin3) | (offline_ ? offline_bit : 0));
}

void Printer::obey(const Octets& command) {
    if (command == Octets{0x10, 0x04, 0x01} && talk_ != Talk::silent)
        queue({static_cast<std::uint8_t>(0x12 | state())}, 0x82);
    if (command.front() == 0x1d && command[1] == 0x61 && talk_ == Talk::automatic) {
        automatic_ = command[2] != 0;
        report();
    }
    if (command.front() != 0x1b || command[1] != 0x70) return;
    ++pulses_;
    if (locked_ || offline_) return;
    open_ = true;
    report();
}

void Printer::report() {
    if (!automatic_) return;
    queue({static_cast<std::uint8_t>(0x10 | state()), 0, 0, 0x0f}, 0x82);
}

void Printer::turn(bool& what, bool value) {
    {
        const std::scoped_lock lock{mutex_};
        what = value;
        report();
    }
    kick();
}

void Printer::lock_drawer(bool locked) {
    const std::scoped_lock lock{mutex_};
    locked_ = locked;
}

int Printer::pulses() const {
    const std::scoped_lock lock{mutex_};
    return pulses_;
}

Display::Display()
    : Device{0x04b8, 0x0d30, serial_port(), "Simulated display", "LD1"},
      screen_(columns * rows, ' ') {}

bool Display::put(std::uint8_t, const Octets& data) {
    const std::scoped_lock lock{mutex_};
    for (const std::uint8_t each : data) {
        begun_.push_back(each);
        const std::size_t length = length_of_order(begun_);
        if (length == 0 || begun_.size() < length) continue;
        obey(begun_);
        begun_.clear();
    }
    return true;
}

void Display::obey(const Octets& command) {
    const bool clears = command[0] == 0x0c || command == Octets{0x1b, 0x40};
    if (clears) screen_.assign(columns * rows, ' '), at_ = 0;
    if (command[0] == 0x1f && command[1] == 0x24)
        at_ = (command[3] - 1U) * columns + command[2] - 1U;
    if (command[0] == 0x1f && command[1] == 0x58) brightness_ = command[2];
    if (command.size() > 1 || clears) return;
    if (command[0] < 0x20 || command[0] == 0x7f) {
        ++nonsense_;
        return;
    }
    screen_[at_ % screen_.size()] = static_cast<char>(command[0]);
    at_ = (at_ + 1) % screen_.size();
}

std::string Display::row(std::size_t which) const {
    const std::scoped_lock lock{mutex_};
    return screen_.substr(which * columns, columns);
}

int Display::brightness() const {
    const std::scoped_lock lock{mutex_};
    return brightness_;
}

int Display::nonsense() const {
    const std::scoped_lock lock{mutex_};
    return nonsense_;
}

void Display::forget() {
    const std::scoped_lock lock{mutex_};
    screen_.assign(columns * rows, ' ');
    at_ = 0;
    begun_.clear();
}

}  // namespace till::usbsim
