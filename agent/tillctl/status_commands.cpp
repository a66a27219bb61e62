#include "agent/core/decimal.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

namespace till {

namespace {

void print_agent_status(const boost::json::value& status) {
    const auto* members = status.if_object();
    if (!members) return;
    Table table{{"agent", ""}};
    for (const auto& [key, value] : *members)
        if (!value.is_object()) table.add({std::string{key}, text(status, key)});
    table.print();
    const auto sync = member(status, "sync");
    if (!sync.is_object()) return;
    const bool up = text(sync, "up") == "true";
    std::cout << "\nlink: " << (up ? "up" : "down: " + text(sync, "last_error"))
              << "   clock: " << (text(sync, "clock_trusted") == "true" ? "" : "NOT TRUSTED, ")
              << text(sync, "clock_offset_ms") << " ms off the centre's, give or take "
              << text(sync, "clock_error_ms") << '\n';
}

void print_gateway_status(const boost::json::value& status) {
    Table table{{"store", "lane", "journal", "events", "last seen", "link", "branches"}};
    for (const auto& journal : list(status, "journals"))
        table.add({text(journal, "store"), text(journal, "workstation"), text(journal, "journal"),
                   text(journal, "mark"), text(journal, "last_seen"),
                   text(journal, "connected") == "true" ? "up" : "down",
                   text(journal, "branches")});
    table.print();
    for (const auto& journal : list(status, "journals"))
        if (const auto damage = text(journal, "damage"); !damage.empty())
            std::cout << "\ntill " << text(journal, "store") << '/' << text(journal, "workstation")
                      << ": journal " << text(journal, "journal") << ' ' << damage << '\n';
    if (const auto* holding = status.as_object().if_contains("holding"))
        std::cout << "\nTHE CENTRE STORES NOTHING, for " << text(*holding, "seconds") << " s: "
                  << (text(*holding, "code") == "disk_full" ? "its disk is full"
                                                            : text(*holding, "cause"))
                  << ".\nDevices were told to hold; they keep their events and send them when it "
                     "can store again.\n";
    std::cout << "\nopen exceptions: " << text(status, "exceptions_open")
              << "   events not yet projected: " << text(status, "projection_behind") << '\n';
}

void print_event(const boost::json::value& event) {
    std::cout << text(event, "seq") << "  " << text(event, "time") << "  "
              << text(event, "kind_name") << "  " << text(event, "summary") << '\n';
}

/// A number of the wire as people write it.
std::string decimal(const std::string& mantissa, const std::string& scale) {
    return Decimal{std::atoll(mantissa.c_str()), std::atoi(scale.c_str())}.text();
}

/// Prints new events until none are left, or for ever.
void tail(const Common& common, Exit& outcome, const std::string& journal, std::uint64_t after,
          bool follow) {
    for (;;) {
        const auto target = "/admin/v1/events?journal=" + query_value(journal)
                            + "&after=" + std::to_string(after) + "&limit=200";
        const auto page = ask_gateway(common, outcome, "GET", target);
        if (!page) return;
        for (const auto& event : list(*page, "events")) {
            common.json ? print_json(event) : print_event(event);
            after = std::stoull(text(event, "seq"));
        }
        if (!list(*page, "events").empty()) continue;
        if (!follow) return;
        std::cout.flush();
        std::this_thread::sleep_for(std::chrono::milliseconds{500});
    }
}

}  // namespace

void add_status_commands(CLI::App& app, const Common& common, Exit& outcome) {
    app.add_subcommand("status", "How an agent (--agent) or the centre (--gateway) is")
        ->callback([&common, &outcome] {
            const bool agent = !common.agent.empty();
            const auto answer = agent ? ask_agent(common, outcome, "GET", "/v1/status")
                                      : ask_gateway(common, outcome, "GET", "/admin/v1/status");
            if (!answer) return;
            if (common.json) return print_json(*answer);
            agent ? print_agent_status(*answer) : print_gateway_status(*answer);
        });

    struct Tail {
        std::string journal;
        std::uint64_t after = 0;
        bool follow = false;
    };
    const auto options = std::make_shared<Tail>();
    auto* events = app.add_subcommand("tail", "Events of a journal as the centre stored them");
    events->add_option("JOURNAL", options->journal, "Journal id, as `status` shows it")->required();
    events->add_option("--after", options->after, "Begin after this sequence");
    events->add_flag("-f,--follow", options->follow, "Go on as new ones arrive");
    events->callback([&common, &outcome, options] {
        tail(common, outcome, options->journal, options->after, options->follow);
    });

    const auto what = std::make_shared<std::string>();
    auto* show =
        app.add_subcommand("show", "One transaction, by its number or trace id, with its lines");
    const auto trace = std::make_shared<std::string>();
    auto* by = show->add_option_group("by", "exactly one");
    by->add_option("NUMBER", *what, "Receipt number, or the source's number of a foreign sale");
    by->add_option("--trace", *trace, "Trace id of the request that captured it (traceparent)");
    by->require_option(1);
    show->callback([&common, &outcome, what, trace] {
        const auto answer =
            ask_gateway(common, outcome, "GET",
                        trace->empty() ? "/admin/v1/transactions?number=" + query_value(*what)
                                       : "/admin/v1/transactions?trace=" + query_value(*trace));
        if (!answer) return;
        if (common.json) return print_json(*answer);
        for (const auto& found : list(*answer, "transactions")) {
            std::cout << text(found, "store") << '/' << text(found, "workstation") << "  "
                      << text(found, "number") << "  " << text(found, "business_day") << "  "
                      << text(found, "gross") << ' ' << text(found, "currency") << "  (journal "
                      << text(found, "journal") << " seq " << text(found, "seq") << ")\n";
            Table table{{"line", "item", "description", "quantity", "amount"}};
            const auto event = member(member(found, "stored"), "event");
            const auto sale = member(event, "retail_transaction");
            const int decimals = std::atoi(text(sale, "currency_decimals").c_str());
            for (const auto& line : list(sale, "lines")) {
                const auto item = member(line, "item"), quantity = member(line, "quantity");
                const auto gtin = text(item, "gtin");
                table.add({text(line, "number"), gtin.empty() ? text(item, "sku") : gtin,
                           text(item, "description"),
                           decimal(text(quantity, "mantissa"), text(quantity, "scale")),
                           decimal(text(line, "amount"), std::to_string(decimals))});
            }
            table.print();
        }
        if (list(*answer, "transactions").empty()) outcome = Exit::no;
    });
}

}  // namespace till
