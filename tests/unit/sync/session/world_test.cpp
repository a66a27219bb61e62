#include "tests/unit/sync/session/world.hpp"

#include <catch2/catch.hpp>

using till::sync::test::World;

namespace {

/// A life of `steps` small things with a misfortune in one of `calm` of them.
void live(World& world, std::uint64_t seed, int steps, unsigned calm) {
    std::mt19937_64 chance{seed};
    for (int i = 0; i < steps; ++i) {
        if (chance() % 6 == 0) world.capture(chance() % 100 == 0 ? 300'000 : 400);
        if (calm != 0 && chance() % calm == 0) world.misfortune();
        world.step();
    }
}

}  // namespace

TEST_CASE("session: with nothing going wrong everything is committed once and in order",
          "[session]") {
    World world{1};
    live(world, 2, 3000, 0);
    REQUIRE(world.settle());
    CHECK(world.wrong().value_or("") == "");
    CHECK(world.forks == 0);
    CHECK(world.journals.at(0).records.size() > 300);
}

TEST_CASE(
    "session: whatever is cut, lost, delayed or restored, what is acknowledged is committed once",
    "[session][sim]") {
    const std::uint64_t seed = GENERATE(range(0, 300));
    CAPTURE(seed);
    World world{seed};
    live(world, seed * 31 + 7, 1500, 5 + static_cast<unsigned>(seed % 60));
    REQUIRE(world.settle());
    CHECK(world.wrong().value_or("") == "");
}

TEST_CASE(
    "session: while the centre's disk is full nothing is acknowledged, then everything drains",
    "[session]") {
    World world{8};
    for (int i = 0; i < 100; ++i) world.capture(300);
    world.fill_disk();
    for (int i = 0; i < 2000; ++i) world.step();
    CHECK(world.refused > 1);
    CHECK(world.journals[0].acknowledged == till::Seq{0});
    REQUIRE(world.settle());
    CHECK(world.wrong().value_or("") == "");
    CHECK(world.overtaken == 0);
}

TEST_CASE("session: a backlog larger than the window drains through credit", "[session]") {
    World world{5};
    for (int i = 0; i < 60; ++i) world.capture(600'000);
    REQUIRE(world.settle());
    CHECK(world.wrong().value_or("") == "");
}

TEST_CASE("session: a centre restored from its backup is filled again from the journal",
          "[session]") {
    World world{6};
    for (int i = 0; i < 50; ++i) world.capture(300);
    REQUIRE(world.settle());
    world.back_up();
    for (int i = 0; i < 50; ++i) world.capture(300);
    REQUIRE(world.settle());
    world.restore_centre();
    REQUIRE(world.settle());
    CHECK(world.wrong().value_or("") == "");
    CHECK(world.forks == 0);
    CHECK(world.centre.journals.at(world.journals[0].id).records.size() == 100);
}

TEST_CASE("session: a disk restored from an older copy goes on in a new journal, losing nothing",
          "[session]") {
    World world{7};
    for (int i = 0; i < 20; ++i) world.capture(300);
    REQUIRE(world.settle());
    world.copy_disk();
    for (int i = 0; i < 20; ++i) world.capture(300);
    REQUIRE(world.settle());
    world.restore_disk();
    for (int i = 0; i < 5; ++i) world.capture(300);  // Other records with the numbers 21 to 25.
    REQUIRE(world.settle());
    CHECK(world.wrong().value_or("") == "");
    REQUIRE(world.journals.size() == 2);
    CHECK(world.journals[1].predecessor == world.journals[0].id);
    CHECK(world.centre.branches.at(world.journals[0].id).size() == 5);
}

TEST_CASE("session: the simulated world does meet forks, overtaking and many acks",
          "[session][sim]") {
    std::size_t acks = 0;
    std::size_t forks = 0;
    std::size_t overtaken = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        World world{seed};
        live(world, seed * 31 + 7, 1500, 5 + static_cast<unsigned>(seed % 60));
        acks += world.acks;
        forks += world.forks;
        overtaken += world.overtaken;
    }
    CAPTURE(acks, forks, overtaken);
    CHECK(acks > 1000);
    CHECK(forks > 20);
    CHECK(overtaken > 5);
}
