#include "tests/unit/sync/tls/tls_world.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <random>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using namespace std::chrono_literals;

namespace {

// The first flight of our own client.
std::string client_hello(asio::io_context& loop) {
    auto [near, far] = connected(loop);
    TlsStream client{std::move(near), client_context(), name()};
    client.async_handshake([](error_code) {});
    loop.restart();
    loop.poll();
    std::array<char, 4096> piece{};
    return {piece.data(), far.read_some(asio::buffer(piece))};
}

// How a server ends when it is sent `bytes` and then, where `hang_up`, the connection's end.
struct Fate {
    error_code failure = asio::error::timed_out;
    std::string answer;
};
Fate fate(asio::io_context& loop, const ServerContext& context, std::string_view bytes,
          bool hang_up = true) {
    auto [near, far] = connected(loop);
    TlsStream server{std::move(far), context};
    asio::write(near, asio::buffer(bytes));
    if (hang_up) near.shutdown(tcp::socket::shutdown_send);
    Fate fate;
    server.async_handshake([&](error_code failure) {
        fate.failure = failure;
        server.next_layer().close();
    });
    loop.restart();
    loop.run_for(5s);
    error_code end;
    asio::read(near, asio::dynamic_buffer(fate.answer), end);
    return fate;
}

}  // namespace

TEST_CASE("tls: every prefix of a ClientHello followed by the end is a clean failure", "[tls]") {
    asio::io_context loop;
    const ServerContext context = server_context();
    const std::string hello = client_hello(loop);
    REQUIRE(hello.size() > 100);
    for (std::size_t size = 0; size <= hello.size(); ++size) {
        CAPTURE(size);
        CHECK(fate(loop, context, std::string_view{hello}.substr(0, size)).failure
              == TlsErrc::truncated);
    }
}

TEST_CASE("tls: every prefix of a server's answer followed by the end is a clean failure",
          "[tls]") {
    asio::io_context loop;
    const std::string answer = fate(loop, server_context(), client_hello(loop)).answer;
    REQUIRE(answer.size() > 1000);
    const ClientContext context = client_context();
    for (std::size_t size = 0; size <= answer.size(); ++size) {
        auto [near, far] = connected(loop);
        TlsStream client{std::move(near), context, name()};
        asio::write(far, asio::buffer(answer, size));
        far.shutdown(tcp::socket::shutdown_send);
        error_code failure = asio::error::timed_out;
        client.async_handshake([&](error_code result) { failure = result; });
        loop.restart();
        loop.run_for(5s);
        CAPTURE(size);
        // The whole answer was signed for another client's hello.
        CHECK((failure == TlsErrc::truncated || (failure == TlsErrc::protocol && size > 1000)));
    }
}

TEST_CASE("tls: a ClientHello with any one byte changed never crashes or hangs", "[tls]") {
    asio::io_context loop;
    const ServerContext context = server_context();
    const std::string hello = client_hello(loop);
    std::mt19937 random{20261123};
    for (std::size_t i = 0; i < hello.size(); ++i) {
        std::string changed = hello;
        changed[i] = static_cast<char>(changed[i] ^ static_cast<char>(1 + random() % 255));
        CAPTURE(i);
        const error_code failure = fate(loop, context, changed).failure;
        CHECK((failure && failure != asio::error::timed_out));
    }
}

TEST_CASE("tls: a ClientHello that comes byte by byte is understood", "[tls]") {
    asio::io_context loop;
    const std::string hello = client_hello(loop);
    auto [near, far] = connected(loop);
    TlsStream server{std::move(far), server_context()};
    server.async_handshake([](error_code) {});
    for (const char c : hello) {
        asio::write(near, asio::buffer(&c, 1));
        loop.restart();
        loop.run_one_for(1s);
    }
    std::array<unsigned char, 5> header{};
    asio::read(near, asio::buffer(header));
    CHECK(header[0] == 0x16);  // The server's own handshake record answers.
}

TEST_CASE("tls: plaintext to the TLS port is closed at once, without waiting for more", "[tls]") {
    asio::io_context loop;
    const ServerContext context = server_context();
    for (const char* text :
         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "{\"a\":1}\n"}) {
        const Fate end = fate(loop, context, text, false);
        CHECK(end.failure == TlsErrc::protocol);
        CHECK(end.answer.size() <= 7);  // An alert at most.
    }
}

TEST_CASE("tls: noise after the handshake ends the connection, never as data", "[tls]") {
    asio::io_context loop;
    Meeting met = meet(loop, client_context(), server_context());
    REQUIRE(met.succeeded());
    asio::write(met.client.next_layer(),
                asio::buffer(std::string{"\x17\x03\x03\x00\x20"} + std::string(64, 'x'), 69));
    std::array<char, 64> piece{};
    error_code ended;
    std::size_t got = 1;
    met.server.async_read_some(asio::buffer(piece), [&](error_code failure, std::size_t n) {
        ended = failure;
        got = n;
    });
    loop.restart();
    loop.run_for(5s);
    CHECK(ended == TlsErrc::protocol);
    CHECK(got == 0);
}
