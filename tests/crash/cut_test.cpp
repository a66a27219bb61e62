#include "tests/crash/fixture.hpp"

using namespace till;
using namespace till::crash;
using Fault = SimDisk::Fault;

TEST_CASE_METHOD(Quiet, "crash: what was answered outlives a power cut at every write and sync",
                 "[crash]") {
    const Make make = GENERATE(sim_device, sim_centre);
    const auto cut = GENERATE(SimDisk::Cut::seeded, SimDisk::Cut::lose_all, SimDisk::Cut::keep_all);
    bool happened = true;
    std::uint64_t nth = 1;
    for (; happened; ++nth) {
        CAPTURE(nth);
        SimDisk disk{"cut", nth};
        const auto target = make(disk);
        Book book;
        // Making the databases is cut in all seeded ways; that is most of the writes.
        if (cut != SimDisk::Cut::seeded) REQUIRE(examine(*target, book) == "");
        disk.arm({.nth = nth, .fault = Fault::power_cut, .cut = cut});
        work(*target, book);
        happened = disk.disarm();
        target->close();
        disk.power_on();
        REQUIRE(examine(*target, book) == "");
        REQUIRE(work(*target, book) == "");
        REQUIRE(after_a_cut(disk, *target, book) == "");
    }
    CHECK(nth > 100);
}

// Whoever finds a record of an earlier life must make it durable before it is answered for.
TEST_CASE_METHOD(Quiet, "crash: killed at every write and sync, nothing is answered from memory",
                 "[crash]") {
    const Make make = GENERATE(sim_device, sim_centre);
    bool happened = true;
    std::uint64_t nth = 1;
    for (; happened; ++nth) {
        CAPTURE(nth);
        SimDisk disk{"kill", nth};
        const auto target = make(disk);
        Book book;
        disk.arm({.nth = nth, .fault = Fault::kill, .for_ever = true});
        work(*target, book);
        happened = disk.disarm();
        target->close();
        REQUIRE(work(*target, book, {.stop = [] { return true; }}) == "");
        REQUIRE(after_a_cut(disk, *target, book) == "");
        REQUIRE(work(*target, book) == "");
        REQUIRE(after_a_cut(disk, *target, book) == "");
    }
    CHECK(nth > 100);
}
