#include "agent/core/hex.hpp"
#include "agent/runtime/task_group.hpp"
#include "drivers/usb/hid_interface.hpp"
#include "drivers/usb/recording_bus.hpp"
#include "drivers/usb/replay_bus.hpp"
#include "tests/support/hid_descriptors.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/io_context.hpp>

#include <deque>

namespace till::drivers {

using namespace std::chrono_literals;

namespace {

UsbIdentity device(std::string port, std::size_t descriptor_bytes) {
    UsbInterface hid{.number = 0,
                     .usb_class = 3,
                     .report_descriptor_bytes = static_cast<std::uint16_t>(descriptor_bytes),
                     .endpoints = {{.address = 0x81, .packet_bytes = 64}}};
    return {.vid = 0x0c2e, .pid = 0x0b61, .bus = 1, .port = std::move(port), .interfaces = {hid}};
}

/// A HID that gives its descriptor and then these reports; what else is asked of it, it refuses.
class FakePipe final : public UsbPipe {
public:
    FakePipe(UsbIdentity identity, Bytes descriptor, std::deque<Result<Bytes>> reports)
        : identity_{std::move(identity)},
          descriptor_{std::move(descriptor)},
          reports_{std::move(reports)} {}
    const UsbIdentity& identity() const override { return identity_; }
    const UsbInterface& interface() const override { return identity_.interfaces[0]; }
    asio::awaitable<Result<Bytes>> control_in(UsbSetup setup, std::uint16_t,
                                              std::chrono::milliseconds) override {
        if (setup.value == 0x2200) co_return descriptor_;
        co_return Error{Errc::io, "stall"};
    }
    asio::awaitable<Result<void>> control_out(UsbSetup, Bytes, std::chrono::milliseconds) override {
        co_return Error{Errc::io, "stall"};
    }
    asio::awaitable<Result<Bytes>> read(std::uint8_t, std::size_t) override {
        asio::steady_timer never{co_await asio::this_coro::executor,
                                 asio::steady_timer::time_point::max()};
        if (reports_.empty()) co_await never.async_wait(nothrow);
        if (reports_.empty()) co_return Error{Errc::abandoned, "cancelled"};
        Result<Bytes> one = std::move(reports_.front());
        reports_.pop_front();
        co_return one;
    }
    asio::awaitable<Result<void>> write(std::uint8_t, Bytes, std::chrono::milliseconds) override {
        co_return Result<void>{};
    }

private:
    UsbIdentity identity_;
    Bytes descriptor_;
    std::deque<Result<Bytes>> reports_;
};

class FakeBus final : public UsbBus {
public:
    asio::awaitable<std::optional<Change>> next() override {
        if (changes.empty()) co_return std::nullopt;
        Change one = std::move(changes.front());
        changes.pop_front();
        co_return one;
    }
    Result<std::unique_ptr<UsbPipe>> claim(DeviceId id, std::uint8_t) override {
        if (refuses) return Error{Errc::busy, "taken"};
        return std::make_unique<FakePipe>(device("1-" + std::to_string(id), descriptor.size()),
                                          descriptor, reports);
    }

