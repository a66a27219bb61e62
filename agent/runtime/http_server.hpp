#pragma once

#include "agent/core/limits.hpp"
#include "agent/core/result.hpp"
#include "agent/runtime/http.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace till {

namespace asio = boost::asio;

/// Answers one request. It must not throw; its own waits have their own deadlines.
using HttpHandler = std::function<asio::awaitable<HttpResponse>(HttpRequest)>;

/// What a client may cost.
struct HttpLimits {
    std::size_t head_bytes_max = 8 * 1024;                       ///< Beyond: 431.
    std::size_t body_bytes_max = limits::request_bytes_max;      ///< Beyond: 413, unread.
    std::size_t connections_max = limits::http_connections_max;  ///< Beyond: 503 and closed.
    std::chrono::milliseconds head_time_max = limits::request_time_max;  ///< Idle time included.
    std::chrono::milliseconds body_time_max = limits::request_time_max;  ///< And for the answer.
};

/// HTTP/1.1 over plain TCP with keep-alive. A client that is slow, silent, oversized or malformed
/// costs one connection until its deadline; what it sent is never half-handled.
///
/// Thread: the executor's, which must be single-threaded.
class HttpServer {
public:
    /// Binds at once. `address` is numeric; port 0 lets the kernel choose. Fails with io.
    static Result<std::unique_ptr<HttpServer>> listen(asio::any_io_executor executor,
                                                      const std::string& address,
                                                      std::uint16_t port, HttpLimits limits,
                                                      HttpHandler handler);
    ~HttpServer();

    std::uint16_t port() const;

    /// Runs until cancelled. Then: no new connections, idle ones are closed, and requests in hand
    /// are answered before it returns.
    asio::awaitable<void> run();

private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till
