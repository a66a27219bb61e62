#include "agent/capture/csv_reader.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/customer_words.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace till {

namespace {

namespace json = boost::json;

constexpr std::size_t sent_at_once = 500;

void print_customer(const json::value& answer) {
    std::cout << "customer " << text(answer, "customer") << "\n";
    for (const auto& other : list(answer, "merged"))
        std::cout << "merged   " << std::string_view{other.as_string()} << "\n";
    Table consents{{"consent", "channel", "", "since", "proof"}};
    for (const auto& row : list(answer, "consents"))
        consents.add({text(row, "purpose"), text(row, "channel"),
                      text(row, "granted") == "true" ? "granted" : "withdrawn", text(row, "at"),
                      text(row, "proof")});
    if (!consents.empty()) consents.print();
    Table table{{"day", "store", "lane", "number", "gross", "currency"}};
    for (const auto& row : list(answer, "transactions"))
        table.add({text(row, "business_day"), text(row, "store"), text(row, "workstation"),
                   text(row, "number"), text(row, "gross"), text(row, "currency")});
    table.empty() ? void(std::cout << "no purchases yet\n") : table.print();
}

void print_duplicates(const Common& common, Exit& outcome) {
    const auto answer = ask_gateway(common, outcome, "GET", "/admin/v1/customers/duplicates");
    if (!answer) return;
    if (common.json) return print_json(*answer);
    Table maybe{{"may be one", "and", "seen together"}}, merged{{"kept", "merged"}};
    for (const auto& row : list(*answer, "suggested"))
        maybe.add({text(row, "one"), text(row, "other"), text(row, "seen")});
    for (const auto& row : list(*answer, "merged"))
        merged.add({text(row, "kept"), text(row, "merged")});
    maybe.empty() ? void(std::cout << "Nobody is to be looked at.\n") : maybe.print();
    if (!merged.empty()) merged.print();
}

struct Pair {
    std::string kept, merged, reason;
};

void unite(const Common& common, Exit& outcome, const Pair& pair, const char* path,
           const char* done) {
    const json::object body{{"kept", pair.kept}, {"merged", pair.merged}, {"reason", pair.reason}};
    const auto answer = ask_gateway(common, outcome, "POST", path, json::serialize(body));
    if (answer) common.json ? print_json(*answer) : void(std::cout << done << '\n');
}

void add_pair(CLI::App& of, const Common& common, Exit& outcome, const char* name, const char* help,
              const char* path, const char* done) {
    const auto pair = std::make_shared<Pair>();
    auto* command = of.add_subcommand(name, help);
    command->add_option("KEPT", pair->kept, "The id of the customer who stays")->required();
    command->add_option("MERGED", pair->merged, "The id of the other")->required();
    command->add_option("--reason", pair->reason, "Kept beside it");
    command->callback(
        [&common, &outcome, pair, path, done] { unite(common, outcome, *pair, path, done); });
}

/// Columns of the file and what the centre calls them.
constexpr std::array<std::pair<std::string_view, const char*>, 9> columns = {
    {{"given_name", "given_name"},
     {"family_name", "family_name"},
     {"company", "company"},
     {"language", "language"},
     {"card", "loyalty_card"},
     {"phone", "phone"},
     {"email", "email"},
     {"number", "customer_number"},
     {"vat", "vat_number"}}};

Result<const char*> column(std::string_view heading) {
    const auto known =
        std::ranges::find(columns, heading, [](const auto& each) { return each.first; });
    if (known != columns.end()) return known->second;
    return Error{Errc::malformed, "no column \"" + std::string{heading} + "\"", "heading",
                 "given_name, family_name, company, language, card, phone, email, number, vat"};
}

Result<json::array> read_customers(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) return Error{Errc::malformed, file + " cannot be read"};
    CsvReader reader{{}};
    reader.feed(std::string{std::istreambuf_iterator<char>{in}, {}});
    reader.finish();
    std::vector<const char*> names;
    json::array customers;
    while (const CsvRecord* row = reader.next()) {
        const std::string place = file + ":" + std::to_string(row->line) + ": ";
        if (!row->fault.empty()) return Error{Errc::malformed, place + std::string{row->fault}};
        if (names.empty()) {
            for (const auto heading : row->fields) {
                TILL_TRY(names.emplace_back(), column(heading));
            }
            continue;
        }
        if (row->fields.size() != names.size())
            return Error{Errc::malformed, place + std::to_string(row->fields.size())
                                              + " fields, but " + std::to_string(names.size())
                                              + " columns"};
        json::object customer;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (!row->fields[i].empty()) customer[names[i]] = row->fields[i];
        customers.push_back(std::move(customer));
    }
    return customers;
}

