#pragma once

#include "agent/api/command_table.hpp"
#include "agent/api/feed.hpp"
#include "agent/api/tokens.hpp"
#include "agent/runtime/http_server.hpp"

namespace till {

/// The table over HTTP: JSON in, JSON out, problems as RFC 9457. Serve it on a loopback address only.
///
/// Who may ask: Host must be localhost, 127.0.0.1 or [::1] with our port (DNS rebinding), an Origin
/// must be our own (other sites' pages), and a bearer token names caller and role. A capture needs
/// an Idempotency-Key. 201 answers what was captured now, 200 what the key had captured before. A
/// traceparent (W3C) gives the trace id; else one is made. The feed is a WebSocket; there a browser, which
/// cannot send headers of its own, names its token as a subprotocol, "bearer.TOKEN", beside
/// "tillstream.feed.v1".
///
/// References must outlive it. Thread: the loop's.
class HttpDoor {
public:
    HttpDoor(CommandTable& table, const Tokens& tokens, Feed& feed, Random& random)
        : table_{table}, tokens_{tokens}, feed_{feed}, random_{random} {}

    asio::awaitable<HttpResponse> handle(HttpRequest request);

    /// Requests for `is_for` go to `handler`, without a token: what any program on this machine may see.
    void open_to_all(std::function<bool(const HttpRequest&)> is_for, HttpHandler handler) {
        open_to_all_.emplace_back(std::move(is_for), std::move(handler));
    }

    /// For HttpServer::listen.
    HttpHandler handler() {
        return [this](HttpRequest request) { return handle(std::move(request)); };
    }

private:
    asio::awaitable<HttpResponse> capture(const CommandInfo& command, HttpRequest request,
                                          Caller caller, Bytes trace_id);
    asio::awaitable<HttpResponse> answer(const CommandInfo& command, HttpRequest request,
                                         Caller caller, Bytes trace_id);

    HttpResponse follow(const HttpRequest& request, const v1::FollowFeed& query,
                        BytesView trace_id);
    static asio::awaitable<void> tell(HttpListener& listener, FeedFollower follower);

    CommandTable& table_;
    const Tokens& tokens_;
    Feed& feed_;
    Random& random_;
    std::vector<std::pair<std::function<bool(const HttpRequest&)>, HttpHandler>> open_to_all_;
};

}  // namespace till