    std::deque<Change> changes;
    Bytes descriptor = tests::scanner_descriptor();
    std::deque<Result<Bytes>> reports;
    bool refuses = false;
};

template <class Work>
void run(asio::io_context& loop, Work work) {
    TaskGroup tasks{loop.get_executor()};
    tasks.spawn(work());
    loop.run();
}

Bytes report(char mark) { return "\x02\x01]E0" + Bytes(1, mark) + Bytes(58, '\0'); }

/// What a driver does with a scanner: whatever came, a line each.
asio::awaitable<void> drive(UsbBus& bus, std::vector<std::string>& heard, std::uint64_t id = 1) {
    const auto pipe = bus.claim(id, 0);
    if (!pipe) {
        heard.push_back("claim: " + pipe.error().detail);
        co_return;
    }
    auto hid = co_await HidInterface::open(**pipe);
    heard.push_back(hid ? "open" : hid.error().detail);
    if (!hid) co_return;
    for (;;) {
        const auto came = co_await with_deadline(40ms, hid->read());
        heard.push_back(came ? hex(*came) : std::string{name(came.error().code)});
        if (!came && came.error().code != Errc::io) break;
    }
    Bytes beep = "\x04\x01";
    const auto told = co_await hid->send(HidReportKind::output, std::move(beep));
    heard.push_back(told ? "told" : told.error().detail);
}

asio::awaitable<void> all_changes(UsbBus& bus, std::vector<std::string>& heard) {
    for (;;) {
        const auto change = co_await bus.next();
        if (!change) co_return;
        heard.push_back((change->arrived ? "+" : "-") + change->identity.port);
        if (change->arrived) co_await drive(bus, heard, change->device);
    }
}

struct Recorded {
    std::string text;
    std::vector<std::string> heard;
};

Recorded record(std::unique_ptr<FakeBus> bus, const std::string& port = {}) {
    Recorded made;
    asio::io_context loop{1};
    RecordingBus recording{std::move(bus), [&](std::string_view line) { made.text += line; }, port};
    run(loop, [&] { return all_changes(recording, made.heard); });
    return made;
}

std::unique_ptr<FakeBus> scanner_bus() {
    auto bus = std::make_unique<FakeBus>();
    bus->changes = {{1, true, device("1-1", bus->descriptor.size())},
                    {1, false, device("1-1", bus->descriptor.size())},
                    {2, true, device("1-2", bus->descriptor.size())}};
    bus->reports = {report('A'), Error{Errc::io, "stall"}, report('B')};
    return bus;
}

}  // namespace

TEST_CASE("recording: what a device said and refused is said again, and given up when it was",
          "[usb]") {
    const Recorded recorded = record(scanner_bus());
    const std::vector<std::string> one{"open",           hex(report('A')), "io",
                                       hex(report('B')), "timed_out",      "stall"};
    std::vector<std::string> all{"+1-1"};
    all.insert(all.end(), one.begin(), one.end());
    all.insert(all.end(), {"-1-1", "+1-2"});
    all.insert(all.end(), one.begin(), one.end());
    REQUIRE(recorded.heard == all);
    auto steps = read_recording(recorded.text);
    REQUIRE(steps);
    asio::io_context loop{1};
    ReplayBus replay{loop.get_executor(), *std::move(steps)};
    std::vector<std::string> heard;
    run(loop, [&] { return all_changes(replay, heard); });
    // The last read of a pipe that was given up is waited for until the driver gives up anew.
    CHECK(heard == all);
    CHECK(replay.trouble());
}

TEST_CASE("recording: only the device in the port asked for is seen", "[usb]") {
    const Recorded recorded = record(scanner_bus(), "1-2");
    CHECK(recorded.heard.front() == "+1-2");
    CHECK(recorded.text.find("1-1") == std::string::npos);
}

TEST_CASE("recording: an interface that another program has is so in the replay", "[usb]") {
    auto bus = scanner_bus();
    bus->refuses = true;
    const Recorded recorded = record(std::move(bus));
    asio::io_context loop{1};
    ReplayBus replay{loop.get_executor(), read_recording(recorded.text).value()};
    std::vector<std::string> heard;
    run(loop, [&] { return all_changes(replay, heard); });
    CHECK(heard == recorded.heard);
    CHECK(heard[1] == "claim: taken");
}

TEST_CASE("recording: of a card reader nothing is written but that it was there", "[usb]") {
    auto bus = scanner_bus();
    const bool by_page = GENERATE(true, false);
    bus->descriptor =
        by_page ? *unhex("058e0901a101150026ff007508954009308102c0") : tests::msr_descriptor();
    const Bytes swipe = "%B4111111111111111^SOMEBODY";
    bus->reports = {swipe};
    const Recorded recorded = record(std::move(bus));
    REQUIRE(recorded.heard[2] == hex(swipe));
    CHECK(recorded.text.find(hex("4111")) == std::string::npos);
    CHECK(recorded.text.find("left_out") != std::string::npos);
    CHECK(recorded.text.find("\"do\":\"read\"") == std::string::npos);
    asio::io_context loop{1};
    ReplayBus replay{loop.get_executor(), read_recording(recorded.text).value()};
    std::vector<std::string> heard;
    run(loop, [&] { return all_changes(replay, heard); });
    CHECK(heard[1] == "claim: left out of the recording");
}

TEST_CASE("recording: what a HID sends before its descriptor is understood is not written",
          "[usb]") {
    auto bus = std::make_unique<FakeBus>();
    bus->descriptor = "\xc0";
    bus->reports = {Bytes{"4111111111111111"}, Bytes{"4111111111111112"}};
    std::string text;
    asio::io_context loop{1};
    RecordingBus recording{std::move(bus), [&](std::string_view line) { text += line; }};
    run(loop, [&]() -> asio::awaitable<void> {
        const auto pipe = recording.claim(1, 0);
        const auto early = co_await (*pipe)->read(0x81, 64);
        const auto hid = co_await HidInterface::open(**pipe);
        const auto late = co_await (*pipe)->read(0x81, 64);
        CHECK((early && !hid && late));
    });
    CHECK(text.find(hex("4111")) == std::string::npos);
    CHECK(text.find("\"got\":\"c0\"") != std::string::npos);
}

namespace {

/// Replays a recording of one scanner on a driver that does something else with it.
template <class Driver>
std::string trouble_of(Driver driver) {
    const Recorded recorded = record(scanner_bus());
    asio::io_context loop{1};
    ReplayBus replay{loop.get_executor(), read_recording(recorded.text).value(), 20ms};
    run(loop, [&]() -> asio::awaitable<void> {
        (void)co_await replay.next();
        co_await driver(replay);
        while (co_await replay.next()) {}
    });
    return replay.trouble().error().detail;
}

}  // namespace

TEST_CASE("replay: a driver that does something else is told of with the line", "[usb]") {
    CHECK(trouble_of([](UsbBus& bus) -> asio::awaitable<void> {
              const auto pipe = bus.claim(1, 0);
              const UsbSetup other{.type = 0x80, .request = 6, .value = 0x0100};
              (void)co_await (*pipe)->control_in(other, 18, 1s);
          })
          == "line 4 of the recording: something else is asked of the device now");
    CHECK(trouble_of([](UsbBus& bus) -> asio::awaitable<void> {
              const auto pipe = bus.claim(1, 0);
              auto hid = co_await HidInterface::open(**pipe);
          })
          == "line 6 of the recording: the driver did not wait for this");
    CHECK(trouble_of([](UsbBus& bus) -> asio::awaitable<void> {
              const auto pipe = bus.claim(1, 0);
              auto hid = co_await HidInterface::open(**pipe);
              Bytes beep = "\x04\x01", again = beep;
              (void)co_await hid->send(HidReportKind::output, std::move(beep));
          }).starts_with("line "));
    CHECK(trouble_of([](UsbBus&) -> asio::awaitable<void> { co_return; })
          == "line 3 of the recording: nobody asks for this any more");
}

TEST_CASE("recording: the line at fault is named", "[usb]") {
    const std::string head = recording_head();
    const auto fault = [&](const std::string& lines) {
        return read_recording(head + lines).error().detail;
    };
    CHECK(read_recording(head)->empty());
    CHECK(read_recording("").error().code == Errc::malformed);
    CHECK(read_recording("{}\n").error().detail == "line 1: no recording of USB devices");
    CHECK(read_recording("{\"tillstream_usb_recording\":2}\n").error().code == Errc::unsupported);
    CHECK(fault("nonsense\n") == "line 2: no JSON object");
    CHECK(fault("{\"do\":\"dance\",\"ms\":0}\n") == "line 2: 'do' is wrong or missing");
    CHECK(fault(R"({"do":"read","ms":1,"pipe":1,"endpoint":256,"bytes":8,"got":""})")
          == "line 2: 'endpoint' is wrong or missing");
    CHECK(fault(R"({"do":"read","ms":1,"pipe":-1,"endpoint":1,"bytes":8,"got":""})")
          == "line 2: 'pipe' is wrong or missing");
    CHECK(fault(R"({"do":"read","ms":1,"pipe":1,"endpoint":1,"bytes":8,"got":"4"})")
          == "line 2: 'got' is wrong or missing");
    CHECK(fault(R"({"do":"read","ms":1,"pipe":1,"endpoint":1,"bytes":8,"error":"odd","cause":""})")
          == "line 2: 'error' is wrong or missing");
}

}  // namespace till::drivers
