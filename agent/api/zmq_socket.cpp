#include "agent/api/zmq_socket.hpp"

#include "agent/runtime/deadline.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <iterator>

#include <zmq_addon.hpp>

namespace till {

ZmqSocket::ZmqSocket(asio::any_io_executor executor, zmq::context_t& context, zmq::socket_type type)
    : socket_{context, type}, ready_{executor, socket_.get(zmq::sockopt::fd)} {
    socket_.set(zmq::sockopt::linger, 200);
}

ZmqSocket::~ZmqSocket() {
    ready_.release();  // The descriptor is libzmq's.
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
}

Result<void> ZmqSocket::bind(const std::filesystem::path& file, unsigned mode) {
    if (file.native().size() >= sizeof(sockaddr_un::sun_path))
        return Error{Errc::out_of_range,
                     file.string() + " is too long for a socket's name",
                     {},
                     "at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes"};
    const mode_t before = ::umask(static_cast<mode_t>(~mode & 0777U));
    try {
        socket_.bind("ipc://" + file.string());
    } catch (const zmq::error_t& failed) {
        ::umask(before);
        return Error{Errc::io, file.string() + ": " + failed.what()};
    }
    ::umask(before);
    file_ = file;
    if (::chmod(file.c_str(), mode) != 0) return Error{Errc::io, file.string() + ": chmod"};
    return {};
}

asio::awaitable<Result<ZmqSocket::Frames>> ZmqSocket::receive() {
    for (;;) {
        // Try first, wait second: an edge that was seen already does not come again.
        std::vector<zmq::message_t> parts;
        if (zmq::recv_multipart(socket_, std::back_inserter(parts), zmq::recv_flags::dontwait)) {
            Frames frames;
            for (const auto& part : parts) frames.emplace_back(part.to_string_view());
            co_return frames;
        }
        if ((socket_.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0) continue;
        co_await ready_.async_wait(asio::posix::stream_descriptor::wait_read, nothrow);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none)
            co_return Error{Errc::abandoned, "waiting for a message"};
    }
}

bool ZmqSocket::send(const Frames& frames) {
    std::vector<zmq::const_buffer> parts;
    for (const auto& frame : frames) parts.push_back(zmq::buffer(frame));
    const auto sent = zmq::send_multipart(socket_, parts, zmq::send_flags::dontwait);
    ready_.cancel();  // Sending may take the edge that receive() waits for: let it look again.
    return sent.has_value();
}

}  // namespace till
