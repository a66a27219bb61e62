// describe_api DESCRIPTORS: prints the OpenAPI 3.1 document of the agent's HTTP door, made from the command
// table and the comments of commands.proto. DESCRIPTORS is what protoc writes with --include_source_info.
// Runs when the agent is built.

#include "agent/api/command_table.hpp"

#include <google/protobuf/descriptor.pb.h>
#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

using namespace till;
namespace json = boost::json;
namespace pb = google::protobuf;

namespace {

constexpr std::string_view package = "tillstream.v1.";

/// What the .proto files say of each name, by its full name.
using Comments = std::map<std::string, std::string>;

std::string tidied(std::string text) {
    std::string out;
    for (const char c : text)
        if (c != '\n')
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    out.erase(0, std::min(out.find_first_not_of(' '), out.size()));
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

void note(Comments& comments, const auto& what) {
    pb::SourceLocation place;
    if (!what.GetSourceLocation(&place)) return;
    const auto said = tidied(place.leading_comments + " " + place.trailing_comments);
    if (!said.empty()) comments[what.full_name()] = said;
}

void note_all(Comments& comments, const pb::Descriptor& type) {
    note(comments, type);
    for (int i = 0; i < type.field_count(); ++i) note(comments, *type.field(i));
    for (int i = 0; i < type.nested_type_count(); ++i) note_all(comments, *type.nested_type(i));
}

/// Descriptors that are compiled in have lost their comments: those of the file have not.
Comments read_comments(const char* file) {
    pb::FileDescriptorSet set;
    std::ifstream in{file, std::ios::binary};
    Comments comments;
    if (!set.ParseFromIstream(&in)) return comments;
    pb::DescriptorPool pool;
    for (const auto& each : set.file()) {
        const auto* built = pool.BuildFile(each);
        for (int i = 0; built && i < built->message_type_count(); ++i)
            note_all(comments, *built->message_type(i));
    }
    return comments;
}

std::string short_name(const std::string& full) {
    return full.starts_with(package) ? full.substr(package.size()) : full;
}

class Document {
public:
    explicit Document(const Comments& comments) : comments_{comments} {}

    json::object describe(std::string_view version) {
        json::object paths;
        for (const CommandInfo& command : commands()) {
            if (command.path.empty()) continue;
            std::string method{command.method};
            std::ranges::transform(method, method.begin(),
                                   [](char c) { return static_cast<char>(c | 0x20); });
            auto& at = paths[command.path];
            if (!at.is_object()) at = json::object{};
            at.as_object()[method] = operation(command);
        }
        json::object document{
            {"openapi", "3.1.0"},
            {"info",
             {{"title", "Tillstream agent"},
              {"version", version},
              {"summary", "Captures on the device first; every answer means: it is on disk."},
              {"description",
               "The loopback door of one device. A capture needs a key of its own: the same key "
               "with the same command gives the first answer again, for ever. Amounts and "
               "quantities are text, so that no floating point touches money."},
              {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
            {"servers", json::array{{{"url", "http://127.0.0.1:{port}"},
                                     {"variables", {{"port", {{"default", "8480"}}}}}}}},
            {"security", json::array{{{"token", json::array{}}}}},
            {"paths", std::move(paths)}};
        refer(*pb::DescriptorPool::generated_pool()->FindMessageTypeByName(std::string{package}
                                                                           + "Problem"));
        json::object schemas;
        while (!wanted_.empty()) {
            const auto* type = wanted_.extract(wanted_.begin()).value();
            schemas[short_name(type->full_name())] = schema(*type);
        }
        document["components"] = {
            {"schemas", std::move(schemas)},
            {"securitySchemes",
             {{"token",
               {{"type", "http"},
                {"scheme", "bearer"},
                {"description", "One of the agent's tokens; it names caller and role."}}}}}};
        return document;
    }

private:
    std::string said_of(const std::string& name) const {
        const auto found = comments_.find(name);
        return found == comments_.end() ? std::string{} : found->second;
    }

    json::object refer(const pb::Descriptor& type) {
        if (done_.insert(&type).second) wanted_.insert(&type);
        return {{"$ref", "#/components/schemas/" + short_name(type.full_name())}};
    }

    json::object value(const pb::FieldDescriptor& field) {
        using Field = pb::FieldDescriptor;
        switch (field.cpp_type()) {
            case Field::CPPTYPE_MESSAGE:
                return refer(*field.message_type());
            case Field::CPPTYPE_ENUM: {
                json::array words;
                for (int i = 0; i < field.enum_type()->value_count(); ++i)
                    words.push_back(json::value(field.enum_type()->value(i)->name()));
                return {{"type", "string"}, {"enum", std::move(words)}};
            }
            case Field::CPPTYPE_BOOL:
                return {{"type", "boolean"}};
            case Field::CPPTYPE_INT64:  // Protobuf's JSON shows 64 bits as text, and reads both.
            case Field::CPPTYPE_UINT64:
                return {{"type", {"string", "integer"}}, {"pattern", "^-?[0-9]+$"}};
            case Field::CPPTYPE_STRING:
                if (field.type() == Field::TYPE_BYTES)
                    return {{"type", "string"}, {"contentEncoding", "base64"}};
                return {{"type", "string"}};
            default:
                return {{"type", "integer"}};
        }
    }

    json::object schema(const pb::Descriptor& type) {
        json::object properties;
        for (int i = 0; i < type.field_count(); ++i) {
            const auto& field = *type.field(i);
            json::object shown = value(field.is_map() ? *field.message_type()->map_value() : field);
            if (field.is_map())
                shown = {{"type", "object"}, {"additionalProperties", std::move(shown)}};
            else if (field.is_repeated())
                shown = {{"type", "array"}, {"items", std::move(shown)}};
            if (const auto said = said_of(field.full_name()); !said.empty())
                shown["description"] = said;
            properties[field.name()] = std::move(shown);
        }
        json::object out{{"type", "object"},
                         {"properties", std::move(properties)},
                         {"additionalProperties", false}};
        if (const auto said = said_of(type.full_name()); !said.empty()) out["description"] = said;
        return out;
    }

    json::object body(const pb::Descriptor& type, std::string_view media = "application/json") {
        return {{media, {{"schema", refer(type)}}}};
    }

    json::object operation(const CommandInfo& command) {
        const auto& type = *command.prototype->GetDescriptor();
        std::string roles;
        for (const Role role :
             {Role::pos, Role::stock, Role::reader, Role::foreign_pos, Role::administrator})
            if (command.allows(role))
                roles.append(roles.empty() ? "" : ", ").append(till::name(role));
        json::object out{{"operationId", command.name},
                         {"summary", said_of(type.full_name())},
                         {"description", "Roles: " + roles + "."}};
        json::array parameters;
        if (command.is_capture()) {
            parameters.push_back({{"name", "Idempotency-Key"},
                                  {"in", "header"},
                                  {"required", true},
                                  {"description", "This capture's own, for ever."},
                                  {"schema", {{"type", "string"}, {"pattern", "^[!-~]{1,128}$"}}}});
            out["requestBody"] = {{"required", true}, {"content", body(type)}};
        } else if (command.method == "POST") {
            out["requestBody"] = {{"required", true}, {"content", body(type)}};
        } else {
            for (int i = 0; i < type.field_count(); ++i) {
                json::object shown{{"name", type.field(i)->name()},
                                   {"in", "query"},
                                   {"schema", value(*type.field(i))}};
                if (const auto said = said_of(type.field(i)->full_name()); !said.empty())
                    shown["description"] = said;
                parameters.push_back(std::move(shown));
            }
        }
        parameters.push_back({{"name", "traceparent"},
                              {"in", "header"},
                              {"description", "W3C Trace Context."},
                              {"schema", {{"type", "string"}}}});
        out["parameters"] = std::move(parameters);
        out["responses"] = responses(command);
        return out;
    }

    json::object responses(const CommandInfo& command) {
        const auto& problem = *pb::DescriptorPool::generated_pool()->FindMessageTypeByName(
            std::string{package} + "Problem");
        const auto& answer = *command.answer->GetDescriptor();
        json::object out;
        if (command.is_capture()) {
            out["201"] = {{"description", "It is on stable storage."}, {"content", body(answer)}};
            out["200"] = {{"description", "It was, under this key: the first answer again."},
                          {"content", body(answer)}};
        } else if (&answer == v1::FeedMessage::descriptor()) {
            refer(answer);
            out["101"] = {{"description", "A WebSocket; each text message is a FeedMessage."}};
        } else {
            out["200"] = {{"description", "The answer."}, {"content", body(answer)}};
        }
        out["default"] = {{"description", "Refused; `field` and `allowed` say what would do."},
                          {"content", body(problem, "application/problem+json")}};
        return out;
    }

    const Comments& comments_;
    std::set<const pb::Descriptor*> done_;
    std::set<const pb::Descriptor*,
             decltype([](const auto* a, const auto* b) { return a->full_name() < b->full_name(); })>
        wanted_;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: describe_api DESCRIPTORS VERSION\n";
        return 2;
    }
    const Comments comments = read_comments(arguments[1]);
    if (comments.empty()) {
        std::cerr << "describe_api: " << arguments[1] << " has no descriptors with comments\n";
        return 1;
    }
    std::cout << json::serialize(Document{comments}.describe(arguments[2])) << '\n';
}
