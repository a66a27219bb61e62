#include "agent/daemon/cash_drawers.hpp"

#include <algorithm>
#include <utility>

namespace till {

namespace v1 = tillstream::v1;

namespace {

v1::RecordDrawer opened(const std::string& port, v1::DrawerOpened::Cause cause) {
    v1::RecordDrawer fact;
    fact.mutable_opened()->set_cause(cause);
    fact.mutable_opened()->set_sensed(true);
    fact.mutable_opened()->set_port(port);
    return fact;
}

}  // namespace

CashDrawers::Drawer* CashDrawers::at(const std::string& port) {
    const auto found = std::ranges::find(drawers_, port, &Drawer::port);
    return found == drawers_.end() ? nullptr : &*found;
}

void CashDrawers::printer_there(const std::string& port) {
    printer_gone(port);
    drawers_.push_back({.port = port});
}

void CashDrawers::printer_gone(const std::string& port) {
    std::erase_if(drawers_, [&](const Drawer& each) { return each.port == port; });
}

CashDrawers::Fact CashDrawers::status(const std::string& port, const drivers::DrawerStatus& now) {
    Drawer* const drawer = at(port);
    if (drawer == nullptr) return {};
    const bool was_open = drawer->status && drawer->status->open;
    const bool looked_before = drawer->status.has_value();
    drawer->status = now;
    if (!now.open || was_open) return {};
    if (std::exchange(drawer->waits_for, std::nullopt)) return {};
    return opened(port, looked_before ? v1::DrawerOpened::CAUSE_WITHOUT_ORDER
                                      : v1::DrawerOpened::CAUSE_FOUND_OPEN);
}

Result<CounterDevices::Drawer> CashDrawers::find(const std::string& port) const {
    if (drawers_.empty())
        return Error{
            Errc::not_found,
            "no cash drawer here: its receipt printer must be plugged into this machine by USB, be "
            "of a "
            "kind that tillctl devices --watch shows, and the settings must say printers = true in "
            "[devices]"};
    std::string ports;
    for (const Drawer& each : drawers_) {
        ports += (ports.empty() ? "" : ", ") + each.port;
        if (!port.empty() && each.port != port) continue;
        if (each.status && each.status->printer_offline)
            return Error{Errc::busy,
                         "the printer that opens the drawer is offline: look at its paper "
                         "and its cover, then ask again"};
        return CounterDevices::Drawer{.port = each.port, .sensed = each.status.has_value()};
    }
    return Error{Errc::not_found, "no receipt printer is plugged in there", "port", ports};
}

void CashDrawers::ordered(const std::string& port, Seq order) {
    Drawer* const drawer = at(port);
    if (drawer != nullptr && drawer->status && !drawer->status->open) drawer->waits_for = order;
}

CashDrawers::Fact CashDrawers::give_up(const std::string& port, Seq order, std::string cause) {
    Drawer* const drawer = at(port);
    if (drawer == nullptr || drawer->waits_for != order) return {};
    drawer->waits_for.reset();
    v1::RecordDrawer fact;
    fact.mutable_stayed_shut()->set_ordered(order.value());
    fact.mutable_stayed_shut()->set_cause(std::move(cause));
    return fact;
}

std::optional<bool> CashDrawers::open() const {
    std::optional<bool> any;
    for (const Drawer& each : drawers_)
        if (each.status) any = any.value_or(false) || each.status->open;
    return any;
}

}  // namespace till
