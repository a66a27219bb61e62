#include "agent/api/request_hash.hpp"

#include "agent/core/limits.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/customer/card_guard.hpp"
#include "sync/wire/commands.pb.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <memory>

namespace till {

namespace {

namespace v1 = tillstream::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

v1::CustomerData kinds_only(const v1::CustomerData& data) {
    v1::CustomerData kinds;
    for (const v1::CommandIdentifier& identifier : data.identifiers())
        kinds.add_identifiers()->set_type(identifier.type());
    return kinds;
}

/// The field that holds a person, if the command has one; it is never deeper than the top.
const FieldDescriptor* person_field(const Message& command) {
    const auto* field = command.GetDescriptor()->FindFieldByName("customer");
    return field && field->message_type() == v1::CustomerData::descriptor() ? field : nullptr;
}

std::string deterministic(const Message& message) {
    std::string out;
    google::protobuf::io::StringOutputStream stream{&out};
    google::protobuf::io::CodedOutputStream coded{&stream};
    coded.SetSerializationDeterministic(true);
    message.SerializeWithCachedSizes(&coded);
    coded.Trim();
    return out;
}

}  // namespace

Bytes request_hash(std::string_view command_name, const Message& command) {
    const std::unique_ptr<Message> copy{command.New()};
    copy->CopyFrom(command);
    const FieldDescriptor* person = person_field(command);
    if (person && command.GetReflection()->HasField(command, person)) {
        auto* data = dynamic_cast<v1::CustomerData*>(
            copy->GetReflection()->MutableMessage(copy.get(), person));
        *data = kinds_only(*data);
    }
    // Nor a PIN: four digits are found by their hash at once.
    if (auto* control = dynamic_cast<v1::RecordControl*>(copy.get())) control->clear_pin();
    (void)copy->ByteSizeLong();  // Fills the cached sizes.
    const Digest digest = Sha256{}
                              .add_u32(static_cast<std::uint32_t>(command_name.size()))
                              .add(command_name)
                              .add(deterministic(*copy))
                              .finish();
    return Bytes{view(digest).substr(0, 16)};
}

Result<void> check_key(const std::string& key) {
    const auto printable = [](char c) { return c >= '!' && c <= '~'; };
    if (key.empty() || key.size() > limits::idempotency_key_bytes_max
        || !std::ranges::all_of(key, printable))
        return Error{Errc::malformed, "not an idempotency key", "idempotency_key",
                     "1 to 128 printable ASCII characters"};
    return check_no_card(key, "idempotency_key");
}

}  // namespace till
