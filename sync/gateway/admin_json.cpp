#include "sync/gateway/admin_json.hpp"

#include "agent/core/decimal.hpp"
#include "agent/core/hex.hpp"
#include "sync/wire/events.pb.h"
#include "sync/wire/proto_json.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <time.h>

namespace till::sync {

namespace json = boost::json;

namespace {

std::string amount(std::int64_t minor, int decimals) { return Decimal{minor, decimals}.text(); }

/// Amounts have a currency's decimals, counts none.
std::string figure(const ReconciledFigure& figure, std::int64_t value) {
    const bool count = figure.name == "transactions" || figure.name.ends_with("count");
    return count ? std::to_string(value) : amount(value, figure.decimals);
}

std::string time_or_nothing(std::int64_t milliseconds) {
    return milliseconds == 0 ? "" : rfc3339(WallTime{milliseconds});
}

json::object to_json(const ReconciledFigure& f) {
    json::array causes;
    for (const auto& cause : f.causes)
        causes.push_back(json::object{{"cause", cause.text}, {"amount", figure(f, cause.amount)}});
    return {{"currency", f.currency},
            {"name", f.name},
            {"device", figure(f, f.device)},
            {"centre", figure(f, f.centre)},
            {"causes", std::move(causes)}};
}

json::object to_json(const ReconciledJournal& journal) {
    using Chain = ReconciledJournal::Chain;
    return {{"journal", journal.journal.value().text()},
            {"events", journal.events},
            {"has_figures", journal.has_figures},
            {"signature_verified", journal.verified},
            {"amendment", journal.amendment},
            {"device_head", journal.upto.value()},
            {"mark", journal.mark.value()},
            {"projected", journal.cursor.value()},
            {"chain", journal.chain == Chain::same      ? "same"
                      : journal.chain == Chain::differs ? "differs"
                      : journal.chain == Chain::let_go  ? "let go of"
                                                        : "not here yet"}};
}

}  // namespace

std::string rfc3339(WallTime time) {
    const auto whole = static_cast<time_t>(time.value() / 1000 - (time.value() % 1000 < 0 ? 1 : 0));
    tm parts{};
    if (!gmtime_r(&whole, &parts)) return {};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       time.value() - std::int64_t{whole} * 1000);
}

json::object to_json(const Registry::Code& code) {
    return {{"store", code.store},
            {"lane", code.workstation},
            {"created", rfc3339(code.created)},
            {"expires", rfc3339(code.expires)},
            {"used", code.used ? rfc3339(*code.used) : ""}};
}

json::object to_json(const Registry::Device& device) {
    return {{"device", device.id.value().text()},
            {"store", device.store},
            {"lane", device.workstation},
            {"enrolled", rfc3339(device.enrolled)},
            {"not_after", rfc3339(device.not_after)},
            {"serial", device.serial},
            {"first_generation", device.first_generation},
            {"last_generation", device.last_generation},
            {"revoked", device.revoked ? rfc3339(*device.revoked) : ""},
            {"revoked_reason", device.revoked_reason}};
}

json::object to_json(const JournalState& journal) {
    return {{"journal", journal.row.journal.value().text()},
            {"device", journal.row.device.value().text()},
            {"predecessor", journal.row.predecessor ? journal.row.predecessor->value().text() : ""},
            {"generation", journal.row.generation},
            {"store", journal.row.store},
            {"workstation", journal.row.workstation},
            {"mark", journal.row.mark.seq.value()},
            {"hash", hex(journal.row.mark.hash)},
            {"projected", journal.cursor.value()},
            {"branches", journal.branches},
            {"damage", journal.damage},
            {"last_seen", time_or_nothing(journal.row.last_seen_ms)}};
}

json::object to_json(const LedgerAudit& audit) {
    json::array problems, branches;
    for (const auto& one : audit.problems)
        problems.push_back(json::object{
            {"first", one.first.value()}, {"last", one.last.value()}, {"what", one.what}});
    for (const auto& one : audit.branches)
        branches.push_back(json::object{{"number", one.number},
                                        {"first", one.first.value()},
                                        {"last", one.last.value()},
                                        {"received", time_or_nothing(one.received_ms)}});
    return {{"journal", audit.row.journal.value().text()},
            {"device", audit.row.device.value().text()},
            {"predecessor", audit.row.predecessor ? audit.row.predecessor->value().text() : ""},
            {"predecessor_missing", audit.predecessor_missing},
            {"generation", audit.row.generation},
            {"store", audit.row.store},
            {"workstation", audit.row.workstation},
            {"mark", audit.row.mark.seq.value()},
            {"hash", hex(audit.row.mark.hash)},
            {"last_seen", time_or_nothing(audit.row.last_seen_ms)},
            {"events", audit.events},
            {"kept_from", audit.row.kept_from.value()},
            {"ok", audit.whole()},
            {"summary", audit.summary()},
            {"problems", std::move(problems)},
            {"more_problems", audit.more_problems},
            {"branches", std::move(branches)}};
}

