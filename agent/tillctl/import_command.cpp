#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/master_csv.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <fstream>
#include <iostream>
#include <memory>

// Master data: from CSV files to the centre, and a look at what is there.
namespace till {

namespace {

namespace json = boost::json;

constexpr std::string_view door = "/admin/v1/master-data";

struct Import {
    std::string list, file, charset = "auto", delimiter = ",";
    bool whole = false, dry_run = false;
};

Result<MasterCsv> read(const Import& wanted, const std::string& list) {
    std::ifstream file{wanted.file, std::ios::binary};
    if (!file) return Error{Errc::malformed, wanted.file + " cannot be read"};
    MasterCsvFormat format{.delimiter = wanted.delimiter == "tab" ? '\t' : wanted.delimiter[0]};
    TILL_TRY(format.charset, parse_charset(wanted.charset));
    auto rows = read_master_csv(list, file, format);
    if (!rows) {
        Error error = rows.error();
        error.detail = wanted.file + ":\n" + error.detail;
        return error;
    }
    return rows;
}

/// "products[17].gtin" as a line of the file; what is not of the file as it is.
std::string place_of(const std::string& field, const std::string& list, const Import& wanted,
                     const MasterCsv& rows) {
    std::size_t index = 0, length = 0;
    if (!field.starts_with(list + "[")) return field;
    try {
        index = std::stoul(field.substr(list.size() + 1), &length);
    } catch (const std::exception&) { return field; }
    if (index >= rows.lines.size()) return field;
    const auto rest = field.find("].");
    return wanted.file + ":" + std::to_string(rows.lines[index]) + ": "
           + (rest == std::string::npos ? "" : field.substr(rest + 2));
}

Exit refuse(const Reply& reply, const std::string& list, const Import& wanted,
            const MasterCsv& rows) {
    const auto& faults = till::list(reply.body, "faults");
    if (faults.empty()) return report(reply);
    for (const auto& fault : faults)
        std::cerr << place_of(text(fault, "field"), list, wanted, rows) << ": "
                  << text(fault, "detail") << " (allowed: " << text(fault, "allowed") << ")\n";
    std::cerr << "tillctl: nothing was imported\n";
    return Exit::usage;
}

void print_changes(const json::value& answer, bool dry_run) {
    for (const auto& change : list(answer, "changes")) {
        const auto before = text(change, "before"), after = text(change, "after");
        const char* sign = before.empty() ? "+ " : after.empty() ? "- " : "~ ";
        std::cout << sign << text(change, "key") << ' ';
        if (!before.empty()) std::cout << before;
        if (!before.empty() && !after.empty()) std::cout << " → ";
        std::cout << after << '\n';
    }
    Table table{{"list", "added", "changed", "removed", "unchanged"}};
    for (const auto& count : list(answer, "counts"))
        table.add({text(count, "list"), text(count, "added"), text(count, "changed"),
                   text(count, "removed"), text(count, "unchanged")});
    table.print();
    std::cout << (dry_run ? "Nothing was changed; the master data is at version "
                          : "The master data is at version ")
              << text(answer, "version") << ".\n";
}

void import_file(const Common& common, Exit& outcome, const Import& wanted) {
    const auto list = parse_master_list(wanted.list);
    if (!list) return void(outcome = report(list.error()));
    const auto rows = read(wanted, *list);
    if (!rows) return void(outcome = report(rows.error()));
    if (const auto named = gateway_named(common); !named)
        return void(outcome = report(named.error()));
    const auto client = open_gateway(common.gateway);
    if (!client) return void(outcome = report(client.error()));
    json::object body{{*list, rows->records}, {"dry_run", wanted.dry_run}};
    if (wanted.whole) body["whole"] = json::array({json::value(*list)});
    const auto reply = (*client)->call("POST", door, json::serialize(body));
    if (!reply) return void(outcome = report(reply.error()));
    if (!reply->ok()) return void(outcome = refuse(*reply, *list, wanted, *rows));
    common.json ? print_json(reply->body) : print_changes(reply->body, wanted.dry_run);
}

void print_counts(const Common& common, Exit& outcome) {
    const auto answer = ask_gateway(common, outcome, "GET", std::string{door});
    if (!answer) return;
    if (common.json) return print_json(*answer);
    std::cout << "Master data, version " << text(*answer, "version") << '\n';
    Table table{{"list", "records"}};
    const auto counts = member(*answer, "counts");
    for (const auto& [name, count] : counts.as_object()) table.add({name, text(counts, name)});
    if (!table.empty()) table.print();
}

/// One record a line, as JSON: what `import` takes, in other words.
void print_list(const Common& common, Exit& outcome, const std::string& name) {
    const auto list = parse_master_list(name);
    if (!list) return void(outcome = report(list.error()));
    std::string after;
    do {
        const auto page =
            ask_gateway(common, outcome, "GET",
                        std::string{door} + "?list=" + *list + "&after=" + query_value(after));
        if (!page) return;
        for (const auto& record : till::list(*page, "records")) {
            auto shown = record.as_object();
            shown.erase("after");
            std::cout << json::serialize(shown) << '\n';
        }
        after = text(*page, "next");
    } while (!after.empty());
}

}  // namespace

void add_import_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto wanted = std::make_shared<Import>();
    auto* import = app.add_subcommand(
        "import", "Master data from a CSV file: all of it, or nothing, in one version");
    import
        ->add_option("LIST", wanted->list,
                     "stores, workstations, operators, tax-rules, tenders, reasons or products")
        ->required();
    import->add_option("FILE", wanted->file, "CSV; its first row names the columns")->required();
    import->add_flag("--whole", wanted->whole, "The file is the whole list: remove what it lacks");
    import->add_flag("--dry-run", wanted->dry_run, "Say what would change, and change nothing");
    import->add_option("--charset", wanted->charset, "utf-8, utf-16, big5, windows-1252 or auto")
        ->capture_default_str();
    import->add_option("--delimiter", wanted->delimiter, "Between two fields; tab is a tab")
        ->check([](const std::string& text) {
            return text.size() == 1 || text == "tab" ? std::string{} : "one character, or tab";
        })
        ->capture_default_str();
    import->callback([&common, &outcome, wanted] { import_file(common, outcome, *wanted); });

    const auto list = std::make_shared<std::string>();
    auto* look = app.add_subcommand("masterdata", "What the centre sends to all tills");
    look->add_option("LIST", *list, "Print the records of this list, one a line");
    look->callback([&common, &outcome, list] {
        list->empty() ? print_counts(common, outcome) : print_list(common, outcome, *list);
    });
}

}  // namespace till
