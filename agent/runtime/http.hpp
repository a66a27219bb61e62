#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace till {

/// One request, wholly read.
struct HttpRequest {
    std::string method;                                        ///< "POST"
    std::string target;                                        ///< As sent: "/v1/events?after=7".
    std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
    Bytes body;
    std::uint16_t local_port = 0;     ///< Of the listener it came in by.
    bool asks_for_websocket = false;  ///< As RFC 6455 wants it.

    std::string_view path() const { return std::string_view{target}.substr(0, target.find('?')); }
    std::string_view query() const {
        const auto mark = target.find('?');
        return mark == std::string::npos ? std::string_view{}
                                         : std::string_view{target}.substr(mark + 1);
    }
    /// The value of a header (name in lower case); empty when absent.
    std::string_view header(std::string_view name) const {
        for (const auto& [key, value] : headers)
            if (key == name) return value;
        return {};
    }
    std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            headers, [&](const auto& header) { return header.first == name; }));
    }
};

/// A client on a WebSocket that is told things.
class HttpListener {
public:
    virtual ~HttpListener() = default;
    /// One text message. Fails with timed_out when the client takes none in for long, closed when it
    /// is gone.
    virtual boost::asio::awaitable<Result<void>> tell(BytesView text) = 0;
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    Bytes body;
    /// For a request that asks for a WebSocket: it becomes one, and this runs until it returns, or is
    /// cancelled because the client left. Status and body are not sent then; headers are.
    std::function<boost::asio::awaitable<void>(HttpListener&)> told = {};
};

}  // namespace till
