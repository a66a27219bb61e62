#include "drivers/scanner/scanner.hpp"
#include "agent/runtime/task_group.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/io_context.hpp>

#include <deque>

namespace till::drivers {

namespace {

/// A pipe that gives what it was given, then says that the device is gone.
class FakePipe final : public UsbPipe {
public:
    const UsbIdentity& identity() const override { return identity_; }
    const UsbInterface& interface() const override { return identity_.interfaces[1]; }
    asio::awaitable<Result<Bytes>> control_in(UsbSetup, std::uint16_t,
                                              std::chrono::milliseconds) override {
        co_return Error{Errc::io, "stall"};
    }
    asio::awaitable<Result<void>> control_out(UsbSetup setup, Bytes data,
                                              std::chrono::milliseconds) override {
        asked.emplace_back(setup.index, std::move(data));
        co_return Error{Errc::io, "stall"};
    }
    asio::awaitable<Result<Bytes>> read(std::uint8_t, std::size_t) override {
        if (input.empty()) co_return Error{Errc::closed, "gone"};
        Result<Bytes> one = std::move(input.front());
        input.pop_front();
        co_return one;
    }
    asio::awaitable<Result<void>> write(std::uint8_t, Bytes, std::chrono::milliseconds) override {
        co_return Error{Errc::io, "stall"};
    }

    std::deque<Result<Bytes>> input;
    std::vector<std::pair<std::uint16_t, Bytes>> asked;

private:
    UsbIdentity identity_ = [] {
        UsbIdentity made;
        made.interfaces.resize(2);
        made.interfaces[0].usb_class = 2;
        made.interfaces[1].number = 1;
        made.interfaces[1].usb_class = 10;
        made.interfaces[1].endpoints = {
            {.address = 0x82, .type = UsbEndpoint::Type::bulk, .packet_bytes = 64}};
        return made;
    }();
};

struct Read {
    std::vector<RawScan> scans;
    Result<void> ended;
};

Read read_all(FakePipe& pipe) {
    Read read;
    asio::io_context loop{1};
    TaskGroup tasks{loop.get_executor()};
    const auto run = [&]() -> asio::awaitable<void> {
        SerialFraming framing;
        OnScan on_scan = [&](RawScan scan) { read.scans.push_back(std::move(scan)); };
        read.ended = co_await read_cdc(pipe, std::move(framing), std::move(on_scan));
    };
    tasks.spawn(run());
    loop.run();
    return read;
}

}  // namespace

TEST_CASE("scanner: an AIM identifier is taken from the front, and nothing else is", "[scanner]") {
    CHECK(split_aim("]E04006381333931").aim == "]E0");
    CHECK(split_aim("]E04006381333931").data == "4006381333931");
    for (const char* plain : {"", "]", "]E0", "4006381333931",
                              "]\xff\xff"
                              "1",
                              "]]]]", "E0123"}) {
        CHECK(split_aim(plain).aim.empty());
        CHECK(split_aim(plain).data == plain);
    }
}

TEST_CASE("scanner: a serial port is opened at its own interface, and a refusal does not matter",
          "[scanner]") {
    FakePipe pipe;
    pipe.input = {Bytes{"]E0400"}, Bytes{"6381333931\r\nnext\r"}};
    const Read read = read_all(pipe);
    REQUIRE(pipe.asked.size() == 2);
    CHECK(pipe.asked[0].first == 0);
    CHECK(pipe.asked[0].second.size() == 7);
    REQUIRE(read.scans.size() == 2);
    CHECK(read.scans[0].data == "4006381333931");
    CHECK(read.scans[1].data == "next");
    CHECK(read.ended.error().code == Errc::closed);
}

TEST_CASE("scanner: a few faults are borne, many in a row are not", "[scanner]") {
    const Error fault{Errc::io, "stall"};
    FakePipe pipe;
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < 6; ++i) pipe.input.emplace_back(fault);
        pipe.input.emplace_back(Bytes{"ok\r"});
    }
    const Read some = read_all(pipe);
    CHECK(some.scans.size() == 4);
    CHECK(some.ended.error().code == Errc::closed);
    pipe.input.assign(20, Result<Bytes>{fault});
    CHECK(read_all(pipe).ended.error().code == Errc::io);
}

}  // namespace till::drivers
