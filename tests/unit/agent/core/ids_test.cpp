#include "agent/core/ids.hpp"
#include "agent/core/secret.hpp"

#include <catch2/catch.hpp>

#include <type_traits>

using namespace till;

// A till that adds cents to yen, or acknowledges a generation, must not build.
static_assert(!std::is_convertible_v<std::uint64_t, Seq>);
static_assert(!std::is_convertible_v<JournalId, DeviceId>);
static_assert(!std::is_copy_constructible_v<Secret>);

TEST_CASE("core: a UUID reads back from its text and from its bytes", "[core]") {
    std::array<std::uint8_t, 16> random{};
    random.fill(0xff);
    const Uuid uuid = Uuid::from_random(random);
    CHECK(uuid.text() == "ffffffff-ffff-4fff-bfff-ffffffffffff");
    CHECK(*Uuid::parse(uuid.text()) == uuid);
    CHECK(*Uuid::parse("FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF") == uuid);
    CHECK(*Uuid::from_bytes(uuid.bytes()) == uuid);
    CHECK(Uuid{}.is_nil());
}

TEST_CASE("core: a UUID of another shape is refused", "[core]") {
    for (const char* text :
         {"", "ffffffffffff4fffbfffffffffffffff", "ffffffff-ffff-4fff-bfff-fffffffffff",
          "gfffffff-ffff-4fff-bfff-ffffffffffff", "ffffffffffff--4fff-bfff-ffffffffffff"}) {
        CAPTURE(text);
        CHECK_FALSE(Uuid::parse(text));
    }
    CHECK_FALSE(Uuid::from_bytes("short"));
}
