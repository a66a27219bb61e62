#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/shop_simulator.hpp"

#include <google/protobuf/util/json_util.h>
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <memory>
#include <thread>

namespace till {

namespace {

namespace v1 = tillstream::v1;
using namespace std::chrono_literals;

struct Options {
    SimulatedDay day;
    double per_second = 0;  // 0: as fast as the agent answers.
    int patience_s = 30;
    bool csv = false;
};

std::string json_of(const google::protobuf::Message& command) {
    google::protobuf::util::JsonPrintOptions style;
    style.preserve_proto_field_names = true;
    std::string json;
    static_cast<void>(google::protobuf::util::MessageToJsonString(command, &json, style));
    return json;
}

/// Sends until it is answered: an agent that is down, busy or unsure comes back, and the key makes
/// asking again harmless.
Result<Reply> insist(Client& agent, const SimulatedCall& call, const std::string& body,
                     int patience_s) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{patience_s};
    for (;;) {
        auto reply = agent.call("POST", call.path, body, call.key);
        const bool again = !reply || reply->status >= 500;
        if (!again || std::chrono::steady_clock::now() > give_up) return reply;
        std::this_thread::sleep_for(50ms);
    }
}

Exit drive(const Common& common, const Options& options) {
    auto agent = open_agent(common.agent, "pos");
    if (!agent) return report(agent.error());
    std::uint64_t captured = 0, replayed = 0;
    const auto began = std::chrono::steady_clock::now();
    for (const auto& call : ShopSimulator{options.day}.calls()) {
        const auto reply = insist(**agent, call, json_of(*call.command), options.patience_s);
        if (!reply) return report(reply.error());
        if (!reply->ok()) return report(*reply);
        ++captured;
        if (text(reply->body, "replayed") == "true") ++replayed;
        if (options.per_second > 0)
            std::this_thread::sleep_until(
                began
                + std::chrono::duration_cast<std::chrono::nanoseconds>(
                    std::chrono::duration<double>(static_cast<double>(captured)
                                                  / options.per_second)));
    }
    if (common.json)
        print_json(boost::json::object{{"captured", captured}, {"replayed", replayed}});
    else
        std::cout << captured << " captured, " << replayed << " of them answered from memory\n";
    return Exit::ok;
}

void print_calls(const Options& options) {
    for (const auto& call : ShopSimulator{options.day}.calls())
        print_json(boost::json::object{{"path", call.path},
                                       {"key", call.key},
                                       {"body", boost::json::parse(json_of(*call.command))}});
}

/// The sales as a shop's own export: one row a line, in the columns of the uci-online-retail preset.
void print_csv(const Options& options) {
    std::cout
        << "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    int minute = 0;
    for (const auto& call : ShopSimulator{options.day}.calls()) {
        const auto* sale = dynamic_cast<const v1::RecordTransaction*>(call.command.get());
        if (!sale) continue;
        const int at = 9 * 60 + ++minute * 600 / (options.day.transactions + 1);
        char time[8];
        std::snprintf(time, sizeof time, "%02d:%02d", at / 60 % 24, at % 60);
        const auto customer = sale->customer().identifiers_size() > 0
                                  ? std::to_string(12000 + minute % 97) + ".0"
                                  : "";
        for (const auto& line : sale->lines()) {
            const bool back = line.kind() == v1::LINE_KIND_RETURN;
            std::cout << (back ? "C" : "") << "7" << options.day.lane << 10000 + minute << ','
                      << line.gtin() << ",\"" << line.description() << "\"," << (back ? "-" : "")
                      << line.quantity() << ',' << options.day.business_day << ' ' << time << ":00,"
                      << line.unit_price() << ',' << customer << ",United Kingdom\n";
        }
    }
}

}  // namespace

void add_simulate_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("simulate",
                                       "A seeded day of one lane: drives the agent given by "
                                       "--agent, else prints the calls as JSON lines");
    command->add_option("--seed", options->day.seed, "Same seed, same day")->capture_default_str();
    command->add_option("--day", options->day.business_day, "Business day, YYYY-MM-DD")
        ->capture_default_str();
    command->add_option("--lane", options->day.lane, "Lane; each has a day of its own")
        ->capture_default_str()
        ->check(CLI::Range(1, 999));
    command->add_option("--transactions", options->day.transactions, "Sales and returns")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
    command->add_option("--currency", options->day.currency, "ISO 4217 code")
        ->capture_default_str();
    command
        ->add_option("--rate", options->per_second,
                     "Calls a second; 0 is as fast as the agent answers")
        ->check(CLI::NonNegativeNumber);
    command
        ->add_option("--patience", options->patience_s, "Seconds to wait for an agent that is down")
        ->capture_default_str();
    command->add_flag("--csv", options->csv,
                      "Print the sales as a CSV export (file-drop preset uci-online-retail)");
    command->callback([&common, &outcome, options] {
        if (options->csv) return print_csv(*options);
        if (common.agent.empty()) return print_calls(*options);
        outcome = drive(common, *options);
    });
}

}  // namespace till
