#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>

// Private to the module: Tryton's values and domains as its JSON has them.
namespace till::sync::detail {

namespace json = boost::json;

json::object decimal(std::int64_t mantissa, int scale);
/// What starts a party's name as a CrmRecord has it.
inline constexpr std::string_view party_record = "party/";

/// Of milliseconds since 1970, UTC.
json::object datetime(std::int64_t ms);
/// The reverse; 0 for anything else.
std::int64_t ms_of(const json::value* datetime);

/// Of YYYY-MM-DD.
json::object date(std::string_view day);

/// ["field", "=", value] and its like.
json::array clause(std::string_view field, std::string_view how, json::value value);
template <class... Clauses>
json::array domain(Clauses... clauses) {
    json::array made;
    (made.push_back(std::move(clauses)), ...);
    return made;
}
/// Also those who were made inactive.
json::array of_any_state();

json::array ids_of(std::int64_t id);
json::array texts(std::initializer_list<std::string_view> words);
/// [["create", [{…}]]]: children that come with their parent.
json::array created(json::array children);
/// [["add", [id]]] or [["remove", [id]]].
json::array related(std::string_view how, std::int64_t id);
/// 0 when it is none.
std::int64_t integer(const json::value* value);

}  // namespace till::sync::detail
