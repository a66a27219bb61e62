#include "tests/unit/sync/tls/openssl.hpp"
#include "tests/unit/sync/tls/tls_world.hpp"

#include <catch2/catch.hpp>

#include <type_traits>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using namespace std::chrono_literals;

// A client without the name of its server does not compile.
static_assert(!std::is_constructible_v<TlsStream, tcp::socket, const ClientContext&>);
static_assert(!std::is_constructible_v<ServerName, std::string>);

namespace {

// What a client makes of a server that shows `own`.
error_code client_of(const Credentials& own, const ServerName& expected = name()) {
    asio::io_context loop;
    const Meeting met = meet(loop, client_context(), server_context(own), expected);
    CHECK(met.server_failure);
    return met.client_failure;
}

// What a server makes of a client that shows `own`.
error_code server_of(const Credentials& own, TimeSource time = now) {
    asio::io_context loop;
    return meet(loop, client_context(own), server_context(std::move(time))).server_failure;
}

Credentials with_validity(const Authority& authority, Grant grant, Validity validity) {
    grant.validity = validity;
    return issued(authority, grant);
}

const Validity past{WallTime{now().value() - 7'200'000}, WallTime{now().value() - 3'600'000}};
const Validity future{WallTime{now().value() + 3'600'000}, WallTime{now().value() + 7'200'000}};
const std::string san = "-subj /CN=gateway.example -addext subjectAltName=DNS:gateway.example ";
const std::string leaf = "-addext basicConstraints=critical,CA:FALSE ";
const std::string for_server = "-addext extendedKeyUsage=serverAuth ";
const std::string for_client = "-addext extendedKeyUsage=clientAuth ";

}  // namespace

TEST_CASE("tls: each end learns who the other is", "[tls]") {
    asio::io_context loop;
    const Credentials own = issued(World::get().devices, device_grant());
    const Meeting met = meet(loop, client_context(own), server_context());
    REQUIRE(met.succeeded());
    const PeerIdentity& device = met.server.peer();
    CHECK(device.role == PeerRole::device);
    CHECK_FALSE(device.expired);
    CHECK(device.certificate.common_name == device_name);
    CHECK(device.certificate.serial == own.facts()->serial);
    CHECK(device.certificate_pem == own.chain_pem());
    CHECK(met.client.peer().role == PeerRole::server);
    CHECK(met.client.peer().certificate.common_name == server_name);
}

TEST_CASE("tls: an administrator is told from a device by the issuing authority", "[tls]") {
    asio::io_context loop;
    const Credentials own = issued(World::get().admins, admin_grant());
    const Meeting met = meet(loop, client_context(own), server_context());
    REQUIRE(met.succeeded());
    CHECK(met.server.peer().role == PeerRole::admin);
    CHECK(met.server.peer().certificate.common_name == "admin-1");
}

TEST_CASE("tls: a client without a certificate is let in as nobody", "[tls]") {
    asio::io_context loop;
    const Meeting met = meet(loop, client_context(), server_context());
    REQUIRE(met.succeeded());
    CHECK(met.server.peer().role == PeerRole::none);
    CHECK(met.server.peer().certificate_pem.empty());
}

TEST_CASE("tls: an expired device is let in marked, an expired administrator is not", "[tls]") {
    asio::io_context loop;
    const World& world = World::get();
    const Credentials device = with_validity(world.devices, device_grant(), past);
    const Meeting met = meet(loop, client_context(device), server_context());
    REQUIRE(met.succeeded());
    CHECK(met.server.peer().role == PeerRole::device);
    CHECK(met.server.peer().expired);
    CHECK(server_of(with_validity(world.admins, admin_grant(), past)) == TlsErrc::untrusted);
}

TEST_CASE("tls: time is the caller's, not the machine's", "[tls]") {
    asio::io_context loop;
    const Credentials own = issued(World::get().devices, device_grant());
    const auto in_a_week = at(later(168h));
    const Meeting late = meet(loop, client_context(own), server_context(in_a_week));
    REQUIRE(late.succeeded());
    CHECK(late.server.peer().expired);
    CHECK(meet(loop, client_context(in_a_week), server_context()).client_failure
          == TlsErrc::untrusted);

    const Credentials of_tomorrow = with_validity(World::get().devices, device_grant(), future);
    const auto then = at(WallTime{future.not_before.value() + 1000});
    const Meeting early = meet(loop, client_context(of_tomorrow), server_context(then));
    REQUIRE(early.succeeded());
    CHECK_FALSE(early.server.peer().expired);
}

