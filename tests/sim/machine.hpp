#pragma once

#include "tests/sim/schedule.hpp"
#include "tests/support/sim_disk.hpp"

#include <functional>
#include <optional>
#include <string>

namespace till::sim {

/// A computer with a disk and a process on it: both may go at any moment, and come back by themselves.
class Machine {
public:
    Machine(const Machine&) = delete;
    virtual ~Machine() = default;

    void start();  ///< The power or the process comes back.
    bool is_running() const { return running_; }

    // What may go wrong with it.
    void fall(SimDisk::Fault how);  ///< Power cut or kill, now.
    virtual void break_disk(SimDisk::Plan plan);
    void fill_disk();
    virtual void cut_connections(bool with_notice) = 0;
    void heal();

protected:
    Machine(Schedule& schedule, const std::string& name, bool lies_about_sync);

    /// Opens everything; false, with why in the story, when it cannot now. True, and not running: it
    /// fell meanwhile.
    virtual bool open_all() = 0;
    virtual void run() = 0;  ///< All is open.

    /// What the machine did not live to see happened to nobody.
    template <class F>
    auto on_disk(F f) -> std::optional<decltype(f())> {
        const auto life = disk_.life();
        auto result = f();
        if (disk_.life() == life && disk_.is_on()) return std::optional{std::move(result)};
        fell();
        return std::nullopt;
    }
    /// Void when the process is another one by then.
    void later(std::uint64_t milliseconds, std::function<void()> what);
    void fell();
    void restart_after(std::uint64_t milliseconds);  ///< Ends what runs, quietly.
    Times now() { return clock_.now(); }
    void tell(const std::string& line) const { schedule_.tell(name_ + " " + line); }
    std::uint64_t which_run() const { return run_; }

    Schedule& schedule_;
    SimDisk disk_;
    MachineClock clock_;

private:
    std::string name_;
    bool running_ = false;
    std::uint64_t run_ = 0;  // Which start this is: what was planned in an earlier one is void.
};

}  // namespace till::sim
