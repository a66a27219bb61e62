#include "agent/api/zmq_client.hpp"

#include <zmq.hpp>

namespace till {

struct ZmqClient::Impl {
    zmq::context_t context{1};
    zmq::socket_t socket{context, zmq::socket_type::req};
};

ZmqClient::ZmqClient(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ZmqClient::ZmqClient(ZmqClient&&) noexcept = default;
ZmqClient::~ZmqClient() = default;

Result<ZmqClient> ZmqClient::open(const std::filesystem::path& socket) {
    std::error_code failed;
    if (!std::filesystem::exists(socket, failed))
        return Error{Errc::not_found, socket.string() + ": there is no such socket; does it run?"};
    auto impl = std::make_unique<Impl>();
    try {
        // A question without an answer must not stand in the way of the next.
        impl->socket.set(zmq::sockopt::req_relaxed, 1);
        impl->socket.set(zmq::sockopt::req_correlate, 1);
        impl->socket.set(zmq::sockopt::linger, 0);
        impl->socket.connect("ipc://" + socket.string());
    } catch (const zmq::error_t& refused) {
        return Error{Errc::out_of_range, socket.string() + ": " + refused.what()};
    }
    return ZmqClient{std::move(impl)};
}

Result<Bytes> ZmqClient::ask(BytesView call, std::chrono::milliseconds patience) {
    auto& socket = impl_->socket;
    socket.set(zmq::sockopt::sndtimeo, static_cast<int>(patience.count()));
    socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
    try {
        zmq::message_t answer;
        if (!socket.send(zmq::buffer(call), zmq::send_flags::none) || !socket.recv(answer))
            return Error{Errc::timed_out, "the agent did not answer"};
        return Bytes{answer.to_string_view()};
    } catch (const zmq::error_t& failed) {
        return Error{Errc::io, std::string{"ZeroMQ: "} + failed.what()};
    }
}

}  // namespace till
