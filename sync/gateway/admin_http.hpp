#pragma once

#include "sync/gateway/admin_json.hpp"
#include "sync/gateway/http.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// What the rows of the administrators' API share: reading what they are asked, answering in JSON.
namespace till::sync::detail {

constexpr std::uint64_t page_max = 1000;

HttpResponse json_answer(const HttpRequest& request, const boost::json::object& body);

std::string_view target_of(const HttpRequest& request);
/// A parameter of the query; empty when it is not there.
std::string text_of(const HttpRequest& request, std::string_view key);
/// malformed when it is there and no whole number.
Result<std::uint64_t> number_of(const HttpRequest& request, std::string_view key,
                                std::uint64_t fallback);

/// The body as JSON; null when it is none.
boost::json::value body_of(const HttpRequest& request);
/// A member of it that is text and not empty; malformed, naming it, when it is not.
Result<std::string> member(const boost::json::value& body, std::string_view key);

template <class Rows>
boost::json::array rows_json(const Rows& rows) {
    boost::json::array array;
    for (const auto& row : rows) array.push_back(to_json(row));
    return array;
}

}  // namespace till::sync::detail
