#include "tests/sim/world.hpp"

namespace till::sim {

using Fault = SimDisk::Fault;

namespace {

std::string in_words(const SimDisk::Plan& plan) {
    constexpr std::array faults{"an I/O error", "a full disk", "a misdirected write", "a kill",
                                "a power cut"};
    constexpr std::array ops{"read", "write", "sync", "truncation", "open", "removal"};
    std::string text = faults.at(static_cast<std::size_t>(plan.fault));
    text += " at operation " + std::to_string(plan.nth) + " of";
    for (const auto op : plan.ops) text += std::string{" "} + ops.at(static_cast<std::size_t>(op));
    return plan.for_ever ? text + ", for good" : text;
}

}  // namespace

World::World(std::uint64_t seed, Mutant mutant, bool verbose)
    : schedule_{seed}, centre_{schedule_, book_, mutant} {
    schedule_.verbose = verbose;
    SimDisk::seed_sqlite(static_cast<std::uint32_t>(seed * 2 + 1));
    // Some faults blur what others would show, so not every seed has every kind.
    astray_allowed_ = schedule_.one_in(4);
    clones_allowed_ = schedule_.one_in(3);
    restores_allowed_ = schedule_.one_in(2);
    const auto count = schedule_.between(1, 3);
    for (std::uint64_t i = 1; i <= count; ++i)
        tills_.push_back(
            std::make_unique<Till>(schedule_, book_, centre_, mutant, static_cast<int>(i)));
}

Counts World::run() {
    centre_.start();
    for (const auto& till : tills_) till->start();
    const std::uint64_t end = schedule_.between(30, 120) * 1'000;
    while (schedule_.now() < end) {
        schedule_.run_until(schedule_.now() + schedule_.between(100, 6'000));
        misfortune();
    }
    schedule_.tell("peace");
    make_peace();
    const std::uint64_t patience = schedule_.now() + 20 * 60'000;
    for (std::string why; !(why = unfinished()).empty();) {
        if (schedule_.now() > patience)
            throw Broken{"with everything healed for 20 minutes, " + why};
        schedule_.run_until(schedule_.now() + 3'000);
    }
    for (const auto& till : tills_) till->check_disk();
    centre_.check_all();
    return schedule_.counts;
}

void World::misfortune() {
    Till& till = *tills_[schedule_.below(tills_.size())];
    schedule_.one_in(3) ? befall_centre() : befall(till);
}

SimDisk::Plan World::some_plan(bool may_go_astray) {
    SimDisk::Plan plan{.nth = schedule_.between(1, 30)};
    switch (schedule_.below(may_go_astray ? 7 : 6)) {
        case 0:
        case 1:
            plan.fault = Fault::power_cut;
            break;
        case 2:
            plan.fault = Fault::kill;
            break;
        case 3:
            plan.ops = {SimDisk::Op::sync};
            plan.nth = schedule_.between(1, 4);
            break;
        case 4:
            plan.ops = {SimDisk::Op::read, SimDisk::Op::write, SimDisk::Op::sync};
            break;
        case 5:
            plan.for_ever = true;
            break;
        default:
            plan.ops = {SimDisk::Op::write};
            plan.fault = Fault::misdirected;
    }
    return plan;
}

void World::befall(Till& till) {
    const auto plan = [&] {
        auto made = some_plan(astray_allowed_);
        schedule_.tell("till-" + std::to_string(till.number()) + " is about to meet "
                       + in_words(made));
        return made;
    };
    switch (schedule_.below(14)) {
        case 0:
        case 1:
            return till.fall(Fault::power_cut);
        case 2:
            return till.fall(Fault::kill);
        case 3:
        case 4:
        case 5:
            return till.break_disk(plan());
        case 6:
            return till.heal();
        case 7:
            return till.fill_disk();
        case 8:
            ++schedule_.counts.faults;
            return till.cut_connections(schedule_.one_in(2));
        case 9:
            ++schedule_.counts.faults;
            return till.partition(schedule_.between(1'000, 60'000), schedule_.one_in(2));
        case 10:
            ++schedule_.counts.faults;
            return till.step_clock(static_cast<std::int64_t>(schedule_.below(600'000'000'000))
                                   - 300'000'000'000);
        case 11:
            return till.copy_disk();
        case 12:
            return clones_allowed_ ? static_cast<void>(till.set_back()) : till.copy_disk();
        default:
            return clones_allowed_ ? clone(till) : till.heal();
    }
}

void World::clone(Till& till) {
    if (tills_.size() >= 5 || till.has_forked() || !till.is_running()) return;
    ++schedule_.counts.faults;
    const int number = static_cast<int>(tills_.size()) + 1;
    schedule_.tell("till-" + std::to_string(number) + " is a copy of till-"
                   + std::to_string(till.number()));
    tills_.push_back(std::make_unique<Till>(till, number));
    tills_.back()->start();
}

void World::befall_centre() {
    switch (schedule_.below(9)) {
        case 0:
        case 1:
            return centre_.fall(Fault::power_cut);
        case 2:
            return centre_.fall(Fault::kill);
        case 3:
        case 4:
            return centre_.break_disk(some_plan(false));
        case 5:
            return schedule_.one_in(2) ? centre_.fill_disk() : centre_.heal();
        case 6:
            ++schedule_.counts.faults;
            return centre_.cut_connections(schedule_.one_in(2));
        case 7:
            return centre_.back_up();
        default:
            return restores_allowed_ && schedule_.one_in(2) ? static_cast<void>(centre_.restore())
                                                            : centre_.heal();
    }
}

void World::make_peace() {
    centre_.heal();
    for (const auto& till : tills_) {
        till->heal();
        till->stop_selling();
        till->cut_connections(
            true);  // An ack that could not be noted comes again with the welcome.
    }
}

std::string World::unfinished() const {
    for (const auto& till : tills_)
        if (auto why = till->why_not_drained(); !why.empty()) return why;
    return centre_.is_projected() ? "" : "the projection is behind";
}

}  // namespace till::sim
