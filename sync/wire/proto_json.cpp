#include "sync/wire/proto_json.hpp"

#include <google/protobuf/util/json_util.h>

namespace till::sync {

std::string proto_json(const google::protobuf::Message& message, bool with_zeros) {
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = with_zeros;
    std::string text;
    if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return "{}";
    return text;
}

}  // namespace till::sync
