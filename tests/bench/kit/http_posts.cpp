#include "tests/bench/kit/http_posts.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <list>

namespace till::bench {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

std::string post(std::uint16_t port, std::string_view path, std::string_view token,
                 std::string_view key, std::string_view body) {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n"
        "Content-Type: application/json\r\nIdempotency-Key: {}\r\nContent-Length: {}\r\n\r\n{}",
        path, port, token, key, body.size(), body);
}

namespace {

/// The length of the body that follows this head.
std::size_t body_length(std::string_view head) {
    constexpr std::string_view field = "Content-Length: ";
    if (!head.starts_with("HTTP/1.1 20")) throw std::runtime_error{std::string{head}};
    const auto at = head.find(field);
    std::size_t length = 0;
    if (at != std::string_view::npos)
        std::from_chars(head.data() + at + field.size(), head.data() + head.size(), length);
    return length;
}

asio::awaitable<void> one_after_another(Tcp::socket& socket, std::span<const std::string> requests,
                                        Samples& times) {
    std::string answer;
    auto into = asio::dynamic_buffer(answer);
    for (const std::string& request : requests) {
        const auto start = Steady::now();
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        const std::size_t head =
            co_await asio::async_read_until(socket, into, "\r\n\r\n", asio::use_awaitable);
        const std::size_t whole = head + body_length({answer.data(), head});
        if (answer.size() < whole) {
            const auto rest = asio::transfer_exactly(whole - answer.size());
            co_await asio::async_read(socket, into, rest, asio::use_awaitable);
        }
        times.push_back(since(start));
        answer.erase(0, whole);
    }
}

}  // namespace

struct HttpPosts::Impl {
    asio::io_context loop{1};
    std::list<Tcp::socket> sockets;
};

HttpPosts::HttpPosts(std::uint16_t port, std::size_t connections)
    : impl_{std::make_unique<Impl>()} {
    const Tcp::endpoint server{asio::ip::address_v4::loopback(), port};
    for (std::size_t i = 0; i < connections; ++i) {
        Tcp::socket& socket = impl_->sockets.emplace_back(impl_->loop);
        socket.connect(server);
        socket.set_option(Tcp::no_delay{true});
    }
}

// The server has a bounded number of places: the next ones may come when these are known to be gone.
HttpPosts::~HttpPosts() {
    for (Tcp::socket& socket : impl_->sockets) {
        boost::system::error_code ended;
        socket.shutdown(Tcp::socket::shutdown_send, ended);
        for (std::array<char, 256> rest; !ended;) socket.read_some(asio::buffer(rest), ended);
    }
}

Samples HttpPosts::run(std::span<const std::string> requests) {
    Samples times;
    const std::size_t each = requests.size() / impl_->sockets.size();
    const auto rethrow = [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    };
    std::size_t from = 0;
    for (Tcp::socket& socket : impl_->sockets) {
        asio::co_spawn(impl_->loop, one_after_another(socket, requests.subspan(from, each), times),
                       rethrow);
        from += each;
    }
    impl_->loop.restart();
    impl_->loop.run();
    return times;
}

}  // namespace till::bench
