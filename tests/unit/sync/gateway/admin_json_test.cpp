#include "sync/gateway/admin_json.hpp"

#include "sync/wire/events.pb.h"

#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

TEST_CASE("gateway: times are RFC 3339 in UTC, also before 1970", "[gateway]") {
    CHECK(rfc3339(WallTime{0}) == "1970-01-01T00:00:00.000Z");
    CHECK(rfc3339(WallTime{1'795'430'520'123}) == "2026-11-23T10:42:00.123Z");
    CHECK(rfc3339(WallTime{-1}) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("gateway: a query's values are unescaped, absent ones are absent", "[gateway]") {
    CHECK(query_value("/x?day=2026-11-23&number=12%2F3+a", "number") == "12/3 a");
    CHECK(query_value("/x?day=2026-11-23", "day") == "2026-11-23");
    CHECK_FALSE(query_value("/x", "day"));
    CHECK_FALSE(query_value("/x?day=1", "da"));
    CHECK_FALSE(query_value("no path %zz", "day"));
}

TEST_CASE("gateway: an event is shown with its fact and without its sealed part", "[gateway]") {
    tillstream::v1::Event event;
    event.mutable_context()->set_business_day("2026-11-23");
    event.mutable_control_transaction()->set_operator_id("7");
    StoredEnvelope stored;
    stored.envelope = {.seq = Seq{4},
                       .kind = Kind{200},
                       .body = event.SerializeAsString(),
                       .sealed = "who she is"};
    const auto text = boost::json::serialize(to_json(stored));
    CHECK(text.find("\"kind_name\":\"control_transaction\"") != std::string::npos);
    CHECK(text.find("\"operator_id\":\"7\"") != std::string::npos);
    CHECK(text.find("\"sealed_bytes\":10") != std::string::npos);
    CHECK(text.find("who she is") == std::string::npos);
    stored.envelope.body = "\xff\xff";
    CHECK(boost::json::serialize(to_json(stored)).find("unreadable") != std::string::npos);
}
