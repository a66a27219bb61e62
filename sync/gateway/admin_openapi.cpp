#include "sync/gateway/admin_openapi.hpp"

#include <boost/json/array.hpp>

#include <string>

namespace till::sync {

namespace json = boost::json;

namespace {

json::object body_of(const AdminRoute& route) {
    json::object properties;
    json::array required;
    for (const AdminParameter& one : route.parameters) {
        json::object schema{{"type", one.type}, {"description", one.meaning}};
        if (one.type == "array") schema["items"] = json::object{};
        properties[one.name] = std::move(schema);
        if (one.required) required.push_back(json::value(one.name));
    }
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"required", true},
            {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json::array query_of(const AdminRoute& route) {
    json::array parameters;
    for (const AdminParameter& one : route.parameters)
        parameters.push_back({{"name", one.name},
                              {"in", "query"},
                              {"required", one.required},
                              {"description", one.meaning},
                              {"schema", {{"type", "string"}}}});
    return parameters;
}

json::object operation(const AdminRoute& route) {
    json::object out{{"operationId", route.name}, {"summary", route.meaning}};
    if (route.verb == "GET")
        out["parameters"] = query_of(route);
    else
        out["requestBody"] = body_of(route);
    out["responses"] = {
        {"200",
         {{"description", "The answer."},
          {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}}},
        {"default",
         {{"description", "Refused (RFC 9457); `field` and `allowed` say what would do."},
          {"content",
           {{"application/problem+json",
             {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}}}};
    return out;
}

}  // namespace

json::object admin_openapi(std::span<const AdminRoute> routes, std::string_view version) {
    json::object paths;
    for (const AdminRoute& route : routes) {
        auto& at = paths[route.path];
        if (!at.is_object()) at = json::object{};
        at.as_object()[route.verb == "GET" ? "get" : "post"] = operation(route);
    }
    const json::object text{{"type", "string"}};
    const json::object problem{{"type", "object"},
                               {"required", {"type", "title", "status", "detail"}},
                               {"properties",
                                {{"type", text},
                                 {"title", text},
                                 {"status", {{"type", "integer"}}},
                                 {"detail", text},
                                 {"field", text},
                                 {"allowed", text}}}};
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", "Tillstream gateway, administrators' API"},
              {"version", version},
              {"description",
               "At the gateway's one port, with an administrator's client certificate. Every order "
               "is logged with the administrator's name."},
              {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
            {"servers", json::array{{{"url", "https://gateway.example:8443"}}}},
            {"security", json::array{{{"certificate", json::array{}}}}},
            {"paths", std::move(paths)},
            {"components",
             {{"schemas", {{"Problem", problem}}},
              {"securitySchemes", {{"certificate", {{"type", "mutualTLS"}}}}}}}};
}

}  // namespace till::sync
