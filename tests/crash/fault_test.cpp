#include "tests/crash/fixture.hpp"

using namespace till;
using namespace till::crash;
using Op = SimDisk::Op;
using Fault = SimDisk::Fault;

namespace {

/// How often the workload does `op` when nothing fails, on databases that are made already.
std::uint64_t count(Make make, Op op) {
    SimDisk disk{"count"};
    const auto target = make(disk);
    Book book;
    examine(*target, book);
    const auto before = disk.done(op);
    work(*target, book);
    return disk.done(op) - before;
}

}  // namespace

TEST_CASE_METHOD(Quiet,
                 "crash: whichever call to the disk fails once, the work goes on and is kept",
                 "[crash]") {
    const Make make = GENERATE(sim_device, sim_centre);
    const Op op = GENERATE(Op::read, Op::write, Op::sync, Op::truncate, Op::open);
    const std::uint64_t calls = count(make, op);
    CAPTURE(op);
    for (std::uint64_t nth = 1; nth <= calls; ++nth) {
        CAPTURE(nth);
        SimDisk disk{"once", nth};
        const auto target = make(disk);
        Book book;
        REQUIRE(examine(*target, book) == "");
        disk.arm({.ops = {op}, .nth = nth});
        REQUIRE(work(*target, book) == "");
        disk.disarm();
        REQUIRE(after_a_cut(disk, *target, book) == "");
    }
}

// What a failed fsync should have made durable must be made so by another before it is answered for.
TEST_CASE_METHOD(Quiet,
                 "crash: the first answer after a failed call outlives a power cut right then",
                 "[crash]") {
    const Make make = GENERATE(sim_device, sim_centre);
    const Op op = GENERATE(Op::write, Op::sync);
    const Fault fault = GENERATE(Fault::io, Fault::full);
    const std::uint64_t calls = count(make, op);
    CAPTURE(op);
    for (std::uint64_t nth = 1; nth <= calls; ++nth) {
        CAPTURE(nth);
        SimDisk disk{"answer", nth};
        const auto target = make(disk);
        Book book;
        REQUIRE(examine(*target, book) == "");
        disk.arm({.ops = {op}, .nth = nth, .fault = fault});
        const auto before = disk.done(op);
        const auto failed = [&] { return disk.done(op) - before >= nth; };
        REQUIRE(work(*target, book, {.stop = failed}) == "");
        disk.disarm();
        REQUIRE(after_a_cut(disk, *target, book) == "");
        REQUIRE(work(*target, book) == "");
    }
}

TEST_CASE_METHOD(Quiet, "crash: a disk that fails for good stops answers, not what was answered",
                 "[crash]") {
    const Make make = GENERATE(sim_device, sim_centre);
    const Op op = GENERATE(Op::read, Op::write, Op::sync, Op::truncate, Op::open);
    const std::uint64_t calls = count(make, op);
    CAPTURE(op);
    for (std::uint64_t nth = 1; nth <= calls; ++nth) {
        CAPTURE(nth);
        SimDisk disk{"for good", nth};
        const auto target = make(disk);
        Book book;
        REQUIRE(examine(*target, book) == "");
        disk.arm({.ops = {op}, .nth = nth, .for_ever = true});
        work(*target, book);
        disk.disarm();
        REQUIRE(after_a_cut(disk, *target, book) == "");
        REQUIRE(work(*target, book) == "");
        REQUIRE(after_a_cut(disk, *target, book) == "");
    }
}

// What cannot be read now may be there in a moment; taken for damage, it would be set aside.
TEST_CASE_METHOD(
    Quiet, "crash: a disk that fails at a start is not taken for damage; the next finds it all",
    "[crash]") {
    const Make make = GENERATE(sim_device, sim_centre);
    const Op op = GENERATE(Op::read, Op::write, Op::sync, Op::truncate, Op::open);
    const bool for_ever = GENERATE(false, true);
    CAPTURE(op, for_ever);
    SimDisk disk{"start"};
    const auto target = make(disk);
    Book book;
    REQUIRE(examine(*target, book) == "");
    REQUIRE(work(*target, book) == "");
    for (std::uint64_t nth = 1;; ++nth) {
        CAPTURE(nth);
        target->close();
        disk.arm({.ops = {op}, .nth = nth, .for_ever = for_ever});
        const auto opened = target->open();
        const bool failed = disk.disarm();
        CHECK((opened || opened.error().code != Errc::corrupt));
        REQUIRE(after_a_cut(disk, *target, book) == "");
        if (!failed) break;
    }
}
