#pragma once

#include "tests/usb/port.hpp"

#include <vector>

using UMockdevTestbed = struct _UMockdevTestbed;

namespace till::usbsim {

/// What one scenario plugs devices into: umockdev's emulated bus, or this machine's own kernel.
class Bench {
    UMockdevTestbed* testbed_;                      // None: the kernel.
    std::vector<std::shared_ptr<Device>> devices_;  // They outlive what they are plugged into.
    std::unique_ptr<Port> first_, second_;

public:
    explicit Bench(bool on_kernel);

    std::unique_ptr<Port> port(const std::string& name) const;
    template <class Kind, class... Arguments>
    Kind& make(Arguments&&... arguments) {
        auto made = std::make_shared<Kind>(std::forward<Arguments>(arguments)...);
        devices_.push_back(made);
        return *made;
    }

    Port &first, &second;  ///< "1-1" and "1-2".
};

}  // namespace till::usbsim
