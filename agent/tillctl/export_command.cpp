#include "agent/core/decimal.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/poslog_writer.hpp"

#include <google/protobuf/util/json_util.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>

// The centre's transactions for other programs: page by page, so that a year takes no more memory than a day.
namespace till {

namespace {

namespace json = boost::json;

struct Wanted {
    std::string format = "jsonl", day, store, lane;
    std::filesystem::path out;
};

/// RFC 4180: quotes where a reader would see something else.
std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

void put_row(std::ostream& out, const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out << (i == 0 ? "" : ",") << field(row[i]);
    out << "\r\n";
}

std::string number(const json::value& value, std::string_view mantissa, int scale) {
    const auto digits = text(value, mantissa);
    return Decimal{std::strtoll(digits.c_str(), nullptr, 10), scale}.text();
}

std::string decimal(const json::value& value) {
    return number(value, "mantissa", std::atoi(text(value, "scale").c_str()));
}

constexpr std::array transaction_columns = {
    "store",    "workstation", "business_day",  "number",   "kind",  "status",
    "training", "voided",      "currency",      "gross",    "net",   "tax",
    "discount", "begin",       "end",           "operator", "shift", "channel",
    "order_id", "customer",    "source_system", "journal",  "seq",   "trace_id"};

/// One row for each transaction.
void put_transaction(std::ostream& out, const json::value& found) {
    std::vector<std::string> row;
    for (const auto* column : transaction_columns) row.push_back(text(found, column));
    put_row(out, row);
}

const std::vector<std::string> line_columns = {"store",
                                               "workstation",
                                               "business_day",
                                               "number",
                                               "line",
                                               "kind",
                                               "voided",
                                               "gtin",
                                               "sku",
                                               "description",
                                               "quantity",
                                               "unit",
                                               "unit_price",
                                               "amount",
                                               "currency",
                                               "tax_code",
                                               "tax_amount",
                                               "training",
                                               "transaction_voided"};

/// One row for each line; a reversal's lines are a post-void's.
void put_lines(std::ostream& out, const json::value& found) {
    const auto event = member(member(found, "stored"), "event");
    auto sale = member(event, "retail_transaction");
    if (!sale.is_object()) sale = member(member(event, "post_void"), "reversal");
    const int decimals = std::atoi(text(sale, "currency_decimals").c_str());
    for (const auto& line : list(sale, "lines")) {
        const auto item = member(line, "item");
        const auto gtin = text(item, "gtin");
        put_row(
            out,
            {text(found, "store"), text(found, "workstation"), text(found, "business_day"),
             text(found, "number"), text(line, "number"), text(line, "kind"),
             text(line, "voided").empty() ? "false" : "true",
             gtin.empty() ? gtin
                          : std::string(14 - std::min<std::size_t>(14, gtin.size()), '0') + gtin,
             text(item, "sku"), text(item, "description"), decimal(member(line, "quantity")),
             text(member(line, "quantity"), "unit"), decimal(member(line, "unit_price")),
             number(line, "amount", decimals), text(found, "currency"), text(line, "tax_code"),
             number(member(line, "tax"), "amount", decimals), text(found, "training"),
             text(found, "voided")});
    }
}

void put_poslog(std::ostream& out, const json::value& found) {
    tillstream::v1::Event event;
    google::protobuf::util::JsonParseOptions newer;
    newer.ignore_unknown_fields = true;  // A centre that knows more than this program.
    const auto stored = json::serialize(member(member(found, "stored"), "event"));
    const auto read = google::protobuf::util::JsonStringToMessage(stored, &event, newer);
    if (!read.ok()) return;  // A kind that the centre itself cannot read yet.
    poslog_transaction(out, {event, text(found, "number"), text(found, "customer")});
}

void write(std::ostream& out, const Common& common, Exit& outcome, const Wanted& wanted,
           std::size_t& count) {
    if (wanted.format == "csv")
        put_row(out, {transaction_columns.begin(), transaction_columns.end()});
    if (wanted.format == "lines") put_row(out, line_columns);
    if (wanted.format == "poslog") poslog_begin(out);
    const std::string filter =
        "&day=" + query_value(wanted.day) + "&store=" + query_value(wanted.store)
        + "&lane=" + query_value(wanted.lane) + (wanted.format == "csv" ? "" : "&full=1");
    for (std::string after = "0";;) {
        const auto page = ask_gateway(common, outcome, "GET",
                                      "/admin/v1/transactions?limit=200&after=" + after + filter);
        if (!page) return;
        for (const auto& found : list(*page, "transactions")) {
            ++count;
            if (wanted.format == "csv")
                put_transaction(out, found);
            else if (wanted.format == "lines")
                put_lines(out, found);
            else if (wanted.format == "poslog")
                put_poslog(out, found);
            else
                out << json::serialize(found) << '\n';
        }
        after = text(*page, "next");
        if (after.empty() || after == "0" || !out) break;
    }
    if (wanted.format == "poslog") poslog_end(out);
}

void export_all(const Common& common, Exit& outcome, const Wanted& wanted) {
    std::size_t count = 0;
    if (wanted.out.empty()) return write(std::cout, common, outcome, wanted, count);
    // Beside its place until it is whole: who reads the file never sees half of it.
    const auto draft = std::filesystem::path{wanted.out}.concat(".partial");
    std::ofstream out{draft, std::ios::binary};
    write(out, common, outcome, wanted, count);
    out.close();
    std::error_code failed;
    if (outcome == Exit::ok && out) std::filesystem::rename(draft, wanted.out, failed);
    if (outcome == Exit::ok && (!out || failed)) {
        std::cerr << "tillctl: " << wanted.out.string() << " cannot be written\n";
        outcome = Exit::failed;
    }
    if (outcome != Exit::ok) {
        std::filesystem::remove(draft, failed);
        return;
    }
    std::cerr << count << " transactions in " << wanted.out.string() << '\n';
}

}  // namespace

void add_export_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto wanted = std::make_shared<Wanted>();
    auto* all = app.add_subcommand("export", "Transactions of the centre, for other programs");
    all->add_option(
           "--format", wanted->format,
           "jsonl: each with its event; csv: a row each; lines: a row for each of its lines; "
           "poslog: ARTS/NRF POSLog 6 XML")
        ->check(CLI::IsMember{{"jsonl", "csv", "lines", "poslog"}})
        ->capture_default_str();
    all->add_option("--day", wanted->day, "Of this business day only");
    all->add_option("--store", wanted->store, "Of this store only");
    all->add_option("--lane", wanted->lane, "Of this workstation only");
    all->add_option("--to", wanted->out, "Into this file, which appears when it is whole");
    all->callback([&common, &outcome, wanted] { export_all(common, outcome, *wanted); });
}

}  // namespace till
