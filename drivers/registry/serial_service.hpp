#pragma once

#include "drivers/registry/attended.hpp"
#include "drivers/scanner/scanner.hpp"

#include <memory>

// Private to the module: what a scanner on a tty and one on a CDC-ACM port have in common.
namespace till::drivers::detail {

/// Reads it, after telling it its settings. A setting that it does not take is said; it scans on.
asio::awaitable<Result<void>> serve_serial(std::shared_ptr<SerialScanner> scanner,
                                           ScannerSettings settings, Attended& one);

Obey obey_by_dialect(std::shared_ptr<SerialScanner> scanner);

}  // namespace till::drivers::detail
