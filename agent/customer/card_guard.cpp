#include "agent/customer/card_guard.hpp"

#include "agent/core/gtin.hpp"
#include "agent/core/ids.hpp"
#include "agent/customer/card_scan.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <algorithm>
#include <iterator>

namespace till {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Numbers that identify something elsewhere: masking one in ten of them would break what they
// refer to, so only what begins like a brand's cards is masked.
constexpr std::string_view number_fields[] = {
    "order_id",    "number",       "transaction", "receipt_number", "fiscal_invoice_number",
    "operator_id", "promotion_id", "reference",   "authorisation",  "session",
    "serial",      "lot"};

bool begins_like_ours(std::string_view digits, const IdentifierRules& rules) {
    return std::ranges::any_of(rules.loyalty_prefixes, [&](const std::string& prefix) {
        return !prefix.empty() && digits.starts_with(prefix);
    });
}

std::string digits_of(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c >= '0' && c <= '9') digits += c;
    return digits;
}

bool is_gtin(std::string_view text) { return gtin_number(text) != 0; }

bool is_exempt(const FieldDescriptor& field, std::string_view text, const IdentifierRules& rules) {
    const std::string& name = field.name();
    if (field.containing_type() == v1::Identifier::descriptor()) return true;
    if (field.containing_type()->name() == "CommandIdentifier") return true;
    // No card has had 13 digits since the nineties: an SKU of 8, 12 or 13 is the article's code.
    if (name == "gtin" || (name == "sku" && text.size() != 14)) return is_gtin(text);
    return begins_like_ours(digits_of(text), rules);
}

class Guard {
public:
    explicit Guard(const IdentifierRules& rules) : rules_{rules} {}

    Result<void> walk(Message& message, const std::string& prefix) {
        const auto& reflection = *message.GetReflection();
        std::vector<const FieldDescriptor*> fields;
        reflection.ListFields(message, &fields);
        for (const FieldDescriptor* field : fields) {
            const bool many = field->is_repeated();
            const int count = many ? reflection.FieldSize(message, field) : 1;
            for (int i = 0; i < count; ++i) {
                std::string here = prefix + field->name();
                if (many) here.append("[").append(std::to_string(i)).append("]");
                TILL_TRY_VOID(visit(message, *field, many ? i : -1, here));
            }
        }
        return {};
    }

    bool masked() const { return masked_; }

private:
    Result<void> visit(Message& message, const FieldDescriptor& field, int index,
                       const std::string& here) {
        const auto& reflection = *message.GetReflection();
        if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
            return walk(index < 0 ? *reflection.MutableMessage(&message, &field)
                                  : *reflection.MutableRepeatedMessage(&message, &field, index),
                        here + ".");
        if (field.type() != FieldDescriptor::TYPE_STRING) return {};
        std::string text = index < 0 ? reflection.GetString(message, &field)
                                     : reflection.GetRepeatedString(message, &field, index);
        if (has_track_data(text))
            return Error{Errc::malformed, "card track data is never accepted", here,
                         "no magnetic-stripe data"};
        if (is_exempt(field, text, rules_)) return {};
        const bool number =
            std::ranges::find(number_fields, field.name()) != std::end(number_fields);
        if (!mask_cards(text, number ? CardScan::number : CardScan::free_text)) return {};
        masked_ = true;
        if (index < 0)
            reflection.SetString(&message, &field, text);
        else
            reflection.SetRepeatedString(&message, &field, index, text);
        return {};
    }

    const IdentifierRules& rules_;
    bool masked_ = false;
};

}  // namespace

Result<bool> guard_cards(Message& command, const IdentifierRules& rules) {
    Guard guard{rules};
    TILL_TRY_VOID(guard.walk(command, ""));
    return guard.masked();
}

bool looks_like_card(std::string_view text, const IdentifierRules& rules) {
    if (Uuid::parse(text))
        return false;  // A number that some system made, whatever digits are in it.
    const std::string digits = digits_of(text);
    std::string copy{text};
    return !begins_like_ours(digits, rules) && !(digits.size() == 13 && is_gtin(digits))
           && mask_cards(copy, CardScan::free_text);
}

Result<void> check_no_card(std::string_view text, const char* field) {
    std::string copy{text};
    if (!has_track_data(text) && !mask_cards(copy, CardScan::key)) return {};
    return Error{Errc::malformed, "looks like a payment card's number", field, "any other value"};
}

}  // namespace till
