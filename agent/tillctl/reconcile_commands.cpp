#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
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

void print_customer(const boost::json::value& answer) {
    std::cout << "customer " << text(answer, "customer") << "\n";
    Table table{{"day", "store", "lane", "number", "gross", "currency"}};
    for (const auto& row : list(answer, "transactions"))
        table.add({text(row, "business_day"), text(row, "store"), text(row, "workstation"),
                   text(row, "number"), text(row, "gross"), text(row, "currency")});
    table.empty() ? void(std::cout << "no purchases yet\n") : table.print();
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

    auto* customer = app.add_subcommand("customer", "What the centre knows of one customer")
                         ->require_subcommand(1);
    auto* show =
        customer->add_subcommand("show", "Her purchases over all tills, found by any identifier");
    static constexpr std::array<std::pair<const char*, const char*>, 4> kinds = {
        {{"--card", "loyalty_card"},
         {"--phone", "phone"},
         {"--email", "email"},
         {"--number", "customer_number"}}};
    const auto values = std::make_shared<std::array<std::string, kinds.size()>>();
    auto* group = show->add_option_group("identifier", "exactly one");
    group->require_option(1);
    for (std::size_t i = 0; i < kinds.size(); ++i)
        group->add_option(kinds[i].first, (*values)[i],
                          std::string{"The customer's "} + kinds[i].second);
    show->callback([&common, &outcome, values] {
        boost::json::object body;
        for (std::size_t i = 0; i < kinds.size(); ++i)
            if (!(*values)[i].empty()) body = {{"type", kinds[i].second}, {"value", (*values)[i]}};
        // In the body, not in the target: an identifier has no business in anybody's access log.
        const auto answer = ask_gateway(common, outcome, "POST", "/admin/v1/customers/find",
                                        boost::json::serialize(body));
        if (answer) common.json ? print_json(*answer) : print_customer(*answer);
    });
}

}  // namespace till
