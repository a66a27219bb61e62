// Any bytes as a USB device that the real drivers read, as a recording that they replay, as the table of quirks and
// as a HID descriptor: libFuzzer gives them (clang++ -fsanitize=fuzzer,address), devices_corpus_test gives its own.
// The first byte chooses; what a device says is cut at 16-bit lengths.
#include "agent/runtime/task_group.hpp"
#include "agent/tillctl/device_words.hpp"
#include "drivers/registry/device_manager.hpp"
#include "drivers/usb/replay_bus.hpp"
#include "drivers/usb/usb_device.hpp"
#include "tests/fuzz/devices/byte_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace till;
using namespace till::drivers;
using namespace std::chrono_literals;

void attend(asio::io_context& loop, UsbBus& bus) {
    static const Quirks quirks = Quirks::builtin();
    DeviceManager manager{loop.get_executor(), bus, quirks, {}, [](const DeviceEvent& event) {
                              if (device_json(event).find('\n') != std::string::npos) std::abort();
                              if (device_line(event).empty()) std::abort();
                          }};
    TaskGroup tasks{loop.get_executor()};
    tasks.spawn(manager.run());
    loop.run();
}

void replay(BytesView text) {
    auto steps = read_recording(text);
    if (!steps) return;
    std::string again = recording_head();
    for (const UsbStep& step : *steps) again += write_step(step);
    const auto same = read_recording(again);
    if (!same || same->size() != steps->size()) std::abort();
    std::string third = recording_head();
    for (const UsbStep& step : *same) third += write_step(step);
    if (third != again) std::abort();
    asio::io_context loop{1};
    ReplayBus bus{loop.get_executor(), *std::move(steps), 1ms};
    attend(loop, bus);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView rest{reinterpret_cast<const char*>(data) + 1, size - 1};
    if (data[0] % 4 == 3) {
        static_cast<void>(detail::report_descriptor_bytes(octets(rest)));
    } else if (data[0] % 4 == 0) {
        asio::io_context loop{1};
        tests::ByteBus bus{loop.get_executor(), rest};
        attend(loop, bus);
    } else if (data[0] % 4 == 1) {
        replay(rest);
    } else if (const auto quirks = Quirks::parse(rest)) {
        static_cast<void>(quirks->find(0x0c2e, 1));
    }
    return 0;
}
