#include <libusb.h>
#include <array>
#include <cstdio>

// The least that reading a scanner can cost with libusb: its interface claimed, one transfer after another, a
// line of output for each report. The floor of the bench; run behind usb_host.
int main() {
    libusb_context* bus = nullptr;
    if (libusb_init(&bus) != 0) return 1;
    libusb_device_handle* const scanner = libusb_open_device_with_vid_pid(bus, 0x1eab, 0x0c10);
    if (scanner == nullptr) return 1;
    libusb_set_auto_detach_kernel_driver(scanner, 1);
    if (libusb_claim_interface(scanner, 0) != 0) return 1;
    std::array<unsigned char, 64> report{};
    for (;;) {
        int got = 0;
        const int failed = libusb_interrupt_transfer(scanner, 0x81, report.data(),
                                                     static_cast<int>(report.size()), &got, 0);
        if (failed != 0) break;
        if (got < 5) continue;
        std::printf("%.*s\n", report[1], reinterpret_cast<const char*>(report.data()) + 5);
        std::fflush(stdout);
    }
    libusb_close(scanner);
    libusb_exit(bus);
    return 0;
}
