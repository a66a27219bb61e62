#include "centre.hpp"

#include "sync/wire/events.pb.h"
#include "sync/wire/frames.pb.h"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

using namespace till;
using namespace till::sync;
using namespace std::chrono_literals;
using test::Centre;
using test::Device;
using test::run_until;

namespace {

/// A gateway, a device and the uplink between them, all on one loop.
struct Lane {
    asio::io_context loop;
    Centre centre{loop};
    Device device{loop, centre.enrol()};
    std::unique_ptr<Uplink> uplink;
    TaskGroup tasks{loop.get_executor()};

    ~Lane() { stop(); }
    void start(std::optional<Uplink::Options> options = {}) {
        uplink = std::make_unique<Uplink>(options.value_or(device.options()), device, device,
                                          device.clock);
        tasks.spawn(uplink->run());
    }
    bool stop() {
        tasks.cancel();
        return run_until(loop, [this] { return tasks.size() == 0; }, 2s);
    }
    bool acknowledged(std::uint64_t seq) {
        return run_until(loop, [&] { return device.acknowledged == Seq{seq}; });
    }
    bool failed() {
        return run_until(loop, [&] { return !uplink->state().last_error.empty(); });
    }
};

}  // namespace

TEST_CASE("uplink: what was captured before and after connecting is at the centre", "[uplink]") {
    Lane lane;
    lane.device.capture(5000);
    lane.start();
    REQUIRE(lane.acknowledged(5000));
    CHECK(lane.uplink->state().up);
    lane.device.capture(1);
    REQUIRE(lane.acknowledged(5001));
    CHECK(lane.uplink->state().mark == Seq{5001});
    CHECK(lane.centre.mark(lane.device.journal.journal) == Seq{5001});
    CHECK(lane.device.welcomes == 1);
}

TEST_CASE("uplink: a centre that dies in the middle loses and doubles nothing", "[uplink]") {
    Lane lane;
    lane.device.capture(20'000);
    lane.start();
    const auto& mark = lane.uplink->state().mark;
    REQUIRE(run_until(lane.loop, [&] { return mark > Seq{0}; }));
    lane.centre.stop();
    REQUIRE(lane.failed());
    CHECK_FALSE(lane.uplink->state().up);
    lane.device.capture(10);
    lane.centre.start();
    REQUIRE(lane.acknowledged(20'010));
    CHECK(lane.device.welcomes == 2);
    CHECK(
        *test::run(lane.loop, lane.centre.ledger->hash_at(lane.device.journal.journal, Seq{20'010}))
        == lane.device.journal.mark().hash);
}

TEST_CASE("uplink: a server that accepts and never answers is given up", "[uplink]") {
    Lane lane;
    asio::ip::tcp::acceptor silent{lane.loop, {asio::ip::make_address("127.0.0.1"), 0}};
    auto options = lane.device.options();
    options.gateway.port = silent.local_endpoint().port();
    options.handshake_time = 100ms;
    lane.start(options);
    REQUIRE(lane.failed());
    CHECK_THAT(lane.uplink->state().last_error, Catch::Contains("TLS handshake took too long"));
}

TEST_CASE("uplink: a centre with another name is told nothing", "[uplink]") {
    Lane lane;
    lane.device.capture(1);
    auto options = lane.device.options();
    options.gateway.name = *ServerName::parse("other.test");
    lane.start(options);
    REQUIRE(lane.failed());
    CHECK_THAT(lane.uplink->state().last_error, Catch::Contains("certificate"));
    CHECK(lane.centre.mark(lane.device.journal.journal) == Seq{0});
}

TEST_CASE("uplink: a name that nobody knows is a line in the status, not a stop", "[uplink]") {
    Lane lane;
    auto options = lane.device.options();
    options.gateway.host = "till.invalid";
    lane.start(options);
    REQUIRE(lane.failed());
    CHECK(lane.tasks.size() == 1);
    CHECK(lane.stop());
}

TEST_CASE("uplink: stopping says goodbye and is quick", "[uplink]") {
    Lane lane;
    lane.device.capture(10);
    lane.start();
    REQUIRE(lane.acknowledged(10));
    CHECK(lane.stop());
    CHECK_FALSE(lane.uplink->state().up);
}

TEST_CASE("uplink: a forked journal is kept aside at the centre, whole, and retired", "[uplink]") {
    Lane lane;
    const JournalId id = lane.device.journal.journal;
    lane.device.capture(10);
    const auto shared = lane.device.journal;
    lane.device.capture(10);
    lane.start();
    REQUIRE(lane.acknowledged(20));
    REQUIRE(lane.stop());

    lane.device.journal = shared;  // The disk was restored, and sold on.
    lane.device.journal.add(100, "another future");
    lane.device.capture(2);
    lane.device.acknowledged = Seq{10};
    lane.start();
    REQUIRE(run_until(lane.loop, [&] { return lane.tasks.size() == 0; }));
    CHECK(lane.device.retired);
    CHECK(lane.device.forked_at->seq == Seq{20});
    const auto branches = *test::run(lane.loop, lane.centre.ledger->branches(id));
    REQUIRE(branches.size() == 1);
    CHECK(branches[0].last == Seq{13});
    CHECK(lane.centre.mark(id) == Seq{20});
}

TEST_CASE("uplink: totals reach the centre and come back as stored", "[uplink]") {
    Lane lane;
    lane.device.capture(1);
    lane.start();
    REQUIRE(lane.acknowledged(1));
    tillstream::v1::DayFigures figures;
    figures.set_journal_id(Bytes{lane.device.journal.journal.value().bytes()});
    figures.set_business_day("2026-11-23");
    tillstream::v1::DayTotals totals;
    totals.set_figures(figures.SerializeAsString());
    totals.set_signature(lane.device.enrolled.credentials.sign(totals.figures()));
    lane.uplink->submit(UplinkSession::Submit::Kind::totals, totals.SerializeAsString());
    REQUIRE(run_until(lane.loop, [&] { return !lane.device.stored_days.empty(); }));
    CHECK(lane.device.stored_days[0] == "2026-11-23");
    CHECK(lane.centre.totals.size() == 1);
}

TEST_CASE("uplink: kinds and fields that nobody knows go all the way and come back out",
          "[uplink]") {
    Lane lane;
    tillstream::v1::Event event;
    event.mutable_context()->set_business_day("2026-11-23");
    // Field 900 is a fact of the future, field 77 an addition to what is known.
    event.GetReflection()->MutableUnknownFields(&event)->AddLengthDelimited(900,
                                                                            "a fact of the future");
    event.GetReflection()->MutableUnknownFields(&event)->AddVarint(77, 4711);
    lane.device.journal.add(900, event.SerializeAsString(), "sealed");
    lane.device.journal.add(100, Bytes{"not even a message \xff\x00", 21});
    lane.start();
    REQUIRE(lane.acknowledged(2));

    std::optional<Result<std::vector<StoredEnvelope>>> stored;
    const auto on_read = [&](std::exception_ptr, Result<std::vector<StoredEnvelope>> page) {
        stored = std::move(page);
    };
    const auto& journal = lane.device.journal;
    asio::co_spawn(lane.loop, lane.centre.ledger->read(journal.journal, Seq{0}, 1 << 20, 10),
                   on_read);
    REQUIRE(run_until(lane.loop, [&] { return stored.has_value(); }));
    REQUIRE(stored->value().size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(stored->value()[i].envelope == journal.envelopes[i]);  // Byte for byte.
        CHECK(stored->value()[i].hash == journal.hashes[i]);
    }
}
