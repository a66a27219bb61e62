// SQLite's own allocations fail. What then ends in std::bad_alloc ends the program (agent/store): that
// is a process killed between two instructions, and must cost nothing that was answered.

#include "tests/crash/fixture.hpp"

#include <sqlite3.h>

#include <new>

using namespace till;
using namespace till::crash;

namespace {

/// Stands before SQLite's allocator from the first allocation on.
class Memory {
public:
    Memory() {
        sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_);
        sqlite3_mem_methods methods = real_;
        methods.xMalloc = [](int bytes) -> void* {
            return is_refused() ? nullptr : real_.xMalloc(bytes);
        };
        methods.xRealloc = [](void* old, int bytes) -> void* {
            return is_refused() ? nullptr : real_.xRealloc(old, bytes);
        };
        sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
        // Small objects come out of a pool of each connection, which would hide most allocations.
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    }

    static void refuse(std::uint64_t nth, bool for_good) {
        nth_ = nth;
        for_good_ = for_good;
        asked_ = 0;
    }
    static void give() { nth_ = 0; }
    static std::uint64_t asked() { return asked_; }

private:
    static bool is_refused() {
        ++asked_;
        return nth_ != 0 && (for_good_ ? asked_ >= nth_ : asked_ == nth_);
    }

    static inline sqlite3_mem_methods real_{};
    static inline std::uint64_t asked_ = 0, nth_ = 0;
    static inline bool for_good_ = false;
};

const Memory memory;  // Before main: nothing has opened a database yet.

/// "" when it came to its end, or ended as a program does that has no memory left.
std::string work_or_end(Target& target, Book& book) {
    try {
        static_cast<void>(work(target, book));
    } catch (const std::bad_alloc&) { return "ended"; }
    return {};
}

std::uint64_t count(Make make) {
    SimDisk disk{"count"};
    const auto target = make(disk);
    Book book;
    examine(*target, book);
    Memory::refuse(0, false);
    work(*target, book);
    return Memory::asked();
}

constexpr std::uint64_t samples = 300;  // Of some thousand allocations; each was tried by hand.

}  // namespace

TEST_CASE_METHOD(Quiet, "crash: whichever allocation of SQLite fails, what was answered is kept",
                 "[crash]") {
    const Make make = GENERATE(sim_device, sim_centre);
    const bool for_good = GENERATE(false, true);
    const std::uint64_t calls = count(make);
    REQUIRE(calls > 1000);
    std::size_t ended = 0;
    for (std::uint64_t nth = 1; nth <= calls; nth += 1 + calls / samples) {
        CAPTURE(for_good, nth, calls);
        SimDisk disk{"memory", nth};
        const auto target = make(disk);
        Book book;
        REQUIRE(examine(*target, book) == "");
        Memory::refuse(nth, for_good);
        ended += work_or_end(*target, book).empty() ? 0 : 1;
        Memory::give();
        disk.kill();
        target->close();
        disk.power_on();
        REQUIRE(examine(*target, book) == "");
        REQUIRE(work(*target, book) == "");
        REQUIRE(after_a_cut(disk, *target, book) == "");
    }
    CHECK(ended > 0);
}
