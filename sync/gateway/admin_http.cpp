#include "sync/gateway/admin_http.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>

namespace till::sync::detail {

namespace json = boost::json;

HttpResponse json_answer(const HttpRequest& request, const json::object& body) {
    return answer(request, 200, "application/json", json::serialize(body));
}

std::string_view target_of(const HttpRequest& request) {
    return {request.target().data(), request.target().size()};
}

std::string text_of(const HttpRequest& request, std::string_view key) {
    return query_value(target_of(request), key).value_or("");
}

Result<std::uint64_t> number_of(const HttpRequest& request, std::string_view key,
                                std::uint64_t fallback) {
    const auto text = query_value(target_of(request), key);
    if (!text) return fallback;
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (failure != std::errc{} || end != text->data() + text->size())
        return Error{Errc::malformed, "not a whole number", std::string{key}, "0 or more"};
    return number;
}

json::value body_of(const HttpRequest& request) {
    boost::system::error_code failure;
    auto body = json::parse(request.body(), failure);
    return failure ? json::value{} : body;
}

Result<std::string> member(const json::value& body, std::string_view key) {
    const auto* object = body.if_object();
    const auto* value = object ? object->if_contains(key) : nullptr;
    const auto* text = value ? value->if_string() : nullptr;
    if (!text || text->empty())
        return Error{Errc::malformed, "is missing", std::string{key}, "text"};
    return std::string{*text};
}

}  // namespace till::sync::detail
