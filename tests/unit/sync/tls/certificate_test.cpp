#include "tests/unit/sync/tls/openssl.hpp"
#include "tests/unit/sync/tls/tls_world.hpp"

#include <sys/stat.h>
#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using namespace std::chrono_literals;

namespace {

std::string cut(std::string pem) {  // A request with one letter of its signature changed.
    char& letter = pem[pem.find("-----END") - 12];
    letter = letter == 'A' ? 'B' : 'A';
    return pem;
}

}  // namespace

TEST_CASE("tls: credentials survive a file, which only their owner may read", "[tls]") {
    const Folder folder;
    const Credentials own = issued(World::get().devices, device_grant());
    REQUIRE(own.save(folder / "own.pem"));
    struct stat facts{};
    REQUIRE(::stat((folder / "own.pem").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
    CHECK_FALSE(std::filesystem::exists(folder / "own.pem.new"));

    const auto again = Credentials::load(folder / "own.pem");
    REQUIRE(again);
    CHECK(again->public_key_fingerprint() == own.public_key_fingerprint());
    CHECK(again->chain_pem() == own.chain_pem());

    REQUIRE(::chmod((folder / "own.pem").c_str(), 0640) == 0);
    CHECK(Credentials::load(folder / "own.pem").error().code == Errc::forbidden);
    CHECK(Credentials::load(folder / "none.pem").error().code == Errc::not_found);
}

TEST_CASE("tls: saving replaces what was there, a crashed draft included", "[tls]") {
    const Folder folder;
    folder.write("own.pem.new", "half a file");
    REQUIRE(Credentials::make().save(folder / "own.pem"));
    const Credentials second = Credentials::make();
    REQUIRE(second.save(folder / "own.pem"));
    CHECK(Credentials::load(folder / "own.pem")->public_key_fingerprint()
          == second.public_key_fingerprint());
    CHECK(second.save(folder / "no-such-folder/own.pem").error().code == Errc::not_found);
}

TEST_CASE("tls: a signature verifies with the certificate, over that message only", "[tls]") {
    const Credentials own = issued(World::get().devices, device_grant());
    const Bytes signature = own.sign("journal head 17");
    CHECK(verify_with_certificate(own.chain_pem(), "journal head 17", signature));
    CHECK(verify_with_certificate(own.chain_pem(), "journal head 18", signature).error().code
          == Errc::not_trusted);
    CHECK(verify_with_certificate(own.chain_pem(), "journal head 17", signature.substr(1))
              .error()
              .code
          == Errc::not_trusted);
    CHECK_FALSE(verify_with_certificate(own.chain_pem(), "journal head 17", ""));
    const Credentials other = issued(World::get().devices, device_grant());
    CHECK_FALSE(verify_with_certificate(other.chain_pem(), "journal head 17", signature));
    CHECK(verify_with_certificate("nonsense", "", signature).error().code == Errc::malformed);
}

TEST_CASE("tls: a certificate for another key is not installed", "[tls]") {
    Credentials own = issued(World::get().devices, device_grant());
    const std::string before = own.chain_pem();
    const Credentials other = issued(World::get().devices, device_grant());
    CHECK(own.install(other.chain_pem()).error().code == Errc::not_trusted);
    CHECK(own.install("nothing here").error().code == Errc::malformed);
    CHECK(own.chain_pem() == before);
    const Secret mixed{std::string{Credentials::make().pem().reveal()} + before};
    CHECK(Credentials::parse(mixed).error().code == Errc::not_trusted);
}

TEST_CASE("tls: a certificate says what was granted, not what was asked for", "[tls]") {
    const Authority& devices = World::get().devices;
    const Credentials own = issued(devices, device_grant());
    const CertificateFacts facts = *own.facts();
    CHECK(facts.common_name == device_name);
    CHECK(facts.serial.size() == 32);
    CHECK(facts.issuer == "CN=Test devices");
    CHECK(facts.not_before.value() == device_grant().validity.not_before.value() / 1000 * 1000);
    CHECK(facts.public_key_fingerprint == own.public_key_fingerprint());
    CHECK_FALSE(facts.is_authority);
    CHECK(devices.facts()->is_authority);
    CHECK(issued(devices, device_grant()).facts()->serial != facts.serial);
}

TEST_CASE("tls: a request that is not signed by its own key gets no certificate", "[tls]") {
    const Authority& devices = World::get().devices;
    const std::string request = *Credentials::make().request(device_name);
    REQUIRE(devices.issue(request, device_grant()));
    const auto refused = devices.issue(cut(request), device_grant());
    REQUIRE_FALSE(refused);
    CHECK((refused.error().code == Errc::not_trusted || refused.error().code == Errc::malformed));
    CHECK(devices.issue("nonsense", device_grant()).error().code == Errc::malformed);
    CHECK(devices.issue("", device_grant()).error().code == Errc::malformed);
    CHECK(devices.issue(std::string(20'000, 'x'), device_grant()).error().code
          == Errc::out_of_range);
}

TEST_CASE("tls: requests for keys of other kinds are refused", "[tls]") {
    const Folder folder;
    const std::string options = GENERATE("rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-384");
    const Said said = openssl("req -new -nodes -subj /CN=x -keyout " + (folder / "key").string()
                              + " -newkey " + options);
    REQUIRE(said.status == 0);
    const std::string request = said.text.substr(said.text.find("-----BEGIN CERTIFICATE REQUEST"));
    CHECK(World::get().devices.issue(request, device_grant()).error().code == Errc::unsupported);
}

TEST_CASE("tls: a grant that makes no sense is refused with its field", "[tls]") {
    const Authority& servers = World::get().servers;
    const std::string request = *Credentials::make().request("x");
    const auto field_of = [&](auto change) {
        Grant grant = server_grant();
        change(grant);
        const auto refused = servers.issue(request, grant);
        return refused ? std::string{"accepted"} : refused.error().field;
    };
    CHECK(field_of([](Grant& g) { g.common_name = "a,O=b"; }) == "common_name");
    CHECK(field_of([](Grant& g) { g.common_name = ""; }) == "common_name");
    CHECK(field_of([](Grant& g) { g.dns_names = {}; }) == "dns_names");
    CHECK(field_of([](Grant& g) { g.dns_names = {"10.0.0.1"}; }) == "server name");
    CHECK(field_of([](Grant& g) { g.addresses = {"gateway"}; }) == "addresses");
    CHECK(field_of([](Grant& g) { g.validity.not_after = g.validity.not_before; }) == "validity");
    CHECK(field_of([](Grant& g) { g.validity.not_after = later(900'000h); }) == "validity");
}

TEST_CASE("tls: openssl reads and verifies what the authority made", "[tls]") {
    const Folder folder;
    const auto ca = folder.write("ca", World::get().servers.certificate_pem()).string();
    const auto leaf =
        folder.write("leaf", issued(World::get().servers, server_grant()).chain_pem());
    CHECK(
        openssl("verify -x509_strict -purpose sslserver -CAfile " + ca + " " + leaf.string()).status
        == 0);
    CHECK(
        openssl("verify -x509_strict -purpose sslclient -CAfile " + ca + " " + leaf.string()).status
        != 0);

    const Said text = openssl("x509 -noout -text -in " + leaf.string());
    CAPTURE(text.text);
    CHECK(text.has("DNS:gateway.example, IP Address:127.0.0.1"));
    CHECK(text.has("X509v3 Basic Constraints: critical\n                CA:FALSE"));
    CHECK(text.has("X509v3 Key Usage: critical\n                Digital Signature\n"));
    CHECK(text.has("TLS Web Server Authentication\n"));
    CHECK(text.has("Signature Algorithm: ecdsa-with-SHA256"));
    CHECK(openssl("x509 -noout -text -in " + ca).has("CA:TRUE, pathlen:0"));
}

TEST_CASE("tls: openssl and we agree on serial, fingerprint, request and signature", "[tls]") {
    const Folder folder;
    const Credentials own = issued(World::get().devices, device_grant());
    const auto leaf = folder.write("leaf", own.chain_pem()).string();
    std::string serial = own.facts()->serial;
    for (char& c : serial) c = static_cast<char>(std::toupper(c));
    CHECK(openssl("x509 -noout -serial -in " + leaf).has("serial=" + serial));

    const auto request = folder.write("request", *own.request(device_name)).string();
    CHECK(openssl("req -noout -verify -subject -in " + request).has("subject=CN = " + device_name));
    const auto message = folder.write("message", "totals of the day").string();
    const auto signature = folder.write("signature", own.sign("totals of the day")).string();
    const auto key = folder.write("key", openssl("x509 -noout -pubkey -in " + leaf).text).string();
    CHECK(openssl("dgst -sha256 -verify " + key + " -signature " + signature + " " + message).status
          == 0);
}
