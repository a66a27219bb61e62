#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>

namespace till {

namespace {

namespace json = boost::json;

double number(const json::value& object, std::string_view key) {
    const auto value = member(object, key);
    return value.is_number() ? value.to_number<double>() : 0;
}

std::string decimal(double value, int decimals) {
    std::array<char, 32> buffer{};
    const int size = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
    return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string percent(double part, double whole) {
    return whole == 0 ? "" : decimal(100 * part / whole, 1) + " %";
}

void print_cohorts(const json::value& report) {
    constexpr std::size_t months_shown = 13;
    std::vector<std::string> headings{"first came in", "customers"};
    for (std::size_t i = 1; i < months_shown; ++i) headings.push_back("+" + std::to_string(i));
    Table table{headings};
    for (const auto& row : list(report, "cohorts")) {
        std::vector<std::string> cells{text(row, "month"), text(row, "customers")};
        const auto& active = list(row, "active");
        const double size = number(row, "customers");
        for (std::size_t i = 1; i < months_shown; ++i)
            cells.push_back(i < active.size() ? percent(active[i].to_number<double>(), size) : "");
        table.add(std::move(cells));
    }
    std::cout << "\nOf those who first came in a month, so many came again so many months later:\n";
    table.print();
}

void print_text(const json::value& report) {
    const double customers = number(report, "customers");
    if (customers == 0) {
        std::cout << "No purchase of a known customer yet.\n";
        return;
    }
    std::cout << "Until " << text(report, "until") << ", purchases in " << text(report, "currency")
              << ":\n";
    Table head{{"", ""}};
    head.add({"customers", text(report, "customers")});
    head.add({"purchases", text(report, "purchases")});
    head.add({"came again", text(report, "repeat_customers")});
    head.add({"repeat rate", percent(number(report, "repeat_customers"), customers)});
    head.add({"days between visits, median", decimal(number(report, "median_days"), 1)});
    head.add({"days between visits, mean", decimal(number(report, "mean_days"), 1)});
    head.print();
    if (!list(report, "enrolments").empty()) {
        Table enrolled{{"enrolled in", "customers"}};
        for (const auto& row : list(report, "enrolments"))
            enrolled.add({text(row, "month"), text(row, "customers")});
        std::cout << '\n';
        enrolled.print();
    }
    print_cohorts(report);
    Table segments{{"segment", "customers", "gross"}};
    for (const auto& row : list(report, "segments"))
        segments.add({text(row, "segment"), text(row, "customers"), text(row, "gross")});
    std::cout << '\n';
    segments.print();
    const auto lapsed = member(report, "lapsed");
    const auto reachable = member(lapsed, "reachable");
    Table channels{{"lapsed, and may be reached by", "customers"}};
    for (const char* channel : {"email", "sms", "phone", "post", "push", "any"})
        channels.add({channel, text(reachable, channel)});
    std::cout << "\nWithout a visit for " << text(lapsed, "days")
              << " days: " << text(lapsed, "customers") << " customers\n";
    channels.print();
}

/// One row a figure: section, key, column, value.
void print_csv(const json::value& report) {
    std::cout << "section,key,column,value\n";
    const auto row = [](const std::string& section, const std::string& key,
                        const std::string& column, const std::string& value) {
        std::cout << section << ',' << key << ',' << column << ',' << value << '\n';
    };
    for (const char* name : {"currency", "until", "customers", "purchases", "visits",
                             "repeat_customers", "intervals", "median_days", "mean_days"})
        row("all", "", name, text(report, name));
    for (const auto& each : list(report, "enrolments"))
        row("enrolments", text(each, "month"), "customers", text(each, "customers"));
    for (const auto& each : list(report, "cohorts")) {
        const auto& active = list(each, "active");
        for (std::size_t i = 0; i < active.size(); ++i)
            row("cohorts", text(each, "month"), std::to_string(i), json::serialize(active[i]));
    }
    for (const auto& each : list(report, "segments"))
        for (const char* column : {"customers", "gross"})
            row("segments", text(each, "segment"), column, text(each, column));
    const auto lapsed = member(report, "lapsed");
    row("lapsed", text(lapsed, "days"), "customers", text(lapsed, "customers"));
    for (const char* channel : {"email", "sms", "phone", "post", "push", "any"})
        row("lapsed", text(lapsed, "days"), channel, text(member(lapsed, "reachable"), channel));
}

struct Wanted {
    std::string currency, until, format = "text";
    std::uint64_t lapsed_days = 180;
};

void show(const Common& common, Exit& outcome, const Wanted& wanted) {
    const auto answer = ask_gateway(
        common, outcome, "GET",
        "/admin/v1/reports/retention?currency=" + query_value(wanted.currency) + "&until="
            + query_value(wanted.until) + "&lapsed_days=" + std::to_string(wanted.lapsed_days));
    if (!answer) return;
    if (common.json || wanted.format == "json") return print_json(*answer);
    wanted.format == "csv" ? print_csv(*answer) : print_text(*answer);
}

}  // namespace

void add_report_commands(CLI::App& app, const Common& common, Exit& outcome) {
    auto* reports =
        app.add_subcommand("report", "What the figures of the shops say")->require_subcommand(1);
    auto* retention = reports->add_subcommand("retention", "Whether customers come back");
    const auto wanted = std::make_shared<Wanted>();
    retention->add_option("--currency", wanted->currency,
                          "Of the purchases that count; the one with most when left out");
    retention->add_option(
        "--until", wanted->until,
        "The last business day that counts, YYYY-MM-DD; the newest when left out");
    retention
        ->add_option("--lapsed", wanted->lapsed_days,
                     "Days without a visit after which a customer has lapsed")
        ->default_val(180)
        ->check(CLI::Range(1, 36500));
    retention->add_option("--format", wanted->format, "text, json or csv")
        ->default_val("text")
        ->check(CLI::IsMember{{"text", "json", "csv"}});
    retention->callback([&common, &outcome, wanted] { show(common, outcome, *wanted); });
}

}  // namespace till
