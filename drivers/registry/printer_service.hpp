#pragma once

#include "drivers/printer/printer.hpp"
#include "drivers/registry/attended.hpp"

// Private to the module: a receipt printer among the devices.
namespace till::drivers::detail {

/// Watches it; what its drawer does is heard.
asio::awaitable<Result<void>> serve_printer(std::shared_ptr<ReceiptPrinter> printer, Attended& one);

Obey obey_by_pulse(std::shared_ptr<ReceiptPrinter> printer);

}  // namespace till::drivers::detail
