#include "sync/wire/batch.hpp"
#include "agent/core/limits.hpp"
#include "sync/wire/events.pb.h"
#include "sync/wire/frames.pb.h"
#include "tests/support/workload.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <random>

using namespace till;
using namespace till::sync;
namespace v1 = tillstream::v1;

namespace {

Bytes random_bytes(std::mt19937_64& engine, std::size_t bound) {
    Bytes bytes(engine() % bound, '\0');
    for (char& byte : bytes) byte = static_cast<char>(engine());
    return bytes;
}

/// Any envelope at all: absurd clocks, unknown kinds, bodies that are no event.
std::vector<Envelope> any_records(std::mt19937_64& engine, std::uint64_t first) {
    std::vector<Envelope> made(1 + engine() % 40);
    for (Envelope& record : made) {
        record.seq = Seq{first++};
        record.kind = Kind{static_cast<std::uint32_t>(engine())};
        std::array<std::uint8_t, 16> boot{};
        boot[0] = static_cast<std::uint8_t>(engine() % 3);
        record.times = {WallTime{static_cast<std::int64_t>(engine())}, BootTime{engine()},
                        BootId{Uuid::from_random(boot)}};
        record.body = random_bytes(engine, 300);
        if (engine() % 3 == 0) record.sealed = random_bytes(engine, 100);
        if (record.sealed.empty() && engine() % 4 == 0) record.erased_sealed.emplace().fill(7);
        if (engine() % 20 == 0) record.version = static_cast<std::uint32_t>(engine());
    }
    return made;
}

struct Damage {
    const char* name;
    std::function<void(v1::BatchRecords&)> edit;
};

}  // namespace

TEST_CASE("wire: any records survive a batch, byte for byte", "[wire]") {
    std::mt19937_64 engine{GENERATE(range<std::uint64_t>(0, 200))};
    const std::uint64_t first = 1 + engine() % 1'000'000;
    const auto records = any_records(engine, first);
    const auto raw = encode_records(records);
    REQUIRE(raw);
    const auto back = decode_records(*raw, Seq{first}, static_cast<std::uint32_t>(records.size()));
    REQUIRE(back);
    CHECK(*back == records);
}

TEST_CASE("wire: an event's unknown fields and an unknown fact survive, and known ones still read",
          "[wire]") {
    support::Workload workload{{}, 3};
    Envelope sale = workload.next();
    sale.body +=
        "\xc2\x3e\x05"
        "later";  // Field 1000 of Event, which this build does not know.
    Envelope unknown = workload.next();
    unknown.kind = Kind{460};
    unknown.body =
        "\xe2\x1c\x03"
        "abc";  // Fact 460: a scan of a later version.
    const std::vector both{sale, unknown};
    const auto back = decode_records(*encode_records(both), both.front().seq, 2);
    REQUIRE(back);
    CHECK(*back == both);
    v1::Event event;
    REQUIRE(event.ParseFromString(back->front().body));
    CHECK(event.has_retail_transaction());
    v1::Event later;
    REQUIRE(later.ParseFromString(back->back().body));
    CHECK(later.fact_case() == v1::Event::FACT_NOT_SET);
}

TEST_CASE("wire: real-looking events survive protobuf, too", "[wire]") {
    support::Workload workload{{}, GENERATE(range<std::uint64_t>(0, 10))};
    for (const Envelope& sale : workload.take(50)) {
        v1::Event event;
        REQUIRE(event.ParseFromString(sale.body));
        const v1::RetailTransaction& basket = event.retail_transaction();
        CHECK(event.SerializeAsString() == sale.body);
        CHECK(basket.totals().applied() == basket.totals().gross());
        CHECK(basket.totals().net() + basket.totals().tax() == basket.totals().gross());
    }
}

