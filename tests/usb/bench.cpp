#include "tests/usb/bench.hpp"

#include "tests/usb/umock_port.hpp"
#include "tests/usb/vhci_port.hpp"

#include <umockdev.h>

namespace till::usbsim {

Bench::Bench(bool on_kernel)
    : testbed_{on_kernel ? nullptr : umockdev_testbed_new()},
      first_{port("1-1")},
      second_{port("1-2")},
      first{*first_},
      second{*second_} {}

std::unique_ptr<Port> Bench::port(const std::string& name) const {
    if (testbed_ == nullptr) return std::make_unique<VhciPort>(name);
    return std::make_unique<UmockPort>(testbed_, name);
}

}  // namespace till::usbsim
