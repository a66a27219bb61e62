#include "tests/support/scratch.hpp"
#include "tests/usb/simulated_counter.hpp"
#include "tests/usb/simulated_kinds.hpp"
#include "tests/usb/words.hpp"

#include <boost/json/serialize.hpp>

#include <fstream>

// Devices that are told to do something.
namespace till::usbsim {

namespace json = boost::json;

using namespace std::chrono_literals;

namespace {

auto drawer_is(bool open, bool printer_offline = false) {
    return [open, printer_offline](const json::object& event) {
        return text(event, "event") == "drawer" && event.at("open").as_bool() == open
               && event.at("printer_offline").as_bool() == printer_offline;
    };
}

void drawer(Bench& bench) {
    auto& printer = bench.make<Printer>();
    bench.first.plug(printer, true);
    auto till = watch();
    const auto there = till.wait_for("the printer", is("attached"));
    expect(text(there, "kind") == "printer" && text(there, "serial") == "PR1",
           json::serialize(there));
    till.wait_for("how it stands", drawer_is(false));
    for (int round = 0; round < 3; ++round) {
        printer.open_by_key();
        till.wait_for("somebody's key", drawer_is(true));
        printer.shut();
        till.wait_for("it is shut", drawer_is(false));
    }
    printer.be_offline(true);
    till.wait_for("out of paper", drawer_is(false, true));
    printer.be_offline(false);
    till.wait_for("new paper", drawer_is(false));
    bench.first.unplug();
    till.wait_for("it is gone", is("detached"));
    printer.open_by_key();
    bench.first.plug(printer, true);
    till.wait_for("it was opened meanwhile", drawer_is(true), 2s);
    expect(till.end() == 0, "it ends in order");
    expect(bench.first.has_driver(), "the kernel's driver has it again");
    expect(printer.pulses() == 0, "nobody told it to open");
}

void display(Bench& bench) {
    auto& display = bench.make<Display>();
    bench.first.plug(display, true);
    const Scratch scratch;
    const auto file = scratch.path / "quirks.toml";
    std::ofstream{file} << "[[device]]\nvid = 0x04b8\npid = 0x0d30\ndisplay = \"escpos\"\n"
                           "charset = \"ASCII\"\n";
    {
        auto stranger = watch();
        stranger.never("a port that nobody knows", is("attached"), 1500ms);
        expect(bench.first.has_driver(), "it is left alone");
    }
    auto till = watch(file);
    const auto there = till.wait_for("the display", is("attached"));
    expect(text(there, "kind") == "display", json::serialize(there));
    bench.first.unplug();
    till.wait_for("it is gone", is("detached"));
    bench.first.plug(display, true);
    till.wait_for("it is back", is("attached"), 2s);
    expect(till.end() == 0, "it ends in order");
    expect(display.nonsense() == 0 && display.row(0) == std::string(20, ' '), "it was cleared");
}

void polled_drawer(Bench& bench) {
    auto& printer = bench.make<Printer>(Printer::Talk::asked);
    bench.first.plug(printer);
    auto till = watch();
    till.wait_for("how it stands, when asked", drawer_is(false), 3s);
    printer.open_by_key();
    till.wait_for("somebody's key", drawer_is(true), 2s);
}

void silent_printer(Bench& bench) {
    auto& printer = bench.make<Printer>(Printer::Talk::silent);
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(printer);
    bench.second.plug(scanner);
    auto till = watch();
    till.wait_for("the printer", is_at("attached", "1-1"));
    const auto of_printer = [](const json::object& event) {
        return text(event, "event") == "drawer" || text(event, "event") == "error";
    };
    till.never("a drawer that nobody can see", of_printer, 7s);
    scanner.scan("]E0", "1");
    till.wait_for("the scanner's scan", scanned("1"));
}

}  // namespace

Scenarios counter_scenarios() {
    return {{"display", display},
            {"drawer", drawer},
            {"polled_drawer", polled_drawer},
            {"silent_printer", silent_printer}};
}

}  // namespace till::usbsim
