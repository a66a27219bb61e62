#include "centre.hpp"

#include "sync/wire/enrolment.pb.h"
#include "sync/wire/enrolment_code.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;
using test::Centre;

namespace {

struct Shop {
    asio::io_context loop;
    Centre centre{loop};
    SystemClock clock;
    TimeSource now = [this] { return clock.now().wall; };

    Result<Enrolled> enrol(std::string code) {
        return test::run(loop, sync::enrol(std::move(code), "test", now));
    }
    /// A code with something changed in it.
    std::string tampered(void (*change)(tillstream::v1::EnrolmentCode&)) {
        auto code = *parse_enrolment_code(centre.code());
        change(code);
        return enrolment_code_text(code);
    }
};

}  // namespace

TEST_CASE("uplink: a code makes a device known, with all that it needs to run", "[uplink]") {
    Shop shop;
    const auto enrolled = shop.enrol(shop.centre.code());
    REQUIRE(enrolled);
    const Enrolment& enrolment = enrolled->enrolment;
    CHECK(enrolment.store == "12");
    CHECK(enrolment.workstation == "3");
    CHECK(enrolment.first_generation <= enrolment.last_generation);
    CHECK(enrolment.sealing_keys.size() == 1);
    CHECK(enrolment.gateway.port == shop.centre.port);
    CHECK(enrolled->credentials.facts()->common_name == enrolment.device.value().text());
    CHECK(enrolled->centre_time > WallTime{0});
}

TEST_CASE("uplink: a code that was used says so, and one that is unknown is refused", "[uplink]") {
    Shop shop;
    const auto code = shop.centre.code();
    REQUIRE(shop.enrol(code));
    const auto again = shop.enrol(code);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Errc::conflict);
    CHECK_THAT(again.error().detail, Catch::Contains("used"));

    const auto unknown =
        shop.enrol(shop.tampered([](auto& changed) { changed.mutable_secret()->front() ^= 1; }));
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Errc::not_found);
}

TEST_CASE("uplink: a server that is not the code's is not given the code", "[uplink]") {
    Shop shop;
    const auto other_authority =
        shop.enrol(shop.tampered([](auto& code) { code.mutable_ca_sha256()->front() ^= 1; }));
    REQUIRE_FALSE(other_authority);
    CHECK(other_authority.error().code == Errc::not_trusted);

    const auto other_name =
        shop.enrol(shop.tampered([](auto& code) { code.set_server_name("other.test"); }));
    REQUIRE_FALSE(other_name);
    CHECK(other_name.error().code == Errc::not_trusted);
    CHECK_FALSE(shop.centre.desk->devices()->size() > 0);
}

TEST_CASE("uplink: a mistyped code is found before anything is sent", "[uplink]") {
    Shop shop;
    auto code = shop.centre.code();
    code[10] = code[10] == 'A' ? 'B' : 'A';
    shop.centre.stop();
    const auto refused = shop.enrol(code);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::malformed);
}

TEST_CASE("uplink: a renewal brings a new certificate for the same key", "[uplink]") {
    Shop shop;
    auto enrolled = *shop.enrol(shop.centre.code());
    const auto before = *enrolled.credentials.facts();
    const auto renewal =
        test::run(shop.loop, renew(enrolled.credentials, enrolled.enrolment, shop.now));
    REQUIRE(renewal);
    REQUIRE(enrolled.credentials.install(renewal->certificate_pem));
    CHECK(enrolled.credentials.facts()->serial != before.serial);
    CHECK(renewal->sealing_keys.size() == 1);
    const auto due = renewal_due(before);
    const auto life = before.not_after.value() - before.not_before.value();
    CHECK((due.value() - before.not_before.value()) / (life / 3) == 2);
}

TEST_CASE("uplink: a device that was revoked is not renewed", "[uplink]") {
    Shop shop;
    const auto enrolled = *shop.enrol(shop.centre.code());
    REQUIRE(shop.centre.desk->revoke(enrolled.enrolment.device, "stolen"));
    const auto refused =
        test::run(shop.loop, renew(enrolled.credentials, enrolled.enrolment, shop.now));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::forbidden);
}
