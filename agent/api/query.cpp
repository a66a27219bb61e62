#include "agent/api/query.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

namespace till {

namespace {

using Field = google::protobuf::FieldDescriptor;

std::string names_of(const google::protobuf::Descriptor& type) {
    std::string names;
    for (int i = 0; i < type.field_count(); ++i)
        names.append(i == 0 ? "" : ", ").append(type.field(i)->name());
    return names.empty() ? "none" : names;
}

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.begin(), text.end(), value);
    if (failed != std::errc{} || end != text.end() || value > most) return std::nullopt;
    return value;
}

/// RFC 3986; "+" is a blank, as forms have it. What is no escape stands for itself.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto [end, failed] = std::from_chars(digits.begin(), digits.end(), byte, 16);
        const bool escape =
            text[i] == '%' && digits.size() == 2 && failed == std::errc{} && end == digits.end();
        if (escape) i += 2;
        out += escape ? static_cast<char>(byte) : text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

bool put(google::protobuf::Message& message, const Field& field, std::string_view text) {
    const auto* reflection = message.GetReflection();
    if (field.cpp_type() == Field::CPPTYPE_STRING) {
        reflection->SetString(&message, &field, decoded(text));
        return true;
    }
    const bool is_long = field.cpp_type() == Field::CPPTYPE_UINT64;
    const auto value = number(text, is_long ? std::numeric_limits<std::uint64_t>::max()
                                            : std::numeric_limits<std::uint32_t>::max());
    if (!value) return false;
    if (is_long)
        reflection->SetUInt64(&message, &field, *value);
    else
        reflection->SetUInt32(&message, &field, static_cast<std::uint32_t>(*value));
    return true;
}

}  // namespace

Result<void> from_query(std::string_view query, google::protobuf::Message& message) {
    const auto& type = *message.GetDescriptor();
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const auto equals = pair.find('=');
        const std::string name{pair.substr(0, equals)};
        const auto text =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        const auto* field = type.FindFieldByName(name);
        if (!field) return Error{Errc::malformed, "unknown parameter", name, names_of(type)};
        if (!put(message, *field, text))
            return Error{Errc::out_of_range, "not a number that fits", name, "a number, 0 or more"};
    }
    return {};
}

}  // namespace till