TEST_CASE("tls: a server lets in no client with a bad certificate", "[tls]") {
    const World& world = World::get();
    Grant for_servers = device_grant();
    for_servers.use = CertificateUse::server;
    for_servers.dns_names = {"till-7"};
    CHECK(server_of(issued(world.strangers, device_grant())) == TlsErrc::untrusted);
    CHECK(server_of(issued(world.servers, device_grant())) == TlsErrc::untrusted);
    CHECK(server_of(with_validity(world.devices, device_grant(), future)) == TlsErrc::untrusted);
    CHECK(server_of(issued(world.devices, for_servers)) == TlsErrc::untrusted);
    CHECK(server_of(crafted(nullptr, "-subj /CN=x " + leaf + for_client)) == TlsErrc::untrusted);
    CHECK(server_of(crafted(&world.devices, "-subj /CN=x " + leaf)) == TlsErrc::untrusted);
    const std::string authority = "-addext basicConstraints=critical,CA:TRUE ";
    CHECK(server_of(crafted(&world.devices, "-subj /CN=x " + authority + for_client))
          == TlsErrc::untrusted);
}

TEST_CASE("tls: an expired device of a stranger, or of the wrong use, is not let in", "[tls]") {
    const World& world = World::get();
    CHECK(server_of(with_validity(world.strangers, device_grant(), past)) == TlsErrc::untrusted);
    Grant for_servers = device_grant();
    for_servers.use = CertificateUse::server;
    for_servers.dns_names = {"till-7"};
    CHECK(server_of(with_validity(world.devices, for_servers, past)) == TlsErrc::untrusted);
    // In eleven years the authority itself has expired: then not even marked.
    CHECK(server_of(issued(world.devices, device_grant()), at(later(96'000h)))
          == TlsErrc::untrusted);
}

TEST_CASE("tls: a device's leaf cannot act as an authority", "[tls]") {
    const Credentials device = issued(World::get().devices, device_grant());
    const Folder folder;
    REQUIRE(device.save(folder / "ca"));
    const std::string sign =
        " -CA " + (folder / "ca").string() + " -CAkey " + (folder / "ca").string();
    Credentials forged = crafted(nullptr, "-subj /CN=x " + leaf + for_client + sign);
    REQUIRE(forged.install(forged.chain_pem() + device.chain_pem()));
    CHECK(server_of(forged) == TlsErrc::untrusted);
}

TEST_CASE("tls: a client refuses each kind of bad server", "[tls]") {
    const World& world = World::get();
    CHECK(client_of(issued(world.strangers, server_grant())) == TlsErrc::untrusted);
    CHECK(client_of(issued(world.devices, server_grant())) == TlsErrc::untrusted);
    CHECK(client_of(with_validity(world.servers, server_grant(), past)) == TlsErrc::untrusted);
    CHECK(client_of(with_validity(world.servers, server_grant(), future)) == TlsErrc::untrusted);
    CHECK(client_of(gateway_credentials(), name("other.example")) == TlsErrc::untrusted);
    CHECK(client_of(gateway_credentials(), name("a.gateway.example")) == TlsErrc::untrusted);
    CHECK(client_of(crafted(nullptr, san + leaf + for_server)) == TlsErrc::untrusted);
    CHECK(client_of(crafted(&world.servers, "-subj /CN=gateway.example " + leaf + for_server))
          == TlsErrc::untrusted);
    CHECK(client_of(crafted(&world.servers, san + leaf + for_server + "-sha1"))
          == TlsErrc::untrusted);
}

TEST_CASE("tls: a client says which fault a server's certificate has", "[tls]") {
    asio::io_context loop;
    const Credentials old = with_validity(World::get().servers, server_grant(), past);
    const Meeting met = meet(loop, client_context(), server_context(old));
    CHECK(met.client.why() == "certificate of server refused: expired");
    CHECK(met.client.error(met.client_failure).code == Errc::not_trusted);
    CHECK(met.server_failure == TlsErrc::refused);
    CHECK(met.server.error(met.server_failure).code == Errc::forbidden);
}

TEST_CASE("tls: a refused client is told why by an alert", "[tls]") {
    asio::io_context loop;
    const Credentials own = issued(World::get().strangers, device_grant());
    Meeting met = meet(loop, client_context(own), server_context());
    CHECK(met.server.why() == "certificate of client refused: issued by no authority known here");
    // In TLS 1.2 the client learns it before its own handshake is over.
    CHECK(met.client_failure == TlsErrc::refused);
    CHECK(met.client.why() == "the other end refused: unknown authority (48)");
}

TEST_CASE("tls: bundles roll over: either of two authorities is accepted while both are listed",
          "[tls]") {
    asio::io_context loop;
    const World& world = World::get();
    const std::string both = world.strangers.certificate_pem() + world.servers.certificate_pem();
    const ClientContext client = *ClientContext::make(both, now);
    CHECK(meet(loop, client, server_context()).succeeded());
    const Credentials other = issued(world.strangers, server_grant());
    CHECK(meet(loop, client, server_context(other)).succeeded());

    const std::string devices = world.devices.certificate_pem() + world.strangers.certificate_pem();
    const ServerContext server =
        *ServerContext::make(gateway_credentials(), {devices, world.admins.certificate_pem()}, now);
    const Credentials device = issued(world.strangers, device_grant());
    const Meeting met = meet(loop, client_context(device), server);
    REQUIRE(met.succeeded());
    CHECK(met.server.peer().role == PeerRole::device);
}

TEST_CASE("tls: contexts that could never work are refused when made", "[tls]") {
    const std::string pem = World::get().devices.certificate_pem();
    CHECK(ServerContext::make(gateway_credentials(), {pem, pem}, now).error().code
          == Errc::malformed);
    const Credentials device = issued(World::get().devices, device_grant());
    const std::string admins = World::get().admins.certificate_pem();
    CHECK(ServerContext::make(device, {pem, admins}, now).error().code == Errc::malformed);
    CHECK(ServerContext::make(Credentials::make(), {pem, pem}, now).error().code
          == Errc::malformed);
    CHECK(ClientContext::make("", now).error().code == Errc::malformed);
    CHECK(ClientContext::make(pem, Credentials::make(), now).error().code == Errc::not_found);
}

TEST_CASE("tls: a pinned client believes the authority of that fingerprint only", "[tls]") {
    asio::io_context loop;
    const World& world = World::get();
    const auto pinned = [](const Authority& authority) {
        return *ClientContext::pinned(authority.facts()->fingerprint, now);
    };
    CHECK(meet(loop, pinned(world.servers), server_context()).succeeded());
    CHECK(meet(loop, pinned(world.strangers), server_context()).client_failure
          == TlsErrc::untrusted);
    CHECK(meet(loop, pinned(world.servers), server_context(), name("other.example")).client_failure
          == TlsErrc::untrusted);
    // Without the authority in its chain a server cannot show that it is the one.
    const Credentials bare = issued(world.servers, server_grant());
    CHECK(meet(loop, pinned(world.servers), server_context(bare)).client_failure
          == TlsErrc::untrusted);
    // A leaf of an impostor with the authority's name, beside the authority's own certificate.
    const Authority impostor = *Authority::make("Test servers", {later(-2h), later(48h)});
    Credentials liar = issued(impostor, server_grant());
    REQUIRE(liar.install(liar.chain_pem() + world.servers.certificate_pem()));
    CHECK(meet(loop, pinned(world.servers), server_context(liar)).client_failure
          == TlsErrc::untrusted);
}

TEST_CASE("tls: a server name is a DNS name", "[tls]") {
    CHECK(ServerName::parse("gateway-1.shop.example"));
    CHECK(ServerName::parse("localhost"));
    for (const char* bad : {"", ".", "a..b", "a.", ".a", "-a.b", "a-.b", "10.0.0.1", "::1", "a b",
                            "a\nb", "*.example", "a/b", "7"})
        CHECK(ServerName::parse(bad).error().code == Errc::malformed);
    CHECK_FALSE(ServerName::parse(std::string(64, 'a') + ".example"));
    CHECK_FALSE(ServerName::parse(std::string_view{"a\0b", 3}));
}
