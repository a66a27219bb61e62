#include "agent/inventory/stock.hpp"

#include <catch2/catch.hpp>

#include <google/protobuf/text_format.h>

using namespace till;

namespace {

template <class Command>
Command command(const std::string& text) {
    Command command;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &command));
    return command;
}

constexpr WallTime now{1'700'000'000'000};

}  // namespace

TEST_CASE("inventory: zero counted is a count, and each line has its own time", "[inventory]") {
    const auto count = build_count(command<v1::RecordCount>(R"(session: "2026-11" location: "back"
        lines { gtin: "96385074" quantity: "0" }
        lines { sku: "B" quantity: "1.250" unit: "KGM" counted_time: "2023-11-14T22:13:21Z"
                recount: true counter: "ann" })"),
                                   now);
    REQUIRE(count);
    CHECK(count->state() == v1::StockCountLines::SESSION_STATE_OPEN);
    CHECK(count->lines(0).counted().mantissa() == 0);
    CHECK(count->lines(0).counted_ms() == now.value());
    CHECK(count->lines(1).counted().unit() == "KGM");
    CHECK(count->lines(1).counted_ms() == now.value() + 1000);
}

TEST_CASE("inventory: a count is refused with its field", "[inventory]") {
    const auto refused = [](const char* text) {
        const auto count = build_count(command<v1::RecordCount>(text), now);
        return count ? std::string{} : count.error().field;
    };
    CHECK(refused(R"(lines { sku: "A" quantity: "1" })") == "session");
    CHECK(refused(R"(session: "s")") == "lines");
    CHECK(refused(R"(session: "s" state: SESSION_STATE_SUBMITTED)") == "");
    CHECK(refused(R"(session: "s" lines { sku: "A" })") == "lines[0].quantity");
    CHECK(refused(R"(session: "s" lines { sku: "A" quantity: "-1" })") == "lines[0].quantity");
    CHECK(refused(R"(session: "s" lines { quantity: "1" })") == "lines[0].sku");
    CHECK(refused(R"(session: "s" lines { gtin: "96385075" quantity: "1" })") == "lines[0].gtin");
}

TEST_CASE("inventory: an adjustment is signed and says why", "[inventory]") {
    const auto moved = build_adjustment(command<v1::RecordAdjustment>(R"(reason: "damaged"
        lines { sku: "A" quantity: "-3" unit_value: "1.985" })"),
                                        now);
    REQUIRE(moved);
    CHECK(moved->lines(0).quantity().mantissa() == -3);
    CHECK(moved->lines(0).unit_value().scale() == 3);
    const auto refused = [](const char* text) {
        return build_adjustment(command<v1::RecordAdjustment>(text), now).error().field;
    };
    CHECK(refused(R"(lines { sku: "A" quantity: "-3" })") == "lines[0].reason");
    CHECK(refused(R"(reason: "x" lines { sku: "A" quantity: "0" })") == "lines[0].quantity");
}

TEST_CASE("inventory: a foreign system's adjustment is kept, with its doubts", "[inventory]") {
    const auto moved = build_adjustment(
        command<v1::RecordAdjustment>(
            R"(source { system: "uci" number: "C537000" } lines { sku: "A" quantity: "0" })"),
        now);
    REQUIRE(moved);
    CHECK(moved->source().number() == "C537000");
    REQUIRE(moved->source().doubts_size() == 2);
    CHECK(moved->source().doubts(0).field() == "lines[0].quantity");
    CHECK(moved->source().doubts(1).field() == "lines[0].reason");
}
