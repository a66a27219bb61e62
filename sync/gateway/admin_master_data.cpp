#include "agent/runtime/log.hpp"
#include "sync/gateway/admin_api.hpp"
#include "sync/gateway/admin_http.hpp"
#include "sync/wire/proto_json.hpp"

#include <google/protobuf/util/json_util.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

// What central IT gives to all tills: importing it and looking at it.
namespace till::sync {

namespace json = boost::json;
using namespace detail;

namespace {

Result<v1::MasterImport> import_of(const HttpRequest& request) {
    v1::MasterImport import;
    const auto read = google::protobuf::util::JsonStringToMessage(request.body(), &import);
    if (!read.ok())
        return Error{
            Errc::malformed, read.message().ToString(), {}, "MasterImport of masterdata.proto"};
    return import;
}

json::value json_of(const google::protobuf::Message& message) {
    return json::parse(proto_json(message, true));
}

/// One problem for all faults: the first is its field, and each is a member of `faults`.
HttpResponse refusal(const HttpRequest& request, const std::vector<Error>& faults) {
    Error all = faults.front();
    if (faults.size() > 1)
        all.detail += ", and " + std::to_string(faults.size() - 1) + " more faults";
    HttpResponse response = problem(request, all);
    auto body = json::parse(response.body()).as_object();
    json::array list;
    for (const Error& fault : faults)
        list.push_back(
            {{"field", fault.field}, {"detail", fault.detail}, {"allowed", fault.allowed}});
    body["faults"] = std::move(list);
    response.body() = json::serialize(body);
    response.prepare_payload();
    return response;
}

/// The message inside, as an import says it: a PIN's verifier is nobody's business.
json::value shown(const v1::MasterRecord& record) {
    v1::MasterRecord copy = record;
    if (copy.has_operator_()) {
        const bool has_pin = !copy.operator_().pin_verifier().empty();
        copy.mutable_operator_()->set_pin_verifier(has_pin ? "set" : "");
    }
    return json_of(copy).as_object().begin()->value();
}

}  // namespace

asio::awaitable<HttpResponse> AdminApi::import_master_data(Asked request, Name administrator) {
    auto import = import_of(request);
    if (!import) co_return problem(request, import.error());
    const auto outcome = co_await feeds_.import(*std::move(import));
    if (!outcome) co_return problem(request, outcome.error());
    if (!outcome->faults.empty()) co_return refusal(request, outcome->faults);
    if (outcome->summary.applied())
        log(LogLevel::info, "admin", "master data imported",
            {{"by", administrator}, {"version", outcome->summary.version()}});
    co_return json_answer(request, json_of(outcome->summary).as_object());
}

asio::awaitable<HttpResponse> AdminApi::master_data(Asked request, Name) {
    const auto list = text_of(request, "list"), after = text_of(request, "after");
    const auto* field = v1::MasterImport::descriptor()->FindFieldByName(list);
    if (!list.empty() && (!field || !field->message_type()))
        co_return problem(request, {Errc::malformed, "no such list", "list",
                                    "stores, workstations, operators, tax_rules, tenders, reasons "
                                    "or products"});
    const auto set = co_await feeds_.master_set();
    if (!set) co_return problem(request, set.error());
    json::array records;
    std::map<std::string, std::uint64_t> counts;
    std::string next;
    for (const auto& [key, record] : *set) {
        const auto* of = v1::MasterImport::descriptor()->FindFieldByNumber(record.kind_case());
        ++counts[of->name()];
        const std::string place = key.key + " " + key.store;
        if (of != field || place <= after) continue;
        if (records.size() == page_max) {
            if (next.empty())
                next = std::string{records.back().as_object().at("after").as_string()};
            continue;
        }
        json::object shown_record = shown(record).as_object();
        shown_record["after"] = place;
        records.push_back(std::move(shown_record));
    }
    json::object body{{"version", feeds_.master_version()}};
    json::object all;
    for (const auto& [name, count] : counts) all[name] = count;
    body["counts"] = std::move(all);
    if (!list.empty()) body["records"] = std::move(records);
    if (!list.empty()) body["next"] = next;
    co_return json_answer(request, body);
}

}  // namespace till::sync
