#include "agent/core/ids.hpp"
#include "agent/customer/card_guard.hpp"
#include "agent/customer/card_scan.hpp"
#include "sync/wire/commands.pb.h"

#include <catch2/catch.hpp>

#include <random>

using namespace till;

namespace {

/// `digits` with a last one that makes the whole pass Luhn.
std::string with_luhn(std::string digits) {
    for (char c = '0'; c <= '9'; ++c)
        if (passes_luhn(digits + c)) return digits + c;
    return digits;
}

std::string random_digits(std::mt19937_64& random, std::size_t count) {
    std::string digits;
    while (digits.size() < count) digits += static_cast<char>('0' + random() % 10);
    return digits;
}

/// A card number of a brand, as people and machines write it.
std::string random_card(std::mt19937_64& random) {
    const std::pair<const char*, std::size_t> brands[] = {
        {"4", 16}, {"51", 16}, {"2221", 16}, {"34", 15}, {"36", 14}, {"3528", 16}, {"62", 19}};
    const auto& [prefix, length] = brands[random() % std::size(brands)];
    const std::string head{prefix};
    return with_luhn(head + random_digits(random, length - 1 - head.size()));
}

std::string separated(std::string digits, std::mt19937_64& random) {
    const char* separators[] = {"", " ", "-", ".", " - "};
    const std::string between = separators[random() % 4];
    for (std::size_t i = 4; !between.empty() && i < digits.size(); i += 4 + between.size())
        digits.insert(i, between);
    return digits;
}

/// Without what may stand between digits, so that a number split up is found, too.
std::string joined(const std::string& text) {
    std::string out;
    for (const char c : text)
        if (c != ' ' && c != '-' && c != '.') out += c;
    return out;
}

std::string digits_of(const std::string& text) {
    std::string digits;
    for (const char c : text)
        if (c >= '0' && c <= '9') digits += c;
    return digits;
}

}  // namespace

TEST_CASE("customer: no card number survives in any text of a command", "[customer]") {
    std::mt19937_64 random{2026};
    for (int i = 0; i < 100'000; ++i) {
        const std::string card = random_card(random);
        const std::string written = "paid with " + separated(card, random) + " thanks";
        v1::RecordTransaction command;
        command.add_lines()->set_description(written);
        command.set_order_id(card);
        command.add_tenders()->set_reference("ref " + separated(card, random));
        (*command.mutable_source()->mutable_stated()->mutable_other())["note"] = written;
        command.mutable_lines(0)->set_sku(card);
        REQUIRE(*guard_cards(command, {}));
        const std::string bytes = joined(command.SerializeAsString());
        CAPTURE(written);
        REQUIRE(bytes.find(card) == std::string::npos);
        REQUIRE(bytes.find(card.substr(0, 7)) == std::string::npos);
    }
}

TEST_CASE("customer: in free text whatever passes Luhn goes, whoever issued it", "[customer]") {
    std::mt19937_64 random{3};
    for (int i = 0; i < 100'000; ++i) {
        const std::string number = with_luhn(random_digits(random, 12 + random() % 7));
        std::string text = separated(number, random);
        CAPTURE(text);
        REQUIRE(mask_cards(text, CardScan::free_text));
        REQUIRE(digits_of(text).size() <= 10);
        REQUIRE(digits_of(text).starts_with(number.substr(0, 6)));
        REQUIRE(digits_of(text).ends_with(number.substr(number.size() - 4)));
    }
}

TEST_CASE("customer: article numbers and other systems' numbers survive", "[customer]") {
    std::mt19937_64 random{4};
    int kept = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string gtin = "50" + random_digits(random, 10);
        int sum = 0;
        for (std::size_t n = 0; n < 12; ++n) sum += (gtin[n] - '0') * (n % 2 == 0 ? 1 : 3);
        gtin += static_cast<char>('0' + (10 - sum % 10) % 10);
        v1::RecordTransaction command;
        command.add_lines()->set_gtin(gtin);
        command.mutable_lines(0)->set_sku(gtin);
        command.mutable_source()->set_number("20261123" + random_digits(random, 8));
        const std::string before = command.SerializeAsString();
        REQUIRE_FALSE(*guard_cards(command, {}));
        REQUIRE(command.SerializeAsString() == before);
        kept += passes_luhn(gtin) ? 1 : 0;
    }
    CHECK(kept > 1000);  // One in ten would have been masked in free text.
}

TEST_CASE("customer: the shop's own cards are exempt by their prefix", "[customer]") {
    const std::string card = with_luhn("29800000000123");
    v1::RecordTransaction command;
    command.add_lines()->set_description(card);
    CHECK_FALSE(*guard_cards(command, {.default_country = "TW", .loyalty_prefixes = {"2980"}}));
    CHECK(*guard_cards(command, {}));
}

TEST_CASE("customer: track data is refused, and the refusal does not repeat it", "[customer]") {
    for (const char* track :
         {"%B4111111111111111^DOE/JANE^2512101", ";4111111111111111=25121010000000000000?",
          "4111111111111111=2512101", "4111111111111111D2512101"}) {
        v1::RecordTransaction command;
        command.add_lines();
        command.add_lines()->set_description(std::string{"swiped "} + track);
        const auto guarded = guard_cards(command, {});
        CAPTURE(track);
        REQUIRE_FALSE(guarded);
        CHECK(guarded.error().field == "lines[1].description");
        CHECK(guarded.error().detail.find("4111") == std::string::npos);
    }
    v1::RecordTransaction fine;
    fine.add_lines()->set_description("5 kg = 11 lb; 2 x 1.99 ^");
    CHECK_FALSE(*guard_cards(fine, {}));
}

TEST_CASE("customer: a key of dates and counters, or a UUID, is no card; a card in a key is",
          "[customer]") {
    for (int i = 0; i < 20'000; ++i) {
        const auto key = "sim-42-2026-11-23-2-" + std::to_string(100'000 + i).substr(1);
        CAPTURE(key);
        REQUIRE(check_no_card(key, "Idempotency-Key"));
    }
    std::mt19937_64 random{42};
    for (int i = 0; i < 300'000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        // Digits alone, the worst a UUID can be, every second time.
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(i % 2 ? random() : random() % 10 * 16 + random() % 10);
        const auto uuid = Uuid::from_random(bytes).text();
        CAPTURE(uuid);
        REQUIRE(check_no_card(uuid, "Idempotency-Key"));
        REQUIRE_FALSE(looks_like_card(uuid, {}));
    }
    CHECK(looks_like_card("4111-1111-1111-1111", {}));
    for (const char* key : {"4111111111111111", "4111-1111-1111-1111", "pay 3782 822463 10005",
                            "x-5555555555554444"}) {
        CAPTURE(key);
        CHECK_FALSE(check_no_card(key, "Idempotency-Key"));
    }
}
