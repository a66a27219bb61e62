#pragma once

#include "tests/sim/centre.hpp"
#include "tests/sim/till.hpp"

#include <memory>
#include <vector>

namespace till::sim {

/// One seed: a centre and some tills, a while of everything that may go wrong, then peace, in which all
/// must drain; and at the end every promise is checked. Throws Broken.
class World {
public:
    World(std::uint64_t seed, Mutant mutant, bool verbose);
    Counts run();
    const Counts& counts() const { return schedule_.counts; }

private:
    void misfortune();
    void befall(Till& till);
    void befall_centre();
    void clone(Till& till);
    SimDisk::Plan some_plan(bool may_go_astray);
    void make_peace();
    std::string unfinished() const;

    Schedule schedule_;
    Book book_;
    Centre centre_;
    std::vector<std::unique_ptr<Till>> tills_;
    bool astray_allowed_, clones_allowed_, restores_allowed_;
};

}  // namespace till::sim
