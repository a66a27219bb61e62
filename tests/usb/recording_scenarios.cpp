#include "tests/support/scratch.hpp"
#include "tests/usb/simulated_kinds.hpp"
#include "tests/usb/words.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

// What `tillctl devices record` writes, and `devices replay` makes of it.
namespace till::usbsim {

using namespace std::chrono_literals;

namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// The events of one device.
std::string lines_of(const std::vector<std::string>& lines, const std::string& port) {
    std::string all;
    for (const std::string& each : lines)
        if (each.find("\"port\":\"" + port + '"') != each.npos) all += each + "\n";
    return all;
}

std::vector<std::string> replayed(const std::filesystem::path& file) {
    Child replay{{tillctl, "devices", "replay", file, "--json"}};
    const std::string said = replay.all();
    expect(replay.code() == 0, "it replays to its end: " + said);
    return replay.said;
}

void record_and_replay(Bench& bench) {
    const Scratch scratch;
    const auto file = scratch.path / "session.jsonl";
    auto& scanner = bench.make<Scanner>();
    auto& wedge = bench.make<Wedge>();
    bench.first.plug(scanner);
    bench.second.take(true);
    bench.second.plug(wedge, true);
    Child till{{tillctl, "devices", "record", file, "--json"}};
    till.wait_for("the wedge is somebody's", is_at("error", "1-2"));
    scanner.scan("]E0", "4006381333931");
    till.wait_for("a scan meanwhile", scanned("4006381333931"));
    std::this_thread::sleep_for(600ms);  // It is asked for again.
    bench.second.take(false);
    till.wait_for("the wedge", is_at("attached", "1-2"), 3s);
    for (int round = 0; round < 2; ++round) {
        const std::string whole(300, static_cast<char>('P' + round));
        scanner.scan("]Q1", whole);
        till.wait_for("a scan in pieces", scanned(whole));
        scanner.scan("]Q1", whole, 2);  // The rest never comes.
        wedge.type(
            "]C111AB\x1d"
            "21X");
        till.wait_for("keys", scanned("11AB\x1d"
                                      "21X"));
        std::this_thread::sleep_for(700ms);
        scanner.stall();
        scanner.scan("]E0", std::to_string(round));
        till.wait_for("after a stall", scanned(std::to_string(round)));
        bench.first.unplug();
        till.wait_for("it is gone", is_at("detached", "1-1"));
        bench.first.plug(scanner);
        till.wait_for("it is back", is_at("attached", "1-1"));
    }
    bench.second.unplug();
    till.wait_for("the wedge is gone", is_at("detached", "1-2"));
    expect(till.end() == 0, "it ends in order");
    till.all();
    struct stat about{};
    expect(stat(file.c_str(), &about) == 0 && (about.st_mode & 0777) == 0600, "mode 0600");
    const auto again = replayed(file);
    for (const char* port : {"1-1", "1-2"}) {
        const std::string then = lines_of(till.said, port), now = lines_of(again, port);
        expect(now == then, "the same events:\n" + then + "--\n" + now);
    }
    const std::string before = content(file);
    Child second{{tillctl, "devices", "record", file}};
    expect(second.code() != 0 && content(file) == before, "what was recorded stays");
}

void record_cards(Bench& bench) {
    const Scratch scratch;
    const auto file = scratch.path / "session.jsonl";
    auto& reader = bench.make<CardReader>();
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(reader);
    bench.second.plug(scanner);
    Child till{{tillctl, "devices", "record", file, "--json"}};
    for (const char* each : {"one", "the other"}) till.wait_for(each, is("attached"));
    reader.swipe("", ";6365000000000012=?");
    till.wait_for("a loyalty card", is("swipe"));
    reader.swipe("%B4111111111111111^SOMEBODY^2912?", ";4111111111111111=2912?");
    till.wait_for("a payment card is dropped", is("card_dropped"));
    scanner.scan("]E0", "4006381333931");
    till.wait_for("a scan", scanned("4006381333931"));
    expect(till.end() == 0, "it ends in order");
    till.all();
    const std::string text = content(file);
    for (const char* secret : {"4111", "34313131", "6365", "36333635", "534f4d45424f4459"})
        expect(text.find(secret) == std::string::npos, "no card is in the file: " + text);
    expect(text.find("34303036333831333333393331") != std::string::npos, "the scan is: " + text);
    const auto again = replayed(file);
    expect(lines_of(again, "1-1").empty(), "the reader is not in it");
    expect(lines_of(again, "1-2") == lines_of(till.said, "1-2"), lines_of(again, "1-2"));
}

void record_to_a_full_disk(Bench& bench) {
    const Scratch scratch;
    const auto file = scratch.path / "session.jsonl", words = scratch.path / "words";
    auto& scanner = bench.make<Scanner>();
    bench.first.plug(scanner);
    // A file may have 8 blocks of 512 bytes: what a full disk does, without one.
    Child till{{"sh", "-c",
                R"(trap '' XFSZ; ulimit -f 8; exec "$1" devices record "$2" --json 2>"$3")", "sh",
                tillctl, file, words}};
    till.wait_for("the scanner", is("attached"));
    for (int i = 0; i < 40; ++i) {
        scanner.scan("]E0", std::to_string(i));
        till.wait_for("its scan", scanned(std::to_string(i)));
    }
    expect(till.end() == 0, "it ends in order");
    const std::string said = content(words), what = "nothing more is recorded";
    const auto at = said.find(what);
    expect(at != said.npos && said.find(what, at + 1) == said.npos, "told once: " + said);
    const std::string again = lines_of(replayed(file), "1-1");
    expect(again.find("\"data\":\"3\"") != std::string::npos, "what is in it: " + again);
}

}  // namespace

Scenarios recording_scenarios() {
    return {{"record_and_replay", record_and_replay},
            {"record_cards", record_cards},
            {"record_to_a_full_disk", record_to_a_full_disk}};
}

}  // namespace till::usbsim
