#pragma once

#include "agent/core/bytes.hpp"

#include <algorithm>
#include <cstdint>
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
    std::uint16_t local_port = 0;  ///< Of the listener it came in by.

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

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    Bytes body;
};

}  // namespace till
