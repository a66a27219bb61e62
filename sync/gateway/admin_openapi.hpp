#pragma once

#include <boost/json/object.hpp>

#include <span>
#include <string_view>

namespace till::sync {

/// A parameter of the query, or a member of the body, of one row of the administrators' API.
struct AdminParameter {
    std::string_view name, meaning;
    bool required = false;
    std::string_view type =
        "string";  ///< Of a body's member; an array is of objects or of strings.
};

/// One row, as it is described to people and programs.
struct AdminRoute {
    std::string_view verb, path, name, meaning;
    std::span<const AdminParameter> parameters;
};

/// The OpenAPI 3.1 document of these rows.
boost::json::object admin_openapi(std::span<const AdminRoute> routes, std::string_view version);

}  // namespace till::sync
