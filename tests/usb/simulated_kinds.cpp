#include "tests/usb/simulated_kinds.hpp"

#include <algorithm>

namespace till::usbsim {

namespace {

const Octets scanner_reports{
    0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x02,  // Bar code scanner, report 2.
    0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08,        // Bytes.
    0x95, 0x01, 0x05, 0x01, 0x09, 0x3b, 0x81, 0x02,  // Byte count.
    0x95, 0x03, 0x05, 0x8c, 0x09, 0xfb, 0x09, 0xfc, 0x09, 0xfd, 0x81, 0x02,  // AIM identifier.
    0x95, 0x38, 0x09, 0xfe, 0x82, 0x02, 0x01,                                // 56 bytes of data.
    0x95, 0x02, 0x06, 0x66, 0xff, 0x09, 0x04, 0x81, 0x02,                    // Two of the maker's.
    0x05, 0x8c, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x09, 0xff, 0x81, 0x02,  // Continued.
    0x05, 0x8c, 0x85, 0x04, 0x95, 0x04, 0x09, 0x5f, 0x09, 0x60, 0x09, 0x85,
    0x09, 0x86, 0x91, 0x02, 0x95, 0x04, 0x91, 0x01,  // Report 4, to it: its triggers and beeps.
    0xc0};
constexpr std::size_t piece_bytes = 56, report_bytes = 64;

const Octets keyboard_reports{
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01,                                      // Keyboard.
    0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01,              // Modifiers.
    0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x75, 0x08, 0x95, 0x01, 0x81, 0x01,  // Reserved.
    0x19, 0x00, 0x29, 0x65, 0x15, 0x00, 0x25, 0x65, 0x95, 0x06, 0x81, 0x00,  // Six keys.
    0xc0};

const Octets scale_reports{
    0x05, 0x8d, 0x09, 0x20, 0xa1, 0x01, 0x85, 0x03,  // Scale, report 3.
    0x05, 0x8d, 0x09, 0x70, 0xa1, 0x02, 0x15, 0x01, 0x25, 0x08, 0x75, 0x08, 0x95,
    0x01, 0x09, 0x71, 0x09, 0x72, 0x09, 0x73, 0x09, 0x74, 0x09, 0x75, 0x09, 0x76,
    0x09, 0x77, 0x09, 0x78, 0x81, 0x00, 0xc0,  // Status.
    0x09, 0x50, 0xa1, 0x02, 0x15, 0x01, 0x25, 0x0c, 0x09, 0x51, 0x09, 0x52, 0x09,
    0x53, 0x09, 0x54, 0x09, 0x55, 0x09, 0x56, 0x09, 0x57, 0x09, 0x58, 0x09, 0x59,
    0x09, 0x5a, 0x09, 0x5b, 0x09, 0x5c, 0x81, 0x00, 0xc0,                          // Unit.
    0x09, 0x41, 0x15, 0x80, 0x25, 0x7f, 0x81, 0x02,                                // Exponent.
    0x09, 0x40, 0x15, 0x00, 0x27, 0xff, 0xff, 0x00, 0x00, 0x75, 0x10, 0x81, 0x02,  // Weight.
    0x85, 0x05, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09, 0x80, 0xb1, 0x02, 0x95,
    0x07, 0xb1, 0x01,  // Report 5: zero it.
    0xc0};

// MagTek's own page: decode status, lengths, encode type, and three tracks of 110 bytes.
const Octets card_reports{0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff,
                          0x00, 0x75, 0x08, 0x09, 0x20, 0x09, 0x21, 0x09, 0x22, 0x09, 0x28,
                          0x09, 0x29, 0x09, 0x2a, 0x09, 0x38, 0x95, 0x07, 0x81, 0x02, 0x09,
                          0x30, 0x95, 0x6e, 0x82, 0x02, 0x01, 0x09, 0x31, 0x95, 0x6e, 0x82,
                          0x02, 0x01, 0x09, 0x32, 0x95, 0x6e, 0x82, 0x02, 0x01, 0xc0};
constexpr std::size_t track_bytes = 110, tracks_at = 7;

Function hid(Octets reports, std::uint8_t subclass = 0, std::uint8_t protocol = 0) {
    Function made;
    made.subclass = subclass;
    made.protocol = protocol;
    made.report_descriptor = std::move(reports);
    return made;
}

}  // namespace

Scanner::Scanner(std::string serial, std::uint16_t vid, std::uint16_t pid)
    : Device{vid, pid, {hid(scanner_reports)}, "Simulated HID POS scanner", std::move(serial)} {}

void Scanner::scan(std::string_view aim, std::string_view data, std::size_t pieces) {
    do {
        const std::string_view piece = data.substr(0, piece_bytes);
        data.remove_prefix(piece.size());
        Octets report(report_bytes, 0);
        report[0] = 2;
        report[1] = static_cast<std::uint8_t>(piece.size());
        std::copy_n(aim.begin(), std::min<std::size_t>(3, aim.size()), report.begin() + 2);
        std::copy(piece.begin(), piece.end(), report.begin() + 5);
        report[report_bytes - 1] = data.empty() ? 0 : 1;
        send(std::move(report));
    } while (!data.empty() && --pieces > 0);
}

Wedge::Wedge(std::uint16_t vid)
    : Device{vid, 0x0009, {hid(keyboard_reports, 1, 1)}, "Simulated wedge", "WD1"} {}

void Wedge::type(std::string_view text) {
    const auto press = [&](std::uint8_t key, std::uint8_t modifiers) {
        send({modifiers, 0, 0, 0, key, 0, 0, 0});
        send(Octets(8, 0));
    };
    for (const char each : text) {
        if (each == '0') press(0x27, 0);
        if (each >= '1' && each <= '9') press(static_cast<std::uint8_t>(0x1e + each - '1'), 0);
        if (each >= 'A' && each <= 'Z') press(static_cast<std::uint8_t>(0x04 + each - 'A'), 2);
        if (each >= 'a' && each <= 'z') press(static_cast<std::uint8_t>(0x04 + each - 'a'), 0);
        if (each == ']') press(0x30, 0);
        if (each == '\x1d') press(0x30, 1);
    }
    press(0x28, 0);
}

Scale::Scale() : Device{0x0922, 0x8003, {hid(scale_reports)}, "Simulated scale", "SL1"} {}

void Scale::show(std::uint8_t status, std::uint16_t grams) {
    send({3, status, 2, 0, static_cast<std::uint8_t>(grams & 0xff),
          static_cast<std::uint8_t>(grams >> 8)});
}

CardReader::CardReader()
    : Device{0x0801, 0x0002, {hid(card_reports)}, "Simulated card reader", "MS1"} {}

void CardReader::swipe(std::string_view track1, std::string_view track2) {
    Octets report(tracks_at + 3 * track_bytes, 0);
    report[3] = static_cast<std::uint8_t>(track1.size());
    report[4] = static_cast<std::uint8_t>(track2.size());
    std::ranges::copy(track1, report.begin() + tracks_at);
    std::ranges::copy(track2, report.begin() + tracks_at + track_bytes);
    send(std::move(report));
}

std::vector<Function> serial_port() {
    return {{.usb_class = 2,
             .subclass = 2,
             .protocol = 1,
             .report_descriptor = {},
             .endpoints = {{0x83, 3, 16}},
             .claimed_report_bytes = {},
             .more = {5, 0x24, 0, 0x10, 0x01,  // CDC 1.10,
                      5, 0x24, 1, 0, 1,        // calls in the data interface,
                      4, 0x24, 2, 2,           // line coding and state can be set,
                      5, 0x24, 6, 0, 1}},      // the union of 0 and 1.
            {.usb_class = 10,
             .report_descriptor = {},
             .endpoints = {{0x82, 2, 64}, {0x01, 2, 64}},
             .claimed_report_bytes = {},
             .more = {}}};
}

SerialScanner::SerialScanner()
    : Device{0x0c2e, 0x0aaa, serial_port(), "Simulated serial scanner", "CD1"} {}

void SerialScanner::send_text(std::string_view text) { send({text.begin(), text.end()}, 0x82); }

std::vector<std::unique_ptr<Device>> hostile_devices() {
    std::vector<std::unique_ptr<Device>> all;
    const auto add = [&](Function function) {
        all.push_back(std::make_unique<Device>(
            static_cast<std::uint16_t>(0x6660), static_cast<std::uint16_t>(all.size()),
            std::vector<Function>{std::move(function)}, "Hostile", "H"));
    };
    Function no_endpoints = hid(scanner_reports);
    no_endpoints.endpoints.clear();
    add(no_endpoints);
    Function too_long = hid(scanner_reports);
    too_long.claimed_report_bytes = std::uint16_t{0xffff};
    add(too_long);
    Octets nested;
    for (int i = 0; i < 1000; ++i) nested.insert(nested.end(), {0xa1, 0x01});
    add(hid(nested));
    add(hid({0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01, 0x75, 0xff, 0x97, 0xff, 0xff, 0xff, 0x7f, 0x09,
             0xfe, 0x81, 0x02, 0xc0}));
    add(hid({0xfe}));
    add(hid({}));
    return all;
}

}  // namespace till::usbsim
