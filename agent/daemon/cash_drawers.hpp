#pragma once

#include "agent/api/counter_devices.hpp"
#include "drivers/printer/printer.hpp"
#include "sync/wire/commands.pb.h"

#include <vector>

namespace till {

/// What the cash drawers of this machine's receipt printers did, by order and without one. Each change gives
/// what the journal is to be told of it, if anything. Knows no device, no clock and no loop.
class CashDrawers {
public:
    using Fact = std::optional<tillstream::v1::RecordDrawer>;

    void printer_there(const std::string& port);
    void printer_gone(const std::string& port);
    /// An opening that nobody ordered, or that was before anybody looked.
    Fact status(const std::string& port, const drivers::DrawerStatus& status);

    /// As CounterDevices::drawer.
    Result<CounterDevices::Drawer> find(const std::string& port) const;
    /// A pulse is about to go out: the next opening is its.
    void ordered(const std::string& port, Seq order);
    /// The order's time is over. Nothing where the drawer opened, or cannot tell.
    Fact give_up(const std::string& port, Seq order, std::string cause);

    /// Whether any is open; nothing where none can tell.
    std::optional<bool> open() const;

private:
    struct Drawer {
        std::string port;
        std::optional<drivers::DrawerStatus> status = {};  // Nothing: its printer has not said.
        std::optional<Seq> waits_for = {};
    };
    Drawer* at(const std::string& port);

    std::vector<Drawer> drawers_;  // In the order in which their printers came.
};

}  // namespace till
