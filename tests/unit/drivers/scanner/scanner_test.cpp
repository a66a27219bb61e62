#include "drivers/scanner/scanner.hpp"
#include "agent/runtime/task_group.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/io_context.hpp>

#include <deque>

namespace till::drivers {

namespace {

/// A line that gives what it was given, then says that it is gone; it keeps what is written to it.
class FakeLine final : public ByteStream {
public:
    struct Talk {
        std::deque<Result<Bytes>> input;
        std::vector<Bytes> written;
    };
    explicit FakeLine(Talk& talk) : talk_{talk} {}

    asio::awaitable<Result<Bytes>> read() override {
        if (talk_.input.empty()) co_return Error{Errc::closed, "gone"};
        Result<Bytes> one = std::move(talk_.input.front());
        talk_.input.pop_front();
        co_return one;
    }
    asio::awaitable<Result<void>> write(Bytes data) override {
        talk_.written.push_back(std::move(data));
        co_return Result<void>{};
    }

private:
    Talk& talk_;
};

struct Read {
    std::vector<RawScan> scans;
    std::vector<Error> troubles;
    Result<void> ended;
};

Read read_all(FakeLine::Talk& talk, const ScannerSettings& settings = {}) {
    Read read;
    asio::io_context loop{1};
    TaskGroup tasks{loop.get_executor()};
    SerialScanner scanner{std::make_unique<FakeLine>(talk), {}, SerialDialect::honeywell_menu};
    REQUIRE(scanner.configure(settings));
    const auto run = [&]() -> asio::awaitable<void> {
        OnScan on_scan = [&](RawScan scan) { read.scans.push_back(std::move(scan)); };
        std::function<void(Error)> on_trouble = [&](Error trouble) {
            read.troubles.push_back(std::move(trouble));
        };
        read.ended = co_await scanner.run(std::move(on_scan), std::move(on_trouble));
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

TEST_CASE("scanner: settings are sent one at a time, and scans between their answers are heard",
          "[scanner]") {
    FakeLine::Talk talk;
    talk.input = {Bytes{"]E0400"}, Bytes{"6381333931\r\nBEPLVL1\x06!"},
                  Bytes{"TRGMOD0\x15!next\r"}};
    const Read read = read_all(talk, {.beeper = BeeperVolume::low, .trigger = TriggerMode::manual});
    CHECK(talk.written == std::vector<Bytes>{"\x16M\rBEPLVL1!", "\x16M\rTRGMOD0!"});
    REQUIRE(read.scans.size() == 2);
    CHECK(read.scans[0].data == "4006381333931");
    CHECK(read.scans[1].data == "next");
    REQUIRE(read.troubles.size() == 1);
    CHECK(read.troubles[0].field == "MTRGMOD0!");
    CHECK(read.ended.error().code == Errc::closed);
}

TEST_CASE("scanner: a few faults are borne, many in a row are not", "[scanner]") {
    const Error fault{Errc::io, "stall"};
    FakeLine::Talk talk;
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < 6; ++i) talk.input.emplace_back(fault);
        talk.input.emplace_back(Bytes{"ok\r"});
    }
    const Read some = read_all(talk);
    CHECK(some.scans.size() == 4);
    CHECK(some.ended.error().code == Errc::closed);
    talk.input.assign(20, Result<Bytes>{fault});
    CHECK(read_all(talk).ended.error().code == Errc::io);
}

}  // namespace till::drivers
