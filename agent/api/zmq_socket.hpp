#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <filesystem>
#include <vector>

#include <zmq.hpp>

namespace till {

namespace asio = boost::asio;

/// A ZeroMQ socket on the Asio loop, bound to a Unix socket. Its descriptor is edge-triggered: only
/// this class decides when to wait for it.
///
/// Thread: the loop's. The context outlives it.
class ZmqSocket {
public:
    using Frames = std::vector<Bytes>;

    ZmqSocket(asio::any_io_executor executor, zmq::context_t& context, zmq::socket_type type);
    ZmqSocket(const ZmqSocket&) = delete;
    ~ZmqSocket();

    /// `mode` is the file's; nobody can connect before it has it. Replaces a file that a dead program
    /// left behind. Fails with out_of_range for a path that is too long for a socket, else with io.
    Result<void> bind(const std::filesystem::path& file, unsigned mode);

    /// The next message, all of it; abandoned when cancelled. One coroutine receives.
    asio::awaitable<Result<Frames>> receive();
    /// Never waits: false when it was dropped, because whom it is for is gone or does not read.
    bool send(const Frames& frames);

    zmq::socket_t& options() { return socket_; }

private:
    zmq::socket_t socket_;
    asio::posix::stream_descriptor ready_;
    std::filesystem::path file_;  // Removed at the end; empty: not bound.
};

}  // namespace till
