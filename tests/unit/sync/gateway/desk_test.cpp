#include "sync/gateway/enrolment_desk.hpp"

#include "sync/wire/enrolment_code.hpp"
#include "tests/unit/sync/gateway/support.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
namespace v1 = tillstream::v1;

namespace {

/// A desk with its home, as the gateway wires it.
struct Office {
    Office() : home{folder / "gateway"} {
        REQUIRE(init_home(home, {.server_name = "gateway.test", .public_host = "127.0.0.1"},
                          clock.now().wall));
        keys.emplace(load_keys(home).value());
        settings = parse_gateway_settings(
                       "[listen]\nserver_name='gateway.test'\npublic_host='127.0.0.1'\n", "f")
                       .value();
        desk = EnrolmentDesk::open(Registry::open(home / "registry.db").value(), *keys, settings,
                                   clock, random)
                   .value();
    }
    v1::EnrolRequest request(const Credentials& own) {
        const auto code = parse_enrolment_code(desk->new_code("12", "3", 8443)->text);
        v1::EnrolRequest made;
        made.set_secret(code->secret());
        made.set_csr_pem(own.request("anything").value());
        return made;
    }
    PeerIdentity peer(const std::string& pem) {
        return {.role = PeerRole::device,
                .certificate = certificate_facts(pem).value(),
                .certificate_pem = pem};
    }

    Folder folder;
    HomePaths home;
    SetClock clock;
    SystemRandom random;
    std::optional<HomeKeys> keys;
    GatewaySettings settings;
    std::unique_ptr<EnrolmentDesk> desk;
};

}  // namespace

TEST_CASE("gateway: a code becomes a certificate for the device's own key", "[gateway]") {
    Office office;
    const auto own = Credentials::make();
    const auto request = office.request(own);
    const auto answer = office.desk->enrol(request);
    REQUIRE(answer);
    const auto facts = certificate_facts(answer->certificate_pem());
    CHECK(facts->public_key_fingerprint == own.public_key_fingerprint());
    CHECK(facts->common_name
          == Uuid::from_bytes(answer->device_id())->text());  // Not what was asked for.
    CHECK(answer->first_generation() == 1);
    CHECK(answer->sealing_keys_size() == 1);
    CHECK(office.desk->admit(office.peer(answer->certificate_pem()))->store == "12");
    CHECK(office.desk->enrol(request).error().code == Errc::conflict);
}

TEST_CASE("gateway: a bad request does not use up the code", "[gateway]") {
    Office office;
    auto request = office.request(Credentials::make());
    const auto good = request.csr_pem();
    request.set_csr_pem("not a request");
    CHECK_FALSE(office.desk->enrol(request));
    request.set_csr_pem(good);
    CHECK(office.desk->enrol(request));
}

TEST_CASE("gateway: a code is good until its last hour and no longer", "[gateway]") {
    Office office;
    const auto request = office.request(Credentials::make());
    office.clock.wall += 73 * hour_ms;
    CHECK(office.desk->enrol(request).error().code == Errc::stale);
}

TEST_CASE("gateway: a renewal is for the same key, by the same device, unrevoked", "[gateway]") {
    Office office;
    const auto own = Credentials::make(), other = Credentials::make();
    const auto answer = office.desk->enrol(office.request(own));
    const auto peer = office.peer(answer->certificate_pem());
    v1::RenewRequest renewal;
    renewal.set_csr_pem(other.request("x").value());
    CHECK(office.desk->renew(peer, renewal).error().code == Errc::forbidden);
    renewal.set_csr_pem(own.request("x").value());
    office.clock.wall += 200 * 24 * hour_ms;
    const auto renewed = office.desk->renew(peer, renewal);
    REQUIRE(renewed);
    CHECK(certificate_facts(renewed->certificate_pem())->not_after > peer.certificate.not_after);

    const DeviceId id{Uuid::parse(peer.certificate.common_name).value()};
    REQUIRE(office.desk->revoke(id, "stolen"));
    CHECK(office.desk->is_revoked(id));
    CHECK(office.desk->renew(peer, renewal).error().code == Errc::forbidden);
    CHECK(office.desk->admit(peer).error().code == Errc::forbidden);
}

TEST_CASE("gateway: store and lane must be fit for a receipt number", "[gateway]") {
    Office office;
    for (const char* bad : {"", "1-2", "12345678901234567", "a b", "\xE5\xBA\x97"}) {
        CAPTURE(bad);
        CHECK(office.desk->new_code(bad, "1", 1).error().field == "store");
        CHECK(office.desk->new_code("1", bad, 1).error().field == "lane");
    }
}
