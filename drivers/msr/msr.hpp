#pragma once

#include "drivers/decode/msr_report.hpp"
#include "drivers/usb/hid_interface.hpp"

#include <functional>

namespace till::drivers {

/// Called on the loop: the swipe, or nothing for one that was dropped because it may be a payment card.
using OnSwipe = std::function<void(const std::optional<LoyaltySwipe>&)>;

/// Reads a card reader until it is gone (closed), the caller cancels (abandoned), or it has sent nonsense too
/// often. What passes as a payment card's number is overwritten before anything else sees it (PCI DSS 3.3).
asio::awaitable<Result<void>> read_msr(HidInterface hid, MsrReportLayout layout, OnSwipe on_swipe);

}  // namespace till::drivers
