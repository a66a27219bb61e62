#include "agent/runtime/deadline.hpp"
#include "tests/unit/sync/tls/tls_world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <optional>
#include <random>

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using namespace std::chrono_literals;

namespace {

// A connection whose handshake is done, and the loop it runs on.
struct Line {
    asio::io_context loop;
    Meeting met = meet(loop, client_context(), server_context());

    Line() { REQUIRE(met.succeeded()); }
    void run() {
        loop.restart();
        loop.run_for(60s);
        REQUIRE(loop.stopped());  // Nothing hangs.
    }
};

std::string noise(std::size_t size) {
    std::mt19937 random{20261123};
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    return bytes;
}

asio::awaitable<void> echo(TlsStream& stream) {
    std::array<char, 5000> piece{};
    for (;;) {
        const auto into = asio::buffer(piece);
        const auto [ended, got] = co_await stream.async_read_some(into, nothrow);
        if (ended) break;
        const auto from = asio::buffer(piece, got);
        const auto [failed, put] = co_await asio::async_write(stream, from, nothrow);
        if (failed) break;
    }
    co_await stream.async_shutdown(nothrow);
}

// Reads to the end; the end's error comes back in `ended`.
asio::awaitable<void> drain(TlsStream& stream, std::string& all, error_code& ended) {
    std::array<char, 20'000> piece{};
    while (!ended) {
        const auto into = asio::buffer(piece);
        const auto [failed, got] = co_await stream.async_read_some(into, nothrow);
        all.append(piece.data(), got);
        ended = failed;
    }
}

asio::awaitable<void> say(TlsStream& stream, std::string all) {
    const auto from = asio::buffer(all);
    const auto [failed, put] = co_await asio::async_write(stream, from, nothrow);
    CHECK_FALSE(failed);
    CHECK(put == all.size());
    co_await stream.async_shutdown(nothrow);
}

}  // namespace

TEST_CASE("tls: what is said comes back whole, whatever its size", "[tls]") {
    const std::size_t size = GENERATE(1, 16'384, 16'385, 70'001);
    Line line;
    std::string heard;
    error_code ended;
    const std::string said = noise(size);
    spawn(line.loop, echo(line.met.server));
    spawn(line.loop, say(line.met.client, said));
    spawn(line.loop, drain(line.met.client, heard, ended));
    line.run();
    CHECK(heard == said);
    CHECK(ended == asio::error::eof);
}

TEST_CASE("tls: 32 MiB cross in both directions at once, unharmed", "[tls]") {
    Line line;
    std::string at_server, at_client;
    error_code server_end, client_end;
    const std::string said = noise(32 << 20), answered = noise(8 << 20);
    spawn(line.loop, say(line.met.client, said));
    spawn(line.loop, say(line.met.server, answered));
    spawn(line.loop, drain(line.met.server, at_server, server_end));
    spawn(line.loop, drain(line.met.client, at_client, client_end));
    line.run();
    CHECK(at_server == said);
    CHECK(at_client == answered);
    CHECK(server_end == asio::error::eof);
    CHECK(client_end == asio::error::eof);
}

TEST_CASE("tls: an end without close_notify is a truncation, not an end", "[tls]") {
    Line line;
    std::string heard;
    error_code ended;
    line.met.server.next_layer().shutdown(tcp::socket::shutdown_send);
    spawn(line.loop, drain(line.met.client, heard, ended));
    line.run();
    CHECK(ended == TlsErrc::truncated);
    CHECK(line.met.client.error(ended).code == Errc::closed);
}

TEST_CASE("tls: after one end said goodbye the other can still speak", "[tls]") {
    Line line;
    line.met.client.async_shutdown([](error_code failure) { CHECK_FALSE(failure); });
    line.run();
    std::string heard;
    error_code ended;
    spawn(line.loop, say(line.met.server, "last words"));
    spawn(line.loop, drain(line.met.client, heard, ended));
    line.run();
    CHECK(heard == "last words");
    bool refused = false;
    line.met.client.async_write_some(asio::buffer("x", 1), [&](error_code failure, std::size_t) {
        refused = failure == asio::error::not_connected;
    });
    line.run();
    CHECK(refused);
}

TEST_CASE("tls: a read that ran into its deadline loses nothing", "[tls]") {
    Line line;
    asio::cancellation_signal stop;
    std::array<char, 16> piece{};
    error_code first;
    const auto on_first = [&](error_code failure, std::size_t) { first = failure; };
    line.met.client.async_read_some(asio::buffer(piece),
                                    asio::bind_cancellation_slot(stop.slot(), on_first));
    asio::post(line.loop, [&] { stop.emit(asio::cancellation_type::total); });
    line.run();
    CHECK(first == asio::error::operation_aborted);

    std::string heard;
    error_code ended;
    spawn(line.loop, say(line.met.server, "still here"));
    spawn(line.loop, drain(line.met.client, heard, ended));
    line.run();
    CHECK(heard == "still here");
}

TEST_CASE("tls: a stream may be destroyed under its operations", "[tls]") {
    Line line;
    std::array<char, 16> piece{};
    error_code ended;
    {
        TlsStream dying{std::move(line.met.client)};
        dying.async_read_some(asio::buffer(piece),
                              [&](error_code failure, std::size_t) { ended = failure; });
        line.loop.restart();
        line.loop.poll();
    }
    line.run();
    CHECK(ended == asio::error::operation_aborted);
}

TEST_CASE("tls: a handler is never called from inside its initiating function", "[tls]") {
    Line line;
    bool inside = true, called_inside = false, called = false;
    line.met.client.async_write_some(asio::buffer("ready at once", 13),
                                     [&](error_code failure, std::size_t size) {
                                         called = !failure && size == 13;
                                         called_inside = inside;
                                     });
    inside = false;
    line.run();
    CHECK(called);
    CHECK_FALSE(called_inside);
}

TEST_CASE("tls: nothing is read or written before the handshake", "[tls]") {
    asio::io_context loop;
    auto [near, far] = connected(loop);
    TlsStream server{std::move(far), server_context()};
    std::array<char, 16> piece{};
    error_code read, write;
    server.async_read_some(asio::buffer(piece), [&](error_code f, std::size_t) { read = f; });
    server.async_write_some(asio::buffer(piece), [&](error_code f, std::size_t) { write = f; });
    loop.run_for(5s);
    CHECK(read == asio::error::not_connected);
    CHECK(write == asio::error::not_connected);
}

TEST_CASE("tls: header and payload travel as one record", "[tls]") {
    Line line;
    std::array<char, 64> piece{};
    std::size_t got = 0;
    const std::array<asio::const_buffer, 3> parts{asio::buffer("head", 4), asio::const_buffer{},
                                                  asio::buffer("payload", 7)};
    line.met.client.async_write_some(parts,
                                     [](error_code, std::size_t size) { CHECK(size == 11); });
    line.met.server.async_read_some(asio::buffer(piece),
                                    [&](error_code, std::size_t n) { got = n; });
    line.run();
    CHECK(std::string_view{piece.data(), got} == "headpayload");
}
