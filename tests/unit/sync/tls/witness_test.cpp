#include "tests/unit/sync/tls/openssl.hpp"
#include "tests/unit/sync/tls/tls_world.hpp"

#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <thread>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using namespace std::chrono_literals;

namespace {

// A server of ours for one connection of another program, on a thread of its own: it shakes hands,
// says "hello from us" and goodbye.
class OneGuest {
public:
    OneGuest() : thread_{[this] { serve(); }} {}
    ~OneGuest() {
        if (thread_.joinable()) thread_.join();
    }
    std::string address() const {
        return "127.0.0.1:" + std::to_string(door_.local_endpoint().port());
    }

    Said visited_by(const std::string& arguments) {
        const Said said = openssl("s_client -connect " + address() + " " + arguments);
        thread_.join();
        return said;
    }
    error_code failure = asio::error::timed_out;
    PeerIdentity peer;

private:
    void serve() {
        TlsStream stream{door_.accept(), context_};
        stream.async_handshake([&](error_code handshake) {
            failure = handshake;
            if (failure) return stream.next_layer().close();
            peer = stream.peer();
            stream.async_write_some(
                asio::buffer("hello from us\n", 14),
                [&](error_code, std::size_t) { stream.async_shutdown([](error_code) {}); });
        });
        loop_.run_for(15s);
    }

    asio::io_context loop_;
    ServerContext context_ = server_context();
    tcp::acceptor door_{loop_, {asio::ip::address_v4::loopback(), 0}};
    std::thread thread_;
};

// What our client makes of openssl's server.
error_code client_of(const OpensslServer& server) {
    asio::io_context loop;
    tcp::socket socket{loop};
    socket.connect({asio::ip::address_v4::loopback(), server.port()});
    TlsStream client{std::move(socket), client_context(), name()};
    error_code result = asio::error::timed_out;
    client.async_handshake([&](error_code failure) { result = failure; });
    loop.run_for(10s);
    return result;
}

std::string shown_by(const Folder& folder, const Credentials& own) {
    const std::string file = folder.write("own", own.pem().reveal()).string();
    return " -cert " + file + " -key " + file + " ";
}

}  // namespace

TEST_CASE("tls: openssl s_client gets in with the suites we speak", "[tls]") {
    const std::string suite =
        GENERATE("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                 "ECDHE-ECDSA-CHACHA20-POLY1305");
    const Folder folder;
    const auto ca = folder.write("ca", World::get().servers.certificate_pem()).string();
    OneGuest guest;
    const Said said = guest.visited_by(
        "-cipher " + suite + " -CAfile " + ca + " -verify_return_error"
        + " -verify_hostname gateway.example -servername gateway.example -ign_eof");
    CAPTURE(said.text);
    CHECK_FALSE(guest.failure);
    CHECK(guest.peer.role == PeerRole::none);
    CHECK(said.has("Verify return code: 0 (ok)"));
    CHECK(said.has("Cipher is " + suite));
    CHECK(said.has("Secure Renegotiation IS supported"));
    CHECK(said.has("hello from us"));
}

TEST_CASE("tls: openssl s_client is known by the certificate it shows", "[tls]") {
    const Folder folder;
    OneGuest guest;
    const Credentials own = issued(World::get().devices, device_grant());
    const Said said = guest.visited_by("-ign_eof" + shown_by(folder, own));
    CAPTURE(said.text);
    CHECK_FALSE(guest.failure);
    CHECK(guest.peer.role == PeerRole::device);
    CHECK(guest.peer.certificate.common_name == device_name);
    CHECK(said.has("hello from us"));
}

TEST_CASE("tls: openssl s_client is refused old versions and weak suites", "[tls]") {
    const std::string offer = GENERATE(
        "-tls1 -cipher ALL:@SECLEVEL=0", "-tls1_1 -cipher ALL:@SECLEVEL=0", "-tls1_3",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM", "-tls1_2 -cipher AES128-GCM-SHA256",
        "-tls1_2 -cipher AES128-SHA", "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256",
        "-tls1_2 -cipher ALL:@SECLEVEL=0 -curves secp521r1",
        "-tls1_2 -sigalgs ECDSA+SHA1 -cipher ALL:@SECLEVEL=0");
    CAPTURE(offer);
    OneGuest guest;
    const Said said = guest.visited_by(offer);
    CAPTURE(said.text);
    CHECK(guest.failure);
    CHECK_FALSE(said.has("hello from us"));
    CHECK(said.status != 0);
}

TEST_CASE("tls: a stranger's certificate in openssl s_client's hand is refused", "[tls]") {
    const Folder folder;
    OneGuest guest;
    const Said said = guest.visited_by(
        "-ign_eof" + shown_by(folder, issued(World::get().strangers, device_grant())));
    CAPTURE(said.text);
    CHECK(guest.failure == TlsErrc::untrusted);
    CHECK(said.has("alert unknown ca"));
}

TEST_CASE("tls: our client accepts openssl s_server with the suites we speak", "[tls]") {
    const std::string suite =
        GENERATE("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                 "ECDHE-ECDSA-CHACHA20-POLY1305");
    const Folder folder;
    const OpensslServer server{"-cipher " + suite + shown_by(folder, gateway_credentials())};
    CHECK_FALSE(client_of(server));
}

TEST_CASE("tls: our client refuses old versions and weak suites of openssl s_server", "[tls]") {
    const std::string offer = GENERATE(
        "-tls1 -cipher ALL:@SECLEVEL=0", "-tls1_1 -cipher ALL:@SECLEVEL=0", "-tls1_3",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM", "-tls1_2 -curves secp521r1");
    CAPTURE(offer);
    const Folder folder;
    const OpensslServer server{offer + shown_by(folder, gateway_credentials())};
    const error_code failure = client_of(server);
    CHECK((failure == TlsErrc::refused || failure == TlsErrc::protocol));
}

TEST_CASE("tls: our client refuses openssl s_server with a certificate for another use", "[tls]") {
    const std::string use =
        GENERATE("", "-addext extendedKeyUsage=clientAuth",
                 "-addext extendedKeyUsage=serverAuth -addext basicConstraints=CA:TRUE");
    CAPTURE(use);
    const Folder folder;
    const Credentials own =
        crafted(&World::get().servers,
                "-subj /CN=gateway.example -addext subjectAltName=DNS:gateway.example " + use);
    const OpensslServer server{shown_by(folder, own)};
    CHECK(client_of(server) == TlsErrc::untrusted);
}

TEST_CASE("tls: our client takes an RSA server with ECDHE and refuses it without", "[tls]") {
    const Folder folder;
    REQUIRE(World::get().servers.save(folder / "ca"));
    const std::string ca = (folder / "ca").string(), key = (folder / "key").string(),
                      leaf = (folder / "leaf").string();
    REQUIRE(
        openssl("req -x509 -newkey rsa:2048 -nodes -sha256 -subj /CN=gateway.example -addext "
                "subjectAltName=DNS:gateway.example -addext extendedKeyUsage=serverAuth -addext "
                "basicConstraints=critical,CA:FALSE -CA "
                + ca + " -CAkey " + ca + " -keyout " + key + " -out " + leaf)
            .status
        == 0);
    const std::string own = " -tls1_2 -cert " + leaf + " -key " + key;
    CHECK_FALSE(client_of(OpensslServer{"-cipher ECDHE-RSA-AES128-GCM-SHA256" + own}));
    for (const char* suite : {"AES128-GCM-SHA256", "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"})
        CHECK(client_of(OpensslServer{"-cipher " + std::string{suite} + own}));
}
