#include "tests/sim/machine.hpp"

namespace till::sim {

using Fault = SimDisk::Fault;

Machine::Machine(Schedule& schedule, const std::string& name, bool lies_about_sync)
    : schedule_{schedule}, disk_{name, schedule.engine()()}, clock_{schedule}, name_{name} {
    disk_.lie_about_sync(lies_about_sync);
}

void Machine::start() {
    if (running_) return;
    if (!disk_.is_on()) {
        disk_.power_on();
        clock_.reboot();
    }
    running_ = true;
    ++run_;
    const bool open = open_all();
    if (!running_) return;  // It fell again, and comes back by itself.
    open ? run() : restart_after(2'000);
}

void Machine::later(std::uint64_t milliseconds, std::function<void()> what) {
    schedule_.after(milliseconds, [this, run = run_, what = std::move(what)] {
        if (run == run_ && running_) what();
    });
}

void Machine::restart_after(std::uint64_t milliseconds) {
    running_ = false;
    ++run_;
    schedule_.after(milliseconds, [this, run = run_] {
        if (run == run_) start();
    });
}

void Machine::fell() {
    if (running_) tell("falls");
    cut_connections(disk_.is_on());
    restart_after(schedule_.between(500, 20'000));
}

void Machine::fall(Fault how) {
    if (!running_) return;
    ++schedule_.counts.cuts;
    how == Fault::power_cut ? disk_.power_cut() : disk_.kill();
    fell();
}

void Machine::break_disk(SimDisk::Plan plan) {
    const bool cut = plan.fault == Fault::power_cut || plan.fault == Fault::kill;
    ++(cut ? schedule_.counts.cuts : schedule_.counts.faults);
    disk_.arm(std::move(plan));
}

void Machine::fill_disk() {
    ++schedule_.counts.faults;
    disk_.capacity(disk_.used() + schedule_.below(50'000));
}

void Machine::heal() {
    disk_.disarm();
    disk_.capacity(0);
}

}  // namespace till::sim
