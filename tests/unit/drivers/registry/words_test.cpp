#include "agent/tillctl/device_words.hpp"

#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>

namespace till {

using namespace drivers;

TEST_CASE("words: a scan is one line of JSON, whatever bytes it has", "[registry]") {
    DeviceEvent event{{.kind = DeviceKind::scanner, .port = "1-2", .product = {}, .serial = {}},
                      RawScan{"]d2",
                              "0104006381333931\x1d"
                              "10\xff\n"}};
    const std::string line = device_json(event);
    CHECK(line.find('\n') == std::string::npos);
    const auto read = boost::json::parse(line).as_object();
    CHECK(read.at("event") == "scan");
    CHECK(read.at("port") == "1-2");
    CHECK(device_line(event).find("1-2") == 0);
}

TEST_CASE("words: a GTIN and its elements are named, plain text is not", "[registry]") {
    DeviceEvent event{{.kind = DeviceKind::scanner, .port = {}, .product = {}, .serial = {}},
                      RawScan{"]C1", "010400638133393110A1"}};
    const auto item = boost::json::parse(device_json(event)).as_object();
    CHECK(item.at("gtin") == "04006381333931");
    CHECK(item.at("ai").as_object().at("10") == "A1");
    event.what = RawScan{"]Q0", "HELLO"};
    const auto plain = boost::json::parse(device_json(event)).as_object();
    CHECK_FALSE(plain.contains("gtin"));
    CHECK_FALSE(plain.contains("ai"));
}

}  // namespace till
