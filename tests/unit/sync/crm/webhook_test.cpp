#include "sync/crm/webhook.hpp"
#include "agent/core/base64.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

TEST_CASE("crm: a signature is the one of Standard Webhooks' own example", "[crm]") {
    const auto secret = webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    REQUIRE(secret);
    CHECK(webhook_signature(*secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                            R"({"test": 2432232314})")
          == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    CHECK(webhook_secret("whsec_c2hvcnQ=").error().code == Errc::malformed);
    CHECK(webhook_secret("whsec_not base64 at all!").error().code == Errc::malformed);
    CHECK(webhook_secret("short").error().code == Errc::malformed);
    CHECK(webhook_secret(std::string(24, 's')));
}

TEST_CASE(
    "crm: an event is a CloudEvent whose id is its journal and sequence, without the device's own "
    "keys",
    "[crm]") {
    CrmEvent event{.journal = JournalId{*Uuid::parse("0194f3a2-5c3e-4b1d-8a77-2f6b1c9d0e42")},
                   .seq = Seq{7},
                   .at_ms = 1'795'392'000'000,
                   .customer = CustomerId{*Uuid::parse("7b2e9c10-41d8-4f6a-9e35-d0c1b2a39485")}};
    event.event.mutable_origin()->set_key("key-1");
    event.event.mutable_context()->set_store("12");
    event.event.mutable_context()->set_workstation("3");
    event.event.mutable_retail_transaction()->set_currency("TWD");
    event.person.set_given_name("Mei \"M\"");
    const auto json = boost::json::parse(cloud_event(event)).as_object();
    CHECK(json.at("specversion") == "1.0");
    CHECK(json.at("id") == "0194f3a2-5c3e-4b1d-8a77-2f6b1c9d0e42/7");
    CHECK(json.at("source") == "/stores/12/workstations/3");
    CHECK(json.at("type") == "tillstream.retail_transaction");
    CHECK(json.at("subject") == "7b2e9c10-41d8-4f6a-9e35-d0c1b2a39485");
    CHECK(json.at("time") == "2026-11-23T00:00:00.000Z");
    const auto& data = json.at("data").as_object();
    CHECK(data.at("customer").at("person").at("given_name") == "Mei \"M\"");
    CHECK(data.at("event").at("retail_transaction").at("currency") == "TWD");
    CHECK_FALSE(data.at("event").as_object().contains("origin"));
}

TEST_CASE("crm: nobody there is no unknown outcome", "[crm]") {
    HttpClient client{{}};
    CHECK(client.post("http://127.0.0.1:1/", {}, "[]").error().code == Errc::closed);
    CHECK(client.post("ftp://127.0.0.1/", {}, "[]").error().code == Errc::closed);
    client.stop();
    CHECK(client.post("http://127.0.0.1:1/", {}, "[]").error().code == Errc::closed);
}
