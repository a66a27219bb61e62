#include "tests/usb/simulated_kinds.hpp"
#include "tests/usb/words.hpp"

#include <boost/json/serialize.hpp>

#include <iostream>
#include <thread>

// What a clerk's devices do, as `tillctl devices --watch --json` sees it: the real program, the real libusb and
// libudev, on simulated devices. `usb_scenarios TILLCTL SCENARIO` under umockdev-wrapper plugs them into umockdev's
// bus; with `kernel` behind it, into the kernel's (tests/e2e/usb_kernel.py).
namespace till::usbsim {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

void scan(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(scanner, true);
    auto till = watch();
    const auto there = till.wait_for("the scanner", is("attached"));
    expect(text(there, "kind") == "scanner" && text(there, "vid") == "1eab"
               && text(there, "pid") == "0c10" && text(there, "serial") == "SC1"
               && there.at("bus").as_int64() == 1,
           json::serialize(there));
    expect(!bench.first.has_driver(), "the kernel's driver is out of the way");
    scanner.scan("]E0", "4006381333931");
    const auto ean = till.wait_for("an EAN", is("scan"));
    expect(text(ean, "aim") == "]E0" && text(ean, "gtin") == "04006381333931",
           json::serialize(ean));
    scanner.scan("]C1",
                 "010400638133393110AB\x1d"
                 "17270101");
    const auto gs1 = till.wait_for("a GS1-128", is("scan"));
    expect(text(gs1.at("ai").as_object(), "10") == "AB" && text(gs1, "gtin") == "04006381333931",
           json::serialize(gs1));
    scanner.send({});  // Nothing between two reports is no scan.
    scanner.scan("]d2", "0104006381333931");
    till.wait_for("a DataMatrix", scanned("0104006381333931"));
    expect(till.end() == 0, "it ends in order");
    expect(bench.first.has_driver(), "the kernel's driver has it again");
}

void wedge(Bench& bench) {
    auto& wedge = bench.make<Wedge>();
    bench.first.plug(wedge, true);
    auto till = watch();
    till.wait_for("the wedge", is("attached"));
    wedge.type("150501");
    till.wait_for("keys in the third slot", scanned("150501"));
    wedge.type(
        "]C111AB\x1d"
        "21X");
    const auto gs = till.wait_for("GS", is("scan"));
    expect(text(gs, "aim") == "]C1" && text(gs, "data") == "11AB\x1d" "21X", json::serialize(gs));
}

void persons_keyboard(Bench& bench) {
    auto& keyboard = bench.make<Wedge>(std::uint16_t{0x046d});
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(keyboard, true);
    bench.second.plug(scanner, true);
    auto till = watch();
    till.wait_for("the scanner", is("attached"));
    keyboard.type("123");
    scanner.scan("]E0", "4006381333931");
    till.wait_for("its scan", scanned("4006381333931"));
    expect(!bench.first.was_touched() && bench.first.has_driver(), "a keyboard is the person's");
}

void continued_data(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(scanner);
    auto till = watch();
    till.wait_for("the scanner", is("attached"));
    const std::string whole(300, 'Q');
    scanner.scan("]Q1", whole);
    till.wait_for("all pieces as one", scanned(whole));
    scanner.scan("]Q1", whole, 2);  // The rest never comes.
    std::this_thread::sleep_for(700ms);
    scanner.scan("]E0", "4006381333931");
    till.wait_for("the next, without it", scanned("4006381333931"));
}

void stall(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(scanner);
    auto till = watch();
    till.wait_for("the scanner", is("attached"));
    scanner.scan("]E0", "1");
    scanner.stall();
    scanner.scan("]E0", "2");
    till.wait_for("before the stall", scanned("1"));
    till.wait_for("after it", scanned("2"));
}

void timeout(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    auto& other = bench.make<Scanner>("SC2");
    bench.first.plug(scanner, true);
    bench.second.plug(other);
    scanner.be_silent(true);
    auto till = watch();
    till.wait_for("the other", is_at("attached", "1-2"));
    till.wait_for("its silence", is_at("error", "1-1"));
    other.scan("]E0", "1");
    till.wait_for("the other's scan", scanned("1"), 1s);
    scanner.be_silent(false);
    till.wait_for("it is back", is_at("attached", "1-1"), 4s);
    scanner.scan("]E0", "2");
    till.wait_for("its scan", scanned("2"));
    expect(till.end() == 0, "it ends in order");
    expect(bench.first.has_driver(), "the kernel's driver has it again");
}

void unplug_and_replug(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(scanner);
    auto till = watch();
    for (int round = 0; round < 5; ++round) {
        till.wait_for("the scanner", is("attached"), 2s);
        scanner.scan("]E0", std::to_string(round));
        till.wait_for("a scan", scanned(std::to_string(round)));
        bench.first.unplug();  // With transfers under way: it is always listened to.
        till.wait_for("it is gone", is("detached"));
        bench.first.plug(scanner);
    }
    till.wait_for("the scanner", is("attached"), 2s);
    expect(till.end() == 0, "it ends in order");
}

void hub_pull(Bench& bench) {
    Function hub_function;
    hub_function.usb_class = 9;
    auto& hub = bench.make<Device>(std::uint16_t{0x1d6b}, std::uint16_t{2},
                                   std::vector<Function>{hub_function}, "Hub");
    auto& one = bench.make<Scanner>("A");
    auto& two = bench.make<Scanner>("B");
    auto& three = bench.make<Scanner>("C");
    auto& scale = bench.make<Scale>();
    const auto a = bench.port("1-1.1"), b = bench.port("1-1.2"), c = bench.port("1-1.3"),
               d = bench.port("1-1.4");
    const auto plug_all = [&] {
        bench.first.plug(hub);
        a->plug(one), b->plug(two), c->plug(three), d->plug(scale);
    };
    plug_all();
    auto till = watch();
    for (int round = 0; round < 2; ++round) {
        std::set<std::string> there, gone;
        while (there.size() < 4)
            there.insert(text(till.wait_for("four devices", is("attached")), "port"));
        expect(there == std::set<std::string>{"1-1.1", "1-1.2", "1-1.3", "1-1.4"},
               "by their sockets");
        two.scan("]E0", "7");
        till.wait_for("a scan", scanned("7"));
        a->unplug(), b->unplug(), c->unplug(), d->unplug();
        bench.first.unplug();
        while (gone.size() < 4)
            gone.insert(text(till.wait_for("all are gone", is("detached")), "port"));
        plug_all();
    }
}

void two_scanners(Bench& bench) {
    auto& one = bench.make<Scanner>("A");
    auto& two = bench.make<Scanner>("B");
    bench.first.plug(one);
    bench.second.plug(two);
    auto till = watch();
    till.wait_for("one", is("attached"));
    till.wait_for("the other", is("attached"));
    for (int i = 0; i < 20; ++i) {
        (i % 2 ? one : two).scan("]E0", std::to_string(i));
        const auto came = till.wait_for("a scan", scanned(std::to_string(i)));
        expect(text(came, "port") == (i % 2 ? "1-1" : "1-2"), "from its own socket");
    }
    bench.first.unplug();
    till.wait_for("one is gone", is_at("detached", "1-1"));
    two.scan("]E0", "still");
    till.wait_for("the other works", scanned("still"));
}

void claim_conflict(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    auto& other = bench.make<Scanner>("B");
    bench.first.plug(scanner);
    bench.first.take(true);
    bench.second.plug(other);
    auto till = watch();
    const auto error = till.wait_for("somebody has it", is_at("error", "1-1"));
    expect(text(error, "code") == "busy", json::serialize(error));
    other.scan("]E0", "1");
    till.wait_for("the other works", scanned("1"));
    till.never("said again and again", is("error"), 2500ms);
    bench.first.take(false);
    till.wait_for("it is ours", is_at("attached", "1-1"), 2s);
}

void hostile_descriptors(Bench& bench) {
    const auto devices = hostile_devices();
    std::vector<std::unique_ptr<Port>> ports;
    auto& scanner = bench.make<Scanner>();
    for (std::size_t i = 0; i < devices.size(); ++i) {
        ports.push_back(bench.port("1-" + std::to_string(i + 3)));
        ports.back()->plug(*devices[i]);
    }
    bench.first.plug(scanner);
    auto till = watch();
    till.wait_for("the one in order", is("attached"));
    for (int i = 0; i < 10; ++i) {
        scanner.scan("]E0", std::to_string(i));
        till.wait_for("its scan", scanned(std::to_string(i)));
    }
    till.never("any other is enabled", is("attached"), 1s);
    expect(till.end() == 0, "it ends in order");
}

void fence(Bench& bench) {
    auto& nonsense = bench.make<Device>(std::uint16_t{0x6660}, std::uint16_t{9},
                                        std::vector<Function>(1));  // No report descriptor.
    bench.first.plug(nonsense);
    auto till = watch();
    const auto fenced = [](const json::object& event) {
        return text(event, "event") == "error" && event.at("fenced").as_bool();
    };
    till.wait_for("after ten failures it is left alone", fenced, 25s);
}

void scale(Bench& bench) {
    auto& scale = bench.make<Scale>();
    bench.first.plug(scale);
    auto till = watch();
    const auto there = till.wait_for("the scale", is("attached"));
    expect(text(there, "kind") == "scale", json::serialize(there));
    scale.show(3, 700);
    const auto moving = till.wait_for("movement", is("weight"));
    expect(!moving.at("stable").as_bool(), json::serialize(moving));
    scale.show(4, 742);
    scale.show(4, 742);
    const auto rests = till.wait_for("rest", is("weight"));
    expect(rests.at("stable").as_bool() && rests.at("grams").to_number<double>() == 742,
           json::serialize(rests));
    scale.show(2, 0);
    const auto zero = till.wait_for("zero, and 742 not twice", is("weight"));
    expect(text(zero, "status") == "stable at zero", json::serialize(zero));
}

void orders(Bench& bench) {
    const auto tell = [](std::vector<std::string> words) {
        words.insert(words.begin(), {tillctl, "devices", "tell"});
        Child told{words};
        told.all();
        return told.code();
    };
    auto& scanner = bench.make<Scanner>();
    auto& scale = bench.make<Scale>();
    bench.first.plug(scanner, true);
    bench.second.plug(scale);
    expect(tell({"page", "--port", "1-1"}) == 0, "it is told");
    expect(scanner.written() == std::vector<Octets>{{4, 0x08}}, "it beeps");
    expect(tell({"zero"}) == 0, "it is told");
    expect(scale.written() == std::vector<Octets>{{5, 0x01}}, "it is zeroed");
    expect(bench.first.has_driver(), "the kernel's driver is back");
    bench.second.unplug(), bench.second.plug(bench.make<Wedge>());
    expect(tell({"page", "--port", "1-2"}) != 0, "a keyboard has no beeper");
}

void bad_swipes(Bench& bench) {
    auto& reader = bench.make<CardReader>();
    bench.first.plug(reader);
    auto till = watch();
    till.wait_for("the reader", is("attached"));
    reader.swipe("", ";6365000000000012=?");
    till.wait_for("a loyalty card", is("swipe"));
    reader.swipe("%B4111111111111111^SOMEBODY^2912?", ";4111111111111111=2912?");
    till.wait_for("a payment card is dropped", is("card_dropped"));
    expect(till.end() == 0, "it ends in order");
    till.all();  // What it said after that.
    for (const auto& line : till.said)
        expect(line.find("4111") == std::string::npos, "its number is nowhere: " + line);
}

void serial(Bench& bench) {
    auto& scanner = bench.make<SerialScanner>();
    bench.first.plug(scanner, true);
    auto till = watch();
    till.wait_for("the scanner", is("attached"));
    scanner.send_text("]E04006381");
    scanner.send_text("333931\r\n]E096385074\r");
    till.wait_for("in two pieces", scanned("4006381333931"));
    till.wait_for("the second of one packet", scanned("96385074"));
    scanner.send_text("half");
    std::this_thread::sleep_for(300ms);
    scanner.send_text("12345670\r");
    till.wait_for("without the half before it", scanned("12345670"));
    expect(till.end() == 0, "it ends in order");
    expect(bench.first.has_driver(), "the kernel's driver has it again");
}

void burst(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(scanner);
    auto till = watch();
    till.wait_for("the scanner", is("attached"));
    for (int i = 0; i < 50; ++i) {
        scanner.scan("]E0", std::to_string(i));
        std::this_thread::sleep_for(20ms);
    }
    for (int i = 0; i < 200; ++i) scanner.scan("]E0", "x" + std::to_string(i));  // And at once.
    for (int i = 0; i < 50; ++i)
        expect(text(till.wait_for("a scan", is("scan")), "data") == std::to_string(i), "in order");
    for (int i = 0; i < 200; ++i)
        expect(text(till.wait_for("a scan", is("scan")), "data") == "x" + std::to_string(i),
               "in order");
}

void lsusb(Bench& bench) {
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(scanner);
    const std::string listed = Child{{"lsusb"}}.all();
    expect(listed.find("1eab:0c10") != std::string::npos, "an outside witness: " + listed);
}

const Scenarios scenarios{{"bad_swipes", bad_swipes},
                          {"burst", burst},
                          {"claim_conflict", claim_conflict},
                          {"continued_data", continued_data},
                          {"fence", fence},
                          {"hostile_descriptors", hostile_descriptors},
                          {"hub_pull", hub_pull},
                          {"lsusb", lsusb},
                          {"orders", orders},
                          {"persons_keyboard", persons_keyboard},
                          {"scale", scale},
                          {"scan", scan},
                          {"serial", serial},
                          {"stall", stall},
                          {"timeout", timeout},
                          {"two_scanners", two_scanners},
                          {"unplug_and_replug", unplug_and_replug},
                          {"wedge", wedge}};

}  // namespace
}  // namespace till::usbsim

int main(int count, char** arguments) {
    using namespace till::usbsim;
    const bool on_kernel = count == 4 && arguments[3] == std::string_view{"kernel"};
    Scenarios all = scenarios;
    all.merge(capture_scenarios());
    all.merge(counter_scenarios());
    all.merge(recording_scenarios());
    const auto found = count == 3 || on_kernel ? all.find(arguments[2]) : all.end();
    if (found == all.end()) {
        std::cerr << "usb_scenarios TILLCTL SCENARIO [kernel], one of:\n";
        for (const auto& [name, run] : all) std::cerr << "  " << name << '\n';
        return 2;
    }
    tillctl = arguments[1];
    try {
        Bench bench{on_kernel};
        found->second(bench);
        if (Child::one_failed) throw std::runtime_error{"the program did not end in order"};
    } catch (const Skipped& missing) {
        std::cout << "skipped: " << missing.what() << '\n';
        return 77;
    } catch (const std::exception& failed) {
        std::cerr << found->first << ": " << failed.what() << '\n';
        return 1;
    }
    std::cout << found->first << " held\n";
    return 0;
}
