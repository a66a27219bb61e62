#include "agent/core/hex.hpp"
#include "drivers/decode/hid_order.hpp"
#include "drivers/decode/keyboard_wedge.hpp"
#include "drivers/decode/scale_report.hpp"
#include "drivers/decode/scan_report.hpp"
#include "drivers/decode/scanner_settings.hpp"
#include "tests/support/hid_descriptors.hpp"
#include "tests/unit/drivers/decode/shared_data.hpp"

#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>

using namespace till;
using namespace till::drivers;
namespace json = boost::json;

namespace {

/// The bytes of real devices, by row; nothing where the shared folder is not there.
class Captures {
public:
    Captures() {
        const auto text = shared_file("hid-captures/captures.json");
        if (!text) {
            WARN("skipped: hid-captures/captures.json is not there (set TILL_SHARED)");
            return;
        }
        rows_ = json::parse(*text).as_array();
    }
    explicit operator bool() const { return !rows_.empty(); }
    const json::object& row(std::string_view id) const {
        for (const auto& row : rows_)
            if (row.at("id").as_string() == id) return row.as_object();
        throw std::runtime_error{"no capture " + std::string{id}};
    }
    Bytes bytes(std::string_view id) const { return *unhex(row(id).at("hex").as_string()); }
    std::vector<Bytes> reports(std::string_view id) const {
        std::vector<Bytes> out;
        for (const auto& text : row(id).at("reports_hex").as_array())
            out.push_back(*unhex(text.as_string()));
        return out;
    }
    std::size_t size() const { return rows_.size(); }

private:
    json::array rows_;
};

}  // namespace

TEST_CASE("captures: no row is left out by the tests below", "[decode]") {
    if (const Captures captures; captures) CHECK(captures.size() == 8);
}

TEST_CASE("captures: Honeywell's descriptor puts everything where its reports have it",
          "[decode]") {
    const Captures captures;
    if (!captures) return;
    const auto hid = HidDescriptor::parse(captures.bytes("honeywell-hidpos-descriptor"));
    REQUIRE(hid);
    const auto layout = ScanReportLayout::find(*hid);
    REQUIRE(layout);
    CHECK(layout->report_id == 2);
    CHECK(layout->report_bytes == 64);
    CHECK(layout->byte_count->first_byte() == 1);
    CHECK(layout->aim->first_byte() == 2);
    CHECK(layout->data.first_byte() == 5);
    CHECK(layout->data.bytes() == 56);
    CHECK(layout->continued->first_byte() == 63);
    CHECK(hid->find(HidReportKind::output, hid_usage(0x8C, 0x60))->report_id == 4);
    CHECK(find_order(*hid, hid_usage(0x8C, 0x86))->report == Bytes{"\x04\x08"});
    CHECK_FALSE(find_order(*hid, hid_usage(0x8D, 0x80)));
}

TEST_CASE("captures: a Voyager's six pieces are one answer, and its ACK another", "[decode]") {
    const Captures captures;
    if (!captures) return;
    ScanAssembler assembler{*ScanReportLayout::find(
        *HidDescriptor::parse(captures.bytes("honeywell-hidpos-descriptor")))};
    std::vector<RawScan> scans;
    for (const auto& report : captures.reports("honeywell-1602g-revinf")) {
        auto scan = assembler.take(report);
        REQUIRE(scan);
        if (*scan) scans.push_back(**scan);
    }
    REQUIRE(scans.size() == 2);
    const auto& expect = captures.row("honeywell-1602g-revinf").at("expect").as_array();
    CHECK(scans[0].aim == std::string{expect[0].at("aim").as_string()});
    CHECK(scans[0].data == std::string{expect[0].at("text").as_string()});
    CHECK(scans[1].aim == "]Z6");
    CHECK(hex(scans[1].data) == std::string{expect[1].at("data_hex").as_string()});
    CHECK(honeywell_menu().judge(scans[1].data) == SettingsDialect::Verdict::accepted);
}

TEST_CASE("captures: an Opticon's keys are found in their third slot", "[decode]") {
    const Captures captures;
    if (!captures) return;
    WedgeDecoder decoder{KeyReportLayout::boot(), KeyboardLayout::us};
    std::optional<std::string> line;
    for (const auto& report : captures.reports("opticon-m10-keyboard"))
        if (auto finished = decoder.take(report)) line = finished;
    CHECK(line == "150501");
}

TEST_CASE("captures: a Datalogic that types is a keyboard and no scanner", "[decode]") {
    const Captures captures;
    if (!captures) return;
    const auto hid = HidDescriptor::parse(captures.bytes("datalogic-gd4400-keyboard-descriptor"));
    REQUIRE(hid);
    CHECK(KeyReportLayout::find(*hid));
    CHECK_FALSE(ScanReportLayout::find(*hid));
    CHECK(hid->largest_report(HidReportKind::input) == 8);
    const auto device = captures.bytes("symbol-05e0-1200-device");
    CHECK(hex(device.substr(8, 4)) == "e0050012");
}

TEST_CASE("captures: three weights of Dymo scales are what their displays said", "[decode]") {
    const Captures captures;
    if (!captures) return;
    const auto layout = *ScaleReportLayout::find(*HidDescriptor::parse(tests::scale_descriptor()));
    for (const char* id : {"dymo-m10-zero", "dymo-20g", "dymo-645-2oz"}) {
        CAPTURE(id);
        const auto reading = read_weight(captures.bytes(id), layout);
        REQUIRE((reading && *reading));
        const auto& expect = captures.row(id).at("expect");
        CHECK((*reading)->weight.text() == std::string{expect.at("weight").as_string()});
        CHECK(name((*reading)->status) == std::string{expect.at("status").as_string()});
    }
}
