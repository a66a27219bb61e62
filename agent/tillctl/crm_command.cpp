#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>
#include <memory>

namespace till {

namespace {

void print_connectors(const Common& common, Exit& outcome) {
    const auto answer = ask_gateway(common, outcome, "GET", "/admin/v1/crm");
    if (!answer) return;
    if (common.json) return print_json(*answer);
    Table table{{"connector", "url", "behind", "refused", "trouble"}};
    for (const auto& each : list(*answer, "connectors"))
        table.add({text(each, "name"), text(each, "url"), text(each, "behind"),
                   text(each, "refused"), text(each, "trouble")});
    table.empty() ? void(std::cout << "No connector is set up ([[webhook]] in gateway.toml).\n")
                  : table.print();
}

void print_refused(const Common& common, Exit& outcome, const std::string& connector) {
    const auto answer = ask_gateway(common, outcome, "GET",
                                    "/admin/v1/crm/refused?connector=" + query_value(connector));
    if (!answer) return;
    if (common.json) return print_json(*answer);
    Table table{{"journal", "seq", "field", "cause", "at"}};
    for (const auto& each : list(*answer, "refused"))
        table.add({text(each, "journal"), text(each, "seq"), text(each, "field"),
                   text(each, "cause"), text(each, "at")});
    table.empty() ? void(std::cout << "Nothing is refused.\n") : table.print();
}

void retry(const Common& common, Exit& outcome, const std::string& connector) {
    const boost::json::object body{{"connector", connector}};
    const auto answer =
        ask_gateway(common, outcome, "POST", "/admin/v1/crm/retry", boost::json::serialize(body));
    if (!answer) return;
    if (common.json) return print_json(*answer);
    std::cout << text(*answer, "again") << " events are sent again.\n";
}

}  // namespace

void add_crm_commands(CLI::App& app, const Common& common, Exit& outcome) {
    auto* crm = app.add_subcommand("crm", "What goes to CRMs")->require_subcommand(1);
    crm->add_subcommand("status", "How each connector stands")->callback([&common, &outcome] {
        print_connectors(common, outcome);
    });
    const auto name = std::make_shared<std::string>();
    auto* refused = crm->add_subcommand("refused", "What a CRM will not have as it is, and why");
    refused->add_option("CONNECTOR", *name, "Its name")->required();
    refused->callback([&common, &outcome, name] { print_refused(common, outcome, *name); });
    auto* again = crm->add_subcommand("retry", "Send refused events once more");
    again->add_option("CONNECTOR", *name, "Its name")->required();
    again->callback([&common, &outcome, name] { retry(common, outcome, *name); });
}

}  // namespace till