TEST_CASE("wire: columns that contradict each other are refused", "[wire]") {
    support::Workload workload{{}, 4};
    std::vector<Envelope> sales;
    while (sales.size() < 2) {
        sales = workload.take(2);
        if (sales[0].sealed.empty() || !sales[1].sealed.empty()) sales.clear();
    }
    v1::BatchRecords good;
    REQUIRE(good.ParseFromString(*encode_records(sales)));
    const std::vector<Damage> damages = {
        {"no kinds", [](auto& b) { b.clear_kinds(); }},
        {"a kind too many", [](auto& b) { b.add_kinds(1); }},
        {"no walls", [](auto& b) { b.clear_walls(); }},
        {"a drift too few", [](auto& b) { b.mutable_drifts()->RemoveLast(); }},
        {"boots for one only", [](auto& b) { b.add_boots(0); }},
        {"an unknown boot",
         [](auto& b) {
             b.add_boots(0);
             b.add_boots(1);
         }},
        {"no boots", [](auto& b) { b.clear_boot_ids(); }},
        {"half a boot id", [](auto& b) { b.mutable_boot_ids()->pop_back(); }},
        {"a body longer than the bytes", [](auto& b) { b.set_body_sizes(1, 0x7fffffff); }},
        {"a body shorter than the bytes", [](auto& b) { b.set_body_sizes(1, 0); }},
        {"sealed bytes of nobody", [](auto& b) { b.clear_sealed_sizes(); }},
        {"erased beyond the end",
         [](auto& b) {
             b.add_erased(2);
             b.set_erased_hashes(Bytes(32, 'x'));
         }},
        {"erased twice",
         [](auto& b) {
             b.add_erased(1);
             b.add_erased(1);
             b.set_erased_hashes(Bytes(64, 'x'));
         }},
        {"erased but there",
         [](auto& b) {
             b.add_erased(0);
             b.set_erased_hashes(Bytes(32, 'x'));
         }},
        {"erased without a hash", [](auto& b) { b.add_erased(1); }},
        {"one version for two", [](auto& b) { b.add_versions(1); }},
    };
    REQUIRE(decode_records(good.SerializeAsString(), sales[0].seq, 2));
    for (const Damage& damage : damages) {
        CAPTURE(damage.name);
        v1::BatchRecords bad = good;
        damage.edit(bad);
        const auto refused = decode_records(bad.SerializeAsString(), sales[0].seq, 2);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == Errc::malformed);
    }
}

TEST_CASE("wire: a batch keeps to its limits both ways", "[wire]") {
    std::vector<Envelope> many(limits::batch_records_max + 1);
    CHECK(encode_records(many).error().code == Errc::out_of_range);
    std::vector<Envelope> large(3);
    for (Envelope& record : large) record.body.assign(limits::record_bytes_max - 100, 'x');
    CHECK(encode_records(large).error().code == Errc::out_of_range);
    CHECK(encode_records({large.data(), 1}));
    CHECK(decode_records(Bytes(limits::batch_bytes_max + 1, 'x'), Seq{1}, 1).error().code
          == Errc::out_of_range);
    CHECK(decode_records({}, Seq{1}, limits::batch_records_max + 1).error().code
          == Errc::out_of_range);
    CHECK(decode_records({}, Seq{~0ULL}, 1).error().code == Errc::out_of_range);
    CHECK(decode_records({}, Seq{1}, 0)->empty());
}

TEST_CASE("wire: damaged batches are refused or read, never more", "[wire]") {
    std::mt19937_64 engine{GENERATE(range<std::uint64_t>(0, 300))};
    const auto records = any_records(engine, 1);
    Bytes raw = *encode_records(records);
    for (int i = 0; i < 5; ++i) raw[engine() % raw.size()] = static_cast<char>(engine());
    raw.resize(raw.size() - engine() % 3);
    const auto back = decode_records(raw, Seq{1}, static_cast<std::uint32_t>(records.size()));
    if (back) CHECK(back->size() == records.size());
    if (!back) CHECK(back.error().code == Errc::malformed);
}
