#include "sync/uplink/https_post.hpp"

#include "agent/runtime/deadline.hpp"
#include "sync/uplink/connect.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>

namespace till::sync {

namespace {

namespace http = boost::beast::http;

constexpr std::size_t answer_bytes_max = 256 * 1024;
constexpr std::string_view media_type = "application/x-protobuf";

Errc code_of(unsigned status) {
    switch (status) {
        case 401:
        case 403:
            return Errc::forbidden;
        case 404:
            return Errc::not_found;
        case 409:
        case 410:
            return Errc::conflict;
        case 429:
        case 503:
            return Errc::busy;
        default:
            return status >= 400 && status < 500 ? Errc::malformed : Errc::closed;
    }
}

/// The `detail` of an RFC 9457 problem, or its title.
std::string words_of(const std::string& body) {
    boost::system::error_code failure;
    const auto problem = boost::json::parse(body, failure);
    if (failure || !problem.is_object()) return {};
    for (const auto* member : {"detail", "title"})
        if (const auto* text = problem.as_object().if_contains(member); text && text->is_string())
            return std::string{text->as_string().c_str()}.substr(0, 500);
    return {};
}

asio::awaitable<Result<Bytes>> exchange(TlsStream& stream,
                                        http::request<http::string_body> request) {
    const auto [unsent, sent] = co_await http::async_write(stream, request, nothrow);
    if (unsent) co_return stream.error(unsent);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_bytes_max);
    const auto [unread, size] = co_await http::async_read(stream, buffer, parser, nothrow);
    if (unread == http::error::body_limit)
        co_return Error{Errc::out_of_range, "its answer is too long"};
    if (unread) co_return stream.error(unread);
    auto response = parser.release();
    const unsigned status = response.result_int();
    if (status == 200 && response[http::field::content_type] == media_type)
        co_return std::move(response.body());
    auto words = words_of(response.body());
    if (words.empty()) words = "it answered " + std::to_string(status);
    co_return Error{status == 200 ? Errc::malformed : code_of(status), std::move(words)};
}

}  // namespace

asio::awaitable<Result<Bytes>> https_post(GatewayAddress to, ClientContext context,
                                          std::string path, Bytes body,
                                          std::chrono::milliseconds limit) {
    TILL_CO_TRY(auto stream, co_await connect(to, context, limit));
    http::request<http::string_body> request{http::verb::post, path, 11};
    request.set(http::field::host, to.name.text());
    request.set(http::field::user_agent, "till-agent");
    request.set(http::field::content_type, media_type);
    request.set(http::field::connection, "close");
    request.body() = std::move(body);
    request.prepare_payload();
    auto answer = co_await with_deadline(limit, exchange(stream, std::move(request)));
    if (!answer) answer.error().detail = "centre " + to.host + ": " + answer.error().detail;
    co_return answer;
}

}  // namespace till::sync
