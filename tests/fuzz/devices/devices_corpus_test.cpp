#include "agent/runtime/task_group.hpp"
#include "drivers/registry/device_manager.hpp"
#include "drivers/usb/replay_bus.hpp"
#include "tests/fuzz/damages.hpp"
#include "tests/support/hid_descriptors.hpp"

#include <boost/asio/io_context.hpp>

using namespace till;

namespace {

Bytes piece(const Bytes& bytes) {
    return Bytes{static_cast<char>(bytes.size() / 256), static_cast<char>(bytes.size() % 256)}
           + bytes;
}

Bytes device(const Bytes& about, const Bytes& descriptor) {
    return '\0' + piece(about) + piece(Bytes{"\x06\x03S\0N\0", 6}) + piece(descriptor);
}

/// A scanner as `tillctl devices record` writes it.
const Bytes session =
    "{\"tillstream_usb_recording\":1}\n"
    R"({"ms":0,"do":"arrived","device":1,"vid":7851,"pid":3088,"bus":1,"address":2,"port":"1-1",)"
    R"("product_index":2,"serial_index":0,"interfaces":[{"number":0,"class":3,"subclass":0,)"
    R"("protocol":0,"report_descriptor_bytes":15,)"
    R"("endpoints":[{"address":129,"type":"interrupt","packet_bytes":64}]}]})"
    "\n"
    R"({"ms":0,"do":"claim","pipe":1,"device":1,"interface":0})"
    "\n"
    R"({"ms":1,"do":"control_in","pipe":1,"type":129,"request":6,"value":8704,"index":0,"bytes":15,)"
    R"("got":"058c0902a1017508950309fe8102c0"})"
    "\n"
    R"({"ms":1,"do":"control_out","pipe":1,"type":33,"request":10,"value":0,"index":0,"sent":"",)"
    R"("error":"io","cause":"stall"})"
    "\n"
    R"({"ms":1,"do":"control_in","pipe":1,"type":128,"request":6,"value":770,"index":1033,)"
    R"("bytes":255,"got":"06035300"})"
    "\n"
    R"({"ms":9,"do":"read","pipe":1,"endpoint":129,"bytes":3,"got":"313200"})"
    "\n"
    R"({"ms":9,"do":"read","pipe":1,"endpoint":129,"bytes":3,"error":"closed","cause":"gone"})"
    "\n"
    R"({"ms":10,"do":"left","device":1})"
    "\n";

std::vector<Bytes> corpus() {
    const Bytes scan =
        "\x02\x02]E0"
        "12"
        + Bytes(57, '\0');
    const Bytes stall = piece("");
    Bytes swipe(337, '\0');
    swipe[3] = '\x06';
    swipe.replace(7, 6, "%ACLUB");
    const Bytes hid{"\x1e\xab\x03\x00", 4}, typist{"\x06\x5a\x03\x01", 4},
        line{"\x0c\x2e\x0a\x00", 4};
    return {device(hid, tests::scanner_descriptor()) + piece(scan) + stall + piece(scan),
            device(typist, tests::keyboard_descriptor()) + piece(*unhex("02001e1f00280000"))
                + piece(*unhex("0000000000280000")),
            device(hid, tests::scale_descriptor()) + piece(*unhex("03040bff3419")),
            device(hid, tests::msr_descriptor()) + piece(swipe),
            device(line, "") + piece("]E0400638") + piece("1333931\r\nhalf"),
            '\1' + session,
            "\2[[device]]\nvid = 0x0c2e\npid = 2\nwedge = \"us\"\nserial = true\n",
            '\3'
                + *unhex("07058103400001"
                         "09211101000122ff00")};
}

}  // namespace

TEST_CASE("devices: the recording of the corpus is one", "[fuzz]") {
    auto steps = drivers::read_recording(session);
    REQUIRE(steps);
    asio::io_context loop{1};
    drivers::ReplayBus bus{loop.get_executor(), *std::move(steps)};
    int scans = 0;
    drivers::DeviceManager manager{loop.get_executor(),
                                   bus,
                                   drivers::Quirks::builtin(),
                                   {},
                                   [&](const drivers::DeviceEvent& event) {
                                       scans +=
                                           std::holds_alternative<drivers::RawScan>(event.what);
                                   }};
    TaskGroup tasks{loop.get_executor()};
    tasks.spawn(manager.run());
    loop.run();
    CHECK(bus.trouble());
    CHECK(scans == 1);
}

TEST_CASE("devices: the corpus and its damages are survived", "[fuzz]") {
    feed_damaged(corpus(), 100);
}
