#include "sync/uplink/connect.hpp"

#include "agent/runtime/deadline.hpp"

#include <boost/asio/ip/address.hpp>

#include <memory>
#include <vector>

namespace till::sync {

namespace {

using tcp = asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

/// A name lookup that nobody needs to wait for: getaddrinfo cannot be interrupted, and a name
/// server that does not answer must not hold up the end of the program.
struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor)
        : resolver{executor}, done{executor, asio::steady_timer::time_point::max()} {}
    tcp::resolver resolver;
    asio::steady_timer done;  // Never expires; cancelled when the answer is here.
    Result<Endpoints> answer = Error{Errc::abandoned, "looking up the centre's name"};
};

asio::awaitable<Result<Endpoints>> look_up(std::string host, std::uint16_t port) {
    boost::system::error_code no_address;
    const auto address = asio::ip::make_address(host, no_address);
    if (!no_address) co_return Endpoints{tcp::endpoint{address, port}};

    const auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
    const auto on_answer = [lookup](const boost::system::error_code& failure,
                                    const tcp::resolver::results_type& found) {
        if (failure)
            lookup->answer = Error{Errc::not_found, "its name is not known: " + failure.message()};
        else
            lookup->answer = Endpoints{found.begin(), found.end()};
        lookup->done.cancel();
    };
    lookup->resolver.async_resolve(host, std::to_string(port), on_answer);
    co_await lookup->done.async_wait(nothrow);
    co_return std::move(lookup->answer);
}

asio::awaitable<Result<tcp::socket>> dial(tcp::endpoint endpoint) {
    tcp::socket socket{co_await asio::this_coro::executor};
    const auto [failure] = co_await socket.async_connect(endpoint, nothrow);
    if (failure == asio::error::connection_refused) co_return Error{Errc::busy, failure.message()};
    if (failure) co_return Error{Errc::closed, failure.message()};
    boost::system::error_code ignored;  // Without it the link is slower, and works.
    socket.set_option(tcp::no_delay{true}, ignored);
    co_return socket;
}

asio::awaitable<Result<tcp::socket>> dial_first(Endpoints endpoints,
                                                std::chrono::milliseconds limit) {
    const auto share = limit / std::max<std::size_t>(endpoints.size(), 1);
    Error last{Errc::not_found, "its name has no address"};
    for (const auto& endpoint : endpoints) {
        auto socket = co_await with_deadline(share, dial(endpoint));
        if (socket) co_return socket;
        if (socket.error().code == Errc::abandoned) co_return std::move(socket).error();
        last = std::move(socket).error();
    }
    co_return last;
}

asio::awaitable<Result<void>> shake_hands(TlsStream& stream) {
    const auto [failure] = co_await stream.async_handshake(nothrow);
    if (failure) co_return stream.error(failure);
    co_return Result<void>{};
}

Error explained(Error error, const GatewayAddress& to, std::string_view step) {
    const bool late = error.code == Errc::timed_out;
    error.detail = "centre " + to.host + ":" + std::to_string(to.port) + ": " + std::string{step}
                   + (late ? " took too long" : ": " + error.detail);
    return error;
}

}  // namespace

asio::awaitable<Result<TlsStream>> connect(GatewayAddress to, ClientContext context,
                                           std::chrono::milliseconds limit) {
    auto endpoints = co_await with_deadline(limit, look_up(to.host, to.port));
    if (!endpoints) co_return explained(std::move(endpoints).error(), to, "name lookup");
    auto socket = co_await dial_first(*std::move(endpoints), limit);
    if (!socket) co_return explained(std::move(socket).error(), to, "connecting");
    TlsStream stream{*std::move(socket), context, to.name};
    auto trusted = co_await with_deadline(limit, shake_hands(stream));
    if (!trusted) co_return explained(std::move(trusted).error(), to, "TLS handshake");
    co_return stream;
}

}  // namespace till::sync
