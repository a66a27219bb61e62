#include "sync/crm/tryton_json.hpp"

#include "agent/core/decimal.hpp"

#include <chrono>
#include <cstdlib>

namespace till::sync::detail {

json::object decimal(std::int64_t mantissa, int scale) {
    return {{"__class__", "Decimal"}, {"decimal", Decimal{mantissa, scale}.text()}};
}

json::object date(std::string_view day) {
    const auto number = [&](std::size_t at, std::size_t size) {
        return std::atoi(std::string{day.substr(at, size)}.c_str());
    };
    return {{"__class__", "date"},
            {"year", number(0, 4)},
            {"month", number(5, 2)},
            {"day", number(8, 2)}};
}

json::object datetime(std::int64_t ms) {
    using namespace std::chrono;
    const sys_time<milliseconds> time{milliseconds{ms}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    return {
        {"__class__", "datetime"},           {"year", int{date.year()}},
        {"month", unsigned{date.month()}},   {"day", unsigned{date.day()}},
        {"hour", clock.hours().count()},     {"minute", clock.minutes().count()},
        {"second", clock.seconds().count()}, {"microsecond", clock.subseconds().count() * 1000}};
}

std::int64_t ms_of(const json::value* datetime) {
    using namespace std::chrono;
    if (!datetime || !datetime->is_object()) return 0;
    const auto& parts = datetime->as_object();
    const auto part = [&](const char* name) {
        return static_cast<int>(integer(parts.if_contains(name)));
    };
    const sys_days day{year{part("year")} / part("month") / part("day")};
    const auto time = day + hours{part("hour")} + minutes{part("minute")} + seconds{part("second")}
                      + milliseconds{part("microsecond") / 1000};
    return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

json::array clause(std::string_view field, std::string_view how, json::value value) {
    json::array made;
    made.emplace_back(field);
    made.emplace_back(how);
    made.push_back(std::move(value));
    return made;
}

json::array of_any_state() {
    json::array both;
    both.emplace_back(true);
    both.emplace_back(false);
    return clause("active", "in", std::move(both));
}

json::array ids_of(std::int64_t id) {
    json::array made;
    made.emplace_back(id);
    return made;
}

json::array texts(std::initializer_list<std::string_view> words) {
    json::array made;
    for (const auto word : words) made.emplace_back(word);
    return made;
}

json::array created(json::array children) {
    json::array order;
    order.emplace_back("create");
    order.push_back(std::move(children));
    json::array made;
    made.push_back(std::move(order));
    return made;
}

json::array related(std::string_view how, std::int64_t id) {
    json::array order;
    order.emplace_back(how);
    order.push_back(ids_of(id));
    json::array made;
    made.push_back(std::move(order));
    return made;
}

std::int64_t integer(const json::value* value) {
    return value && value->is_int64() ? value->as_int64() : 0;
}

}  // namespace till::sync::detail
