#include "agent/api/json.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

namespace till {

namespace {

/// A place in the text as an editor counts it.
std::string place(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? at + 1 : at - newline;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

bool begins_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }
bool in_number(char c) { return begins_number(c) || c == '.' || c == '+' || c == 'e' || c == 'E'; }

/// Puts every bare number into quotes: the mapping reads quoted numbers wherever it wants numbers, and
/// where it wants text it gets the digits as they were written.
Result<std::string> quote_numbers(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 64);
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '\'')
            return Error{
                Errc::malformed, "not JSON at " + place(text, i), {}, "text in double quotes"};
        if (c == '"') {
            const std::size_t begin = i++;
            while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
            i = std::min(i + 1, text.size());
            out += text.substr(begin, i - begin);
        } else if (begins_number(c)) {
            const auto* end = std::find_if_not(text.begin() + i, text.end(), in_number);
            const std::string_view number{text.begin() + i, end};
            if (number.find_first_of("eE+") != std::string_view::npos)
                return Error{Errc::malformed,
                             "a number with an exponent at " + place(text, i),
                             {},
                             "plain decimals, e.g. 1.5"};
            out.append("\"").append(number).append("\"");
            i += number.size();
        } else {
            out += c;
            ++i;
        }
    }
    return out;
}

/// Protobuf says "(lines[0]) colour: Cannot find field." or "(lines[0].quantity): …" in front of what
/// is wrong, or a syntax error followed by an excerpt with a caret under it.
Error explain(const std::string& message) {
    Error error{Errc::malformed, message.substr(0, message.find('\n')), {}, {}};
    if (const auto code = error.detail.find("INVALID_ARGUMENT:"); code == 0)
        error.detail.erase(0, 17);
    const std::string& detail = error.detail;
    constexpr std::string_view unknown = ": Cannot find field.";
    const bool has_path = detail.starts_with('(') && detail.find(')') != std::string::npos;
    const auto close = has_path ? detail.find(')') : 0;
    if (has_path) error.field = detail.substr(1, close - 1);
    const auto not_known = detail.find(unknown);
    if (not_known != std::string::npos) {
        std::string name = detail.substr(0, not_known);
        if (has_path) name.erase(0, close + 1);
        name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
        error.field.append(error.field.empty() ? "" : ".").append(name);
        error.detail = "unknown field";
        error.allowed = "the names of commands.proto";
    } else if (has_path) {
        error.detail.erase(0, std::min(detail.find_first_not_of(": ", close + 1), detail.size()));
    }
    return error;
}

}  // namespace

std::string to_json(const google::protobuf::Message& message, Zeros zeros) {
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = zeros == Zeros::shown;
    std::string out;
    // Fails only on text that is not UTF-8, which no parsed message has.
    if (!google::protobuf::util::MessageToJsonString(message, &out, options).ok()) return "{}";
    return out;
}

Result<void> from_json(std::string_view text, google::protobuf::Message& message) {
    TILL_TRY(const std::string quoted, quote_numbers(text));
    const auto status = google::protobuf::util::JsonStringToMessage(quoted, &message);
    if (status.ok()) return {};
    return explain(status.message().ToString());
}

}  // namespace till
