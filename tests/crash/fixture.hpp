#pragma once

#include "agent/runtime/log.hpp"
#include "tests/crash/sim_targets.hpp"
#include "tests/crash/workload.hpp"

#include <catch2/catch.hpp>

namespace till::crash {

using Make = std::unique_ptr<Target> (*)(SimDisk&);

/// The power goes now, and nothing that was not synced is kept: "" when all that was answered is there.
inline std::string after_a_cut(SimDisk& disk, Target& target, const Book& book) {
    disk.power_cut(SimDisk::Cut::lose_all);
    target.close();  // Dead already: a close in good order would sync.
    disk.power_on();
    return examine(target, book);
}

/// Thousands of faults are not worth a line each.
struct Quiet {
    Quiet() { set_log_level(LogLevel::off); }
    ~Quiet() { set_log_level(LogLevel::info); }
};

}  // namespace till::crash
