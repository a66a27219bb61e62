#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include <memory>

namespace till {

namespace {

/// A figure of a reconciled day by name, as both ends have it.
std::pair<std::string, std::string> figure(const boost::json::value& row, std::string_view name) {
    for (const auto& figure : list(row, "figures"))
        if (text(figure, "name") == name) return {text(figure, "device"), text(figure, "centre")};
    return {"0", "0"};
}

void print_reconciliation(const boost::json::value& answer) {
    Table table{{"day", "store", "lane", "device count", "centre count", "device gross",
                 "centre gross", ""}};
    for (const auto& row : list(answer, "rows")) {
        const auto count = figure(row, "transactions"), gross = figure(row, "gross");
        table.add({text(row, "business_day"), text(row, "store"), text(row, "workstation"),
                   count.first, count.second, gross.first, gross.second,
                   text(row, "balanced") == "true" ? "balanced" : "DIFFERS"});
    }
    table.print();
    for (const auto& row : list(answer, "rows"))
        for (const auto& differing : list(row, "figures"))
            for (const auto& cause : list(differing, "causes"))
                std::cout << "  " << text(row, "business_day") << ' ' << text(row, "store") << '/'
                          << text(row, "workstation") << ' ' << text(differing, "name") << ": "
                          << text(cause, "amount") << "  " << text(cause, "cause") << '\n';
    std::cout << (text(answer, "balanced") == "true" ? "\nBalanced to the cent.\n"
                                                     : "\nNOT balanced.\n");
}

}  // namespace

void add_reconcile_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto day = std::make_shared<std::string>();
    auto* reconcile = app.add_subcommand("reconcile",
                                         "Compare each device's signed totals with the centre's "
                                         "projection; exit 1 when they differ");
    reconcile->add_option("--day", *day, "Business day, YYYY-MM-DD; all days when left out");
    reconcile->callback([&common, &outcome, day] {
        const auto answer = ask_gateway(common, outcome, "GET",
                                        "/admin/v1/reconciliation?day=" + query_value(*day));
        if (!answer) return;
        common.json ? print_json(*answer) : print_reconciliation(*answer);
        if (text(*answer, "balanced") != "true") outcome = Exit::no;
    });
}

}  // namespace till
