#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace till {

namespace {

namespace json = boost::json;

/// "retail_transaction.lines[0].quantity" as a JSON pointer (RFC 6901).
std::string pointer_to(std::string_view path) {
    std::string pointer = "/";
    for (const char c : path)
        if (c == '.' || c == '[')
            pointer += '/';
        else if (c != ']')
            pointer += c;
    return pointer;
}

/// The fact of an event: "retail_transaction".
std::string fact_of(const json::value& stored) { return text(stored, "kind_name"); }

/// Puts `value` where `path` says, from the event or from its fact; the fields it lies in must be there.
std::optional<std::string> put(json::value& event, const std::string& fact,
                               const std::string& assignment) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos) return "--set takes FIELD=VALUE, not " + assignment;
    std::string path = assignment.substr(0, equals);
    const auto first = path.substr(0, path.find_first_of(".["));
    if (!event.as_object().contains(first)) path = fact + "." + path;
    const std::string said = assignment.substr(equals + 1);
    json::value value(said);  // In parentheses: braces would make a list of it.
    if (said == "true" || said == "false") value = said == "true";
    const std::string pointer = pointer_to(path);
    const auto parent = pointer.rfind('/');
    boost::system::error_code missing;
    auto* holder = event.find_pointer(pointer.substr(0, parent), missing);
    if (!holder) return "there is no " + path + " in this event";
    const std::string last = pointer.substr(parent + 1);
    if (auto* object = holder->if_object()) {
        (*object)[last] = value;
        return std::nullopt;
    }
    std::size_t index = 0;
    const auto [end, failed] = std::from_chars(last.data(), last.data() + last.size(), index);
    auto* array = holder->if_array();
    if (!array || failed != std::errc{} || index >= array->size())
        return "there is no " + path + " in this event";
    (*array)[index] = value;
    return std::nullopt;
}

void print_exception(const json::value& answer) {
    const auto row = member(answer, "exception");
    std::cout << fmt::format("{}  {}\n  cause: {}\n", text(row, "id"), text(row, "code"),
                             text(row, "cause"));
    if (!text(row, "field").empty()) std::cout << "  field: " << text(row, "field") << '\n';
    std::cout << fmt::format("  journal {} seq {}\n", text(row, "journal"), text(row, "seq"));
    const bool held = text(row, "held") == "true", open = text(row, "open") == "true";
    const bool is_crm = text(row, "code").starts_with("refused by ");
    std::cout
        << (!open  ? "  closed by " + text(row, "fixed_by") + ": " + text(row, "note")
            : held ? "  its event is in no table until it is corrected: tillctl exceptions fix "
                         + text(row, "id") + " --set FIELD=VALUE"
            : is_crm
                ? "  its event counts here; `fix --set FIELD=VALUE` says it otherwise to that CRM, "
                  "`crm retry` says it again, `close` leaves it out there"
                : "  its event counts; close it when you have seen to it")
        << '\n';
    const auto event = member(member(answer, "stored"), "event");
    if (event.is_object()) print_json(event);
}

struct Fix {
    std::string id, note, file;
    std::vector<std::string> sets;
};

void fix(const Common& common, Exit& outcome, const Fix& wanted) {
    const auto shown = ask_gateway(common, outcome, "GET",
                                   "/admin/v1/exceptions/one?id=" + query_value(wanted.id));
    if (!shown) return;
    const auto stored = member(*shown, "stored");
    json::value event = member(stored, "event");
    if (!wanted.file.empty()) {
        std::ifstream in{wanted.file};
        const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
        boost::system::error_code failed;
        event = json::parse(bytes, failed);
        if (failed) {
            std::cerr << "tillctl: " << wanted.file << " is not JSON\n";
            outcome = Exit::usage;
            return;
        }
    }
    if (!event.is_object()) {
        std::cerr << "tillctl: its event cannot be read here: give a whole one with --event FILE\n";
        outcome = Exit::no;
        return;
    }
    for (const auto& each : wanted.sets) {
        if (const auto wrong = put(event, fact_of(stored), each)) {
            std::cerr << "tillctl: " << *wrong << '\n';
            outcome = Exit::usage;
            return;
        }
    }
    const json::object body{{"id", wanted.id}, {"note", wanted.note}, {"event", event}};
    const auto answer =
        ask_gateway(common, outcome, "POST", "/admin/v1/exceptions/correct", json::serialize(body));
    if (!answer) return;
    if (common.json) return print_json(*answer);
    std::cout << "Exception " << wanted.id << " is corrected; the ledger keeps the original.\n";
}

}  // namespace

void add_exception_commands(CLI::App& app, const Common& common, Exit& outcome) {
    auto* exceptions =
        app.add_subcommand("exceptions", "What did not project, why, and how to mend it")
            ->require_subcommand(1);
    auto* all = exceptions->add_subcommand("list", "Open exceptions");
    const auto settled = std::make_shared<bool>();
    all->add_flag("--all", *settled, "Closed ones, too");
    all->callback([&common, &outcome, settled] {
        const auto answer =
            ask_gateway(common, outcome, "GET",
                        std::string{"/admin/v1/exceptions"} + (*settled ? "?all=1" : ""));
        if (!answer) return;
        if (common.json) return print_json(*answer);
        Table table{{"id", "cause", "field", "journal", "seq"}};
        for (const auto& row : list(*answer, "exceptions"))
            table.add({text(row, "id"), text(row, "cause"), text(row, "field"),
                       text(row, "journal"), text(row, "seq")});
        table.empty() ? void(std::cout << "No open exceptions.\n") : table.print();
    });

    const auto id = std::make_shared<std::string>();
    auto* show = exceptions->add_subcommand("show", "One, with its event");
    show->add_option("ID", *id, "Its number, as `exceptions list` shows it")->required();
    show->callback([&common, &outcome, id] {
        const auto answer =
            ask_gateway(common, outcome, "GET", "/admin/v1/exceptions/one?id=" + query_value(*id));
        if (answer) common.json ? print_json(*answer) : print_exception(*answer);
    });

    const auto wanted = std::make_shared<Fix>();
    auto* mend = exceptions->add_subcommand(
        "fix", "Project a held event with corrected fields; the ledger keeps the original");
    mend->add_option("ID", wanted->id, "Its number")->required();
    auto* how = mend->add_option_group("how", "what is to be corrected");
    how->add_option("--set", wanted->sets,
                    "FIELD=VALUE, e.g. lines[0].quantity.mantissa=2; repeatable");
    how->add_option("--event", wanted->file, "A file with the whole event, as `show` prints it")
        ->check(CLI::ExistingFile);
    how->require_option(1, 2);
    mend->add_option("--note", wanted->note, "Why; kept beside it");
    mend->callback([&common, &outcome, wanted] { fix(common, outcome, *wanted); });

    const auto closed = std::make_shared<Fix>();
    auto* close = exceptions->add_subcommand("close", "Close one as it stands");
    close->add_option("ID", closed->id, "Its number")->required();
    close->add_option("--note", closed->note, "Why it may stay so; kept beside it")->required();
    close->callback([&common, &outcome, closed] {
        const json::object body{{"id", closed->id}, {"note", closed->note}};
        const auto answer = ask_gateway(common, outcome, "POST", "/admin/v1/exceptions/close",
                                        json::serialize(body));
        if (!answer) return;
        if (common.json) return print_json(*answer);
        std::cout << "Exception " << closed->id << " is closed.\n";
    });
}

}  // namespace till