json::object to_json(const TransactionRow& row) {
    return {{"journal", row.journal.value().text()},
            {"seq", row.seq.value()},
            {"store", row.store},
            {"workstation", row.workstation},
            {"business_day", row.business_day},
            {"source_system", row.source_system},
            {"number", row.number},
            {"kind", row.kind == 101 ? "post_void" : "retail_transaction"},
            {"status", tillstream::v1::TransactionStatus_Name(row.status)},
            {"training", row.training},
            {"only_returns", row.only_returns},
            {"channel", tillstream::v1::Channel_Name(row.channel)},
            {"order_id", row.order_id},
            {"currency", row.currency},
            {"gross", amount(row.gross, row.decimals)},
            {"net", amount(row.net, row.decimals)},
            {"tax", amount(row.tax, row.decimals)},
            {"discount", amount(row.discount, row.decimals)},
            {"begin", time_or_nothing(row.begin_ms)},
            {"end", time_or_nothing(row.end_ms)},
            {"corrected_time", time_or_nothing(row.corrected_ms)},
            {"time_error_ms", row.error_ms},
            {"operator", row.operator_id},
            {"shift", row.shift},
            {"customer", row.customer ? row.customer->value().text() : ""},
            {"trace_id", hex(row.trace_id)},
            {"amendment", row.amendment},
            {"voided", row.voided}};
}

json::object to_json(const ExceptionRow& row) {
    return {{"id", row.id},
            {"journal", row.journal.value().text()},
            {"seq", row.seq.value()},
            {"code", row.code},
            {"field", row.field},
            {"cause", row.cause},
            {"held", row.held},
            {"open", row.open},
            {"business_day", row.business_day},
            {"store", row.store},
            {"workstation", row.workstation},
            {"fixed_by", row.fixed_by},
            {"note", row.note},
            {"fixed", time_or_nothing(row.fixed_ms)}};
}

json::object to_json(const ReconciledDay& day) {
    json::array figures, journals;
    for (const auto& f : day.figures) figures.push_back(to_json(f));
    for (const auto& journal : day.journals) journals.push_back(to_json(journal));
    return {{"business_day", day.business_day}, {"store", day.store},
            {"workstation", day.workstation},   {"balanced", day.balanced},
            {"explained", day.explained},       {"figures", std::move(figures)},
            {"journals", std::move(journals)}};
}

json::object to_json(const StoredEnvelope& stored) {
    const Envelope& envelope = stored.envelope;
    json::object object{
        {"seq", envelope.seq.value()},
        {"kind", envelope.kind.value()},
        {"time", rfc3339(envelope.times.wall)},
        {"received", rfc3339(WallTime{stored.received_ms})},
        {"corrected_time", rfc3339(WallTime{envelope.times.wall.value() + stored.clock_offset_ms})},
        {"time_error_ms", stored.clock_error_ms},
        {"hash", hex(stored.hash)},
        {"sealed_bytes", envelope.sealed.size()},
        {"sealed_erased", envelope.erased_sealed.has_value()}};
    tillstream::v1::Event event;
    if (!event.ParseFromString(envelope.body)) {
        object["kind_name"] = "unreadable";
        return object;
    }
    const auto* field =
        event.GetDescriptor()->FindFieldByNumber(static_cast<int>(envelope.kind.value()));
    object["kind_name"] = field ? field->name() : "unknown";
    object["summary"] =
        fmt::format("{} {} {}", event.context().business_day(), event.numbers().receipt_number(),
                    event.retail_transaction().source().number());
    object["event"] = json::parse(proto_json(event));
    return object;
}

std::optional<std::string> query_value(std::string_view target, std::string_view key) {
    const auto parsed = boost::urls::parse_origin_form(target);
    if (!parsed) return std::nullopt;
    for (const auto& parameter : parsed->params())
        if (parameter.key == key) return std::string{parameter.value};
    return std::nullopt;
}

}  // namespace till::sync
