#include "agent/tillctl/device_words.hpp"

#include "agent/core/match.hpp"
#include "agent/tillctl/json_text.hpp"
#include "drivers/decode/scan_facts.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>

namespace till {

namespace json = boost::json;
using namespace drivers;

namespace {

std::string id_text(std::uint16_t id) { return fmt::format("{:04x}", id); }

void add_device(json::object& into, const DeviceName& device) {
    into["kind"] = name(device.kind);
    into["vid"] = id_text(device.vid);
    into["pid"] = id_text(device.pid);
    into["serial"] = device.serial;
    into["bus"] = device.bus;
    into["port"] = device.port;
}

/// What can be said of a scan without a shop's rules.
void add_facts(json::object& into, const RawScan& scan) {
    const std::chrono::year_month_day today{
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
    ScanMessage message;
    ScanFacts facts;
    const std::string whole = scan.aim + scan.data;
    const auto read = read_facts(whole, static_cast<int>(today.year()), Dictionary::builtin(), {},
                                 message, facts);
    if (!read) return;
    if (facts.item.gtin) into["gtin"] = facts.item.gtin->text();
    if (message.elements.empty()) return;
    json::object elements;
    for (const Element& each : message.elements.all()) elements[each.ai] = json_text(each.value);
    into["ai"] = std::move(elements);
}

bool is_stable(const WeightReading& weight) {
    return weight.status == ScaleStatus::stable || weight.status == ScaleStatus::stable_at_zero;
}

json::object described(const DeviceEvent& event) {
    const auto life = [&](std::string_view what) {
        json::object line{{"event", what}};
        add_device(line, event.device);
        return line;
    };
    const auto reading = [&](std::string_view what) {
        return json::object{{"event", what}, {"port", event.device.port}};
    };
    return std::visit(
        Match{[&](const DeviceEvent::Attached&) {
                  json::object line = life("attached");
                  line["product"] = event.device.product;
                  return line;
              },
              [&](const DeviceEvent::Detached&) { return life("detached"); },
              [&](const DeviceEvent::Failed& failed) {
                  json::object line = life("error");
                  line["code"] = name(failed.error.code);
                  line["cause"] = failed.error.detail;
                  line["fenced"] = failed.fenced;
                  return line;
              },
              [&](const DeviceEvent::Warning& warning) {
                  json::object line = life("error");
                  line["code"] = name(warning.error.code);
                  line["cause"] = warning.error.detail;
                  line["fenced"] = false;
                  return line;
              },
              [&](const RawScan& scan) {
                  json::object line = reading("scan");
                  line["aim"] = scan.aim;
                  line["data"] = json_text(scan.data);
                  add_facts(line, scan);
                  return line;
              },
              [&](const WeightReading& weight) {
                  json::object line = reading("weight");
                  if (const auto grams = weight.grams()) {
                      const std::string exact = grams->text();
                      line["grams"] = std::strtod(exact.c_str(), nullptr);
                      line["exact"] = exact;  // JSON's own numbers are binary.
                  }
                  line["status"] = name(weight.status);
                  line["stable"] = is_stable(weight);
                  return line;
              },
              [&](const LoyaltySwipe& swipe) {
                  json::object line = reading("swipe");
                  json::array& tracks = line["tracks"].emplace_array();
                  for (const std::string& each : swipe.tracks) tracks.emplace_back(json_text(each));
                  return line;
              },
              [&](const DeviceEvent::DroppedCard&) { return reading("card_dropped"); },
              [&](const DrawerStatus& drawer) {
                  json::object line = reading("drawer");
                  line["open"] = drawer.open;
                  line["printer_offline"] = drawer.printer_offline;
                  return line;
              }},
        event.what);
}

}  // namespace

std::string device_json(const DeviceEvent& event) { return json::serialize(described(event)); }

std::string device_line(const DeviceEvent& event) {
    const DeviceName& device = event.device;
    const std::string who = fmt::format("{:<8} {}", device.port, name(device.kind));
    return std::visit(
        Match{[&](const DeviceEvent::Attached&) {
                  return fmt::format("{} attached: {} ({:04x}:{:04x}{})", who, device.product,
                                     device.vid, device.pid,
                                     device.serial.empty() ? "" : ", " + device.serial);
              },
              [&](const DeviceEvent::Detached&) { return who + " detached"; },
              [&](const DeviceEvent::Failed& failed) {
                  return fmt::format("{} {}: {}", who, failed.fenced ? "left alone" : "in trouble",
                                     failed.error.detail);
              },
              [&](const DeviceEvent::Warning& warning) {
                  return fmt::format("{} works on, but {} {}", who, warning.error.detail,
                                     warning.error.field);
              },
              [&](const RawScan& scan) {
                  return fmt::format("{} {} {}", who, scan.aim, json_text(scan.data));
              },
              [&](const WeightReading& weight) {
                  const auto grams = weight.grams();
                  return fmt::format("{} {} g, {}", who, grams ? grams->text() : "?",
                                     name(weight.status));
              },
              [&](const LoyaltySwipe& swipe) {
                  return fmt::format("{} a card with {} tracks", who, swipe.tracks.size());
              },
              [&](const DeviceEvent::DroppedCard&) {
                  return who + " a payment card, dropped unread";
              },
              [&](const DrawerStatus& drawer) {
                  return fmt::format("{} drawer {}{}", who, drawer.open ? "open" : "shut",
                                     drawer.printer_offline ? ", printer offline" : "");
              }},
        event.what);
}

}  // namespace till
