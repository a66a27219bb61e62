#pragma once

#include "drivers/decode/hid_descriptor.hpp"

#include <optional>

namespace till::drivers {

/// A report that tells a device to do one thing.
struct HidOrder {
    HidReportKind kind = HidReportKind::output;
    Bytes report;  ///< Its id first, where reports are numbered.
};

/// The output report, else the feature report, in which the element with `usage` is 1 and every other bit 0.
/// Nothing where the device has no such element.
std::optional<HidOrder> find_order(const HidDescriptor& descriptor, HidUsage usage);

}  // namespace till::drivers
