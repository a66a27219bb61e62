#include "drivers/registry/hid_orders.hpp"

#include "agent/core/match.hpp"
#include "drivers/decode/hid_order.hpp"

#include <array>
#include <span>

namespace till::drivers::detail {

namespace {

// Of the scanner page its two beeps; of the scale page "zero scale".
constexpr std::array beeps{hid_usage(0x8C, 0x86), hid_usage(0x8C, 0x85)};
constexpr std::array zero{hid_usage(0x8D, 0x80)};

std::span<const HidUsage> usages(const DeviceOrder& order) {
    using Usages = std::span<const HidUsage>;
    return std::visit(
        Match{[](PageScanner) { return Usages{beeps}; }, [](ZeroScale) { return Usages{zero}; },
              [](const auto&) { return Usages{}; }},
        order);
}

asio::awaitable<Result<void>> tell([[maybe_unused]] std::shared_ptr<UsbPipe> lives,
                                   HidInterface hid, DeviceOrder order) {
    for (const HidUsage usage : usages(order)) {
        auto found = find_order(hid.descriptor(), usage);
        if (!found) continue;
        Bytes report = std::move(found->report);
        co_return co_await hid.send(found->kind, std::move(report));
    }
    co_return Error{Errc::unsupported, "by its descriptor this device has no such order"};
}

}  // namespace

Obey obey_by_reports(std::shared_ptr<UsbPipe> pipe, HidInterface hid) {
    return [pipe = std::move(pipe), hid = std::move(hid)](DeviceOrder order) {
        return tell(pipe, hid, order);
    };
}

}  // namespace till::drivers::detail