void import(const Common& common, Exit& outcome, const std::string& file,
            const std::string& country) {
    auto customers = read_customers(file);
    if (!customers) return void(outcome = report(customers.error()));
    std::size_t sent = 0;
    while (sent < customers->size()) {
        const std::size_t count = std::min(sent_at_once, customers->size() - sent);
        json::array some;
        for (std::size_t i = 0; i < count; ++i) some.push_back(std::move((*customers)[sent + i]));
        const json::object body{{"customers", std::move(some)}, {"country", country}};
        const auto answer = ask_gateway(common, outcome, "POST", "/admin/v1/customers/import",
                                        json::serialize(body));
        if (!answer) {
            std::cerr << "tillctl: the rows before line " << sent + 2
                      << " are imported; again is harmless\n";
            return;
        }
        sent += count;
    }
    if (common.json) return print_json(json::object{{"imported", sent}});
    std::cout << sent << " customers imported.\n";
}

}  // namespace

json::object Whom::body() const {
    if (!customer.empty()) return {{"customer", customer}};
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (!values[i].empty())
            return {{"type", kinds[i].second}, {"value", values[i]}, {"country", country}};
    return {};
}

std::shared_ptr<Whom> add_whom(CLI::App& command) {
    auto whom = std::make_shared<Whom>();
    auto* group = command.add_option_group("identifier", "exactly one");
    group->require_option(1);
    group->add_option("--customer", whom->customer, "The customer's id");
    for (std::size_t i = 0; i < Whom::kinds.size(); ++i)
        group->add_option(Whom::kinds[i].first, whom->values[i],
                          std::string{"The customer's "} + Whom::kinds[i].second);
    command.add_option("--country", whom->country, "ISO 3166-1, for phone numbers without \"+\"")
        ->default_val("GB");
    return whom;
}

void add_customer_commands(CLI::App& app, const Common& common, Exit& outcome) {
    auto* customer =
        app.add_subcommand("customer", "What the centre knows of customers")->require_subcommand(1);
    auto* show = customer->add_subcommand(
        "show", "Her purchases over all tills and her consents, found by any identifier");
    const auto whom = add_whom(*show);
    show->callback([&common, &outcome, whom] {
        // In the body, not in the target: an identifier has no business in anybody's access log.
        const auto answer = ask_gateway(common, outcome, "POST", "/admin/v1/customers/find",
                                        json::serialize(whom->body()));
        if (answer) common.json ? print_json(*answer) : print_customer(*answer);
    });
    customer->add_subcommand("duplicates", "Who may be one person, and who was found to be")
        ->callback([&common, &outcome] { print_duplicates(common, outcome); });
    add_pair(*customer, common, outcome, "merge", "Two customers are one person",
             "/admin/v1/customers/merge", "They are one customer.");
    add_pair(*customer, common, outcome, "separate", "They are not, after all",
             "/admin/v1/customers/separate", "They are two customers.");
    const auto file = std::make_shared<std::pair<std::string, std::string>>();
    auto* in = customer->add_subcommand("import", "Customers of another system, from a CSV file");
    in->add_option("FILE", file->first,
                   "Headed by given_name, family_name, company, language, card, phone, email, "
                   "number, vat, in any order")
        ->required();
    in->add_option("--country", file->second, "ISO 3166-1, for phone numbers without \"+\"")
        ->default_val("GB");
    in->callback([&common, &outcome, file] { import(common, outcome, file->first, file->second); });
}

}  // namespace till
