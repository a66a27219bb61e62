#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace till {

namespace asio = boost::asio;

/// The device's ZeroMQ ends (ZMTP 3.1), each a Unix socket with file permissions: a ROUTER for calls
/// and a publisher (XPUB) of the feed.
///
/// A call is the last frame of a message, from a REQ or a DEALER; the frames before it come back in
/// front of the answer. Answers come in the order in which they are ready. Whoever does not read its
/// answers loses them; a subscriber that is slow loses messages of the feed, and sees that by their
/// sequence. Neither costs anybody else anything.
///
/// Thread: the loop's; libzmq has an I/O thread of its own.
class ZmqServer {
public:
    struct Options {
        std::filesystem::path calls, feed;
        unsigned mode = 0600;
    };
    /// Answers one call. It must not throw; it is not cancelled.
    using Handler = std::function<asio::awaitable<Bytes>(Bytes)>;

    /// Binds at once. Fails with out_of_range (a path that is too long) or io.
    static Result<std::unique_ptr<ZmqServer>> listen(asio::any_io_executor executor,
                                                     const Options& options, Handler handler);
    ~ZmqServer();

    /// Runs until cancelled; calls in hand are answered before it returns.
    asio::awaitable<void> run();

    /// Never waits.
    void publish(const std::string& topic, const Bytes& message);
    bool has_subscribers() const;
    /// Returns when there is one (at once if there is). Cancellable: abandoned.
    asio::awaitable<Result<void>> wait_subscribers();
    /// Called for each subscription: what is published then reaches it. Empty: nobody is.
    void on_subscribed(std::function<void()> told);

private:
    struct Impl;
    explicit ZmqServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till
