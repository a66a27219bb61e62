#include "tests/unit/drivers/decode/shared_data.hpp"
#include "tests/usb/simulated_kinds.hpp"
#include "tests/usb/words.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

// What real devices sent, sent again behind their own descriptors: hid-captures of the shared data.
namespace till::usbsim {

namespace json = boost::json;

namespace {

json::array shared_rows(const std::string& file) {
    const auto text = shared_file("hid-captures/" + file);
    if (!text) throw Skipped{"hid-captures/" + file + " is not there (set TILL_SHARED)"};
    return json::parse(*text).as_array();
}

/// From hexadecimal.
Octets octets_of(const json::value& digits) {
    const std::string text{digits.as_string()};
    Octets bytes;
    for (std::size_t at = 0; at + 2 <= text.size(); at += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
    return bytes;
}

std::string text_of(const Octets& bytes) { return {bytes.begin(), bytes.end()}; }

class Captures {
public:
    const json::object& row(std::string_view id) const {
        for (const auto& row : rows_)
            if (row.at("id").as_string() == id) return row.as_object();
        throw std::runtime_error{"no capture " + std::string{id}};
    }
    Octets bytes(std::string_view id) const { return octets_of(row(id).at("hex")); }
    void send(Device& device, std::string_view id) const {
        for (const auto& each : row(id).at("reports_hex").as_array()) device.send(octets_of(each));
    }

private:
    json::array rows_ = shared_rows("captures.json");
};

/// A device with a real one's report descriptor, and its device descriptor where that is known.
class Real : public Device {
public:
    Real(std::uint16_t vid, std::uint16_t pid, Octets reports, bool types = false,
         Octets descriptor = {})
        : Device{vid, pid, {function(std::move(reports), types)}},
          descriptor_{std::move(descriptor)} {}
    Octets device_descriptor() const override {
        return descriptor_.empty() ? Device::device_descriptor() : descriptor_;
    }

private:
    static Function function(Octets reports, bool types) {
        Function made;
        made.subclass = made.protocol = types ? 1 : 0;
        made.report_descriptor = std::move(reports);
        return made;
    }
    Octets descriptor_;
};

void real_honeywell(Bench& bench) {
    const Captures captures;
    auto& scanner = bench.make<Real>(std::uint16_t{0x0c2e}, std::uint16_t{0x0b61},
                                     captures.bytes("honeywell-hidpos-descriptor"));
    bench.first.plug(scanner, true);
    auto till = watch();
    till.wait_for("the scanner", is("attached"));
    for (int round = 0; round < 20; ++round) {
        captures.send(scanner, "honeywell-1602g-revinf");
        const auto& expected = captures.row("honeywell-1602g-revinf").at("expect").as_array();
        const auto pieces = till.wait_for("six pieces as one", is("scan"));
        expect(pieces.at("aim") == expected[0].at("aim")
                   && pieces.at("data") == expected[0].at("text"),
               json::serialize(pieces));
        const auto echo = till.wait_for("the echo", is("scan"));
        expect(echo.at("aim") == expected[1].at("aim")
                   && text(echo, "data") == text_of(octets_of(expected[1].at("data_hex"))),
               json::serialize(echo));
    }
}

void real_aim_identifiers(Bench& bench) {
    const Captures captures;
    auto& scanner = bench.make<Real>(std::uint16_t{0x0c2e}, std::uint16_t{0x0b61},
                                     captures.bytes("honeywell-hidpos-descriptor"));
    bench.first.plug(scanner);
    auto till = watch();
    till.wait_for("the scanner", is("attached"));
    for (const auto& row : shared_rows("aim-ids.json")) {
        const std::string aim{row.at("aim").as_string()}, data = "40063813";
        Octets report(64, 0);
        report[0] = 2, report[1] = static_cast<std::uint8_t>(data.size());
        std::ranges::copy(aim, report.begin() + 2);
        std::ranges::copy(data, report.begin() + 5);
        scanner.send(std::move(report));
        const auto scan = till.wait_for("a scan", is("scan"));
        expect(text(scan, "aim") == aim && text(scan, "data") == data, json::serialize(scan));
    }
}

void real_keyboards(Bench& bench) {
    const Captures captures;
    const Octets keys = captures.bytes("datalogic-gd4400-keyboard-descriptor");
    auto& datalogic = bench.make<Real>(std::uint16_t{0x05f9}, std::uint16_t{0x2216}, keys, true);
    auto& symbol = bench.make<Real>(std::uint16_t{0x05e0}, std::uint16_t{0x1200}, keys, true,
                                    captures.bytes("symbol-05e0-1200-device"));
    bench.first.plug(datalogic, true);
    bench.second.plug(symbol, true);
    auto till = watch();
    std::map<std::string, json::object> there;
    while (there.size() < 2) {
        auto one = till.wait_for("both", is("attached"));
        there.emplace(text(one, "port"), one);
    }
    const auto& about = captures.row("symbol-05e0-1200-device").at("expect").as_object();
    expect(there["1-2"].at("vid") == about.at("vid") && there["1-2"].at("pid") == about.at("pid"),
           json::serialize(there["1-2"]));
    const auto& opticon = captures.row("opticon-m10-keyboard");
    for (Real* each : {&datalogic, &symbol}) {
        captures.send(*each, "opticon-m10-keyboard");
        const auto scan = till.wait_for("what was typed", is("scan"));
        expect(scan.at("data") == opticon.at("expect").at("text")
                   && text(scan, "port") == (each == &datalogic ? "1-1" : "1-2"),
               json::serialize(scan));
    }
}

void real_scales(Bench& bench) {
    const Captures captures;
    auto& scale = bench.make<Scale>();
    bench.first.plug(scale, true);
    auto till = watch();
    till.wait_for("the scale", is("attached"));
    for (const char* id : {"dymo-m10-zero", "dymo-20g", "dymo-645-2oz"}) {
        scale.send(captures.bytes(id));
        const auto& expected = captures.row(id).at("expect").as_object();
        const auto weight = till.wait_for("a weight", is("weight"));
        const double in_grams = text(expected, "unit") == "oz" ? 28.349523125 : 1;
        const double grams = std::stod(text(expected, "weight")) * in_grams;
        expect(weight.at("status") == expected.at("status")
                   && std::abs(weight.at("grams").to_number<double>() - grams) < 1e-6,
               json::serialize(weight));
    }
}

}  // namespace

Scenarios capture_scenarios() {
    return {{"real_honeywell", real_honeywell},
            {"real_aim_identifiers", real_aim_identifiers},
            {"real_keyboards", real_keyboards},
            {"real_scales", real_scales}};
}

}  // namespace till::usbsim
