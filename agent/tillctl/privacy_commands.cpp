#include "agent/core/base64.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/customer_words.hpp"
#include "sync/tls/note_trust.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

namespace till {

namespace {

namespace json = boost::json;

void print_erasure(const json::value& answer) {
    const auto report = member(answer, "report");
    std::cout << "customer " << text(report, "customer") << ", erased " << text(report, "erased")
              << ", as of " << text(report, "as_of") << "\n";
    Table table{{"place", "done", "pending", ""}};
    for (const auto& row : list(report, "places"))
        table.add({text(row, "place"), text(row, "done"), text(row, "pending"), text(row, "note")});
    table.print();
    Table devices{{"pending at", "device", "cache", "sealed parts"}};
    for (const auto& row : list(report, "pending_devices"))
        devices.add({text(row, "store") + "/" + text(row, "workstation"), text(row, "device"),
                     text(row, "cache") == "true" ? "pending" : "done", text(row, "sealed_parts")});
    if (!devices.empty()) devices.print();
    std::cout << (text(report, "done") == "true"
                      ? "Done everywhere.\n"
                      : "Not done everywhere yet: tillctl privacy status --customer "
                            + text(report, "customer") + "\n")
              << "signature " << text(answer, "signature") << "\n";
}

/// Exit 1 while it is pending somewhere.
void answer_erasure(const Common& common, Exit& outcome, const std::optional<json::value>& answer) {
    if (!answer) return;
    common.json ? print_json(*answer) : print_erasure(*answer);
    if (text(member(*answer, "report"), "done") != "true") outcome = Exit::no;
}

/// A signed answer, checked with the authority in the administrator's folder alone.
Result<void> verify_signed(const json::value& answer, const std::filesystem::path& gateway) {
    const auto bytes = [&](const char* name) { return unbase64(text(answer, name)); };
    TILL_TRY(const Bytes signature, bytes("signature"));
    TILL_TRY(const Bytes key, bytes("key"));
    TILL_TRY(const Bytes certified, bytes("certified"));
    const std::string said = text(answer, "signed");
    if (json::parse(said) != member(answer, "report"))
        return Error{Errc::not_trusted, "the report is not what was signed"};
    TILL_TRY(const Secret authority, read_private_file(gateway / "server-ca.pem"));
    return sync::verify_statement(said, signature, {key, certified}, authority.reveal());
}

void verify(const Common& common, Exit& outcome, const std::string& file) {
    if (const auto named = gateway_named(common); !named)
        return void(outcome = report(named.error()));
    std::ifstream in{file, std::ios::binary};
    const std::string all{std::istreambuf_iterator<char>{in}, {}};
    boost::system::error_code failure;
    const auto answer = json::parse(all, failure);
    if (!in || failure || !answer.is_object())
        return void(outcome = report({Errc::malformed, file + " is no signed report"}));
    const auto done = verify_signed(answer, common.gateway);
    if (!done) {
        outcome = report(done.error());
        if (done.error().code == Errc::not_trusted) outcome = Exit::no;
        return;
    }
    std::cout << "Signed by this centre, and as it was signed.\n";
}

}  // namespace

void add_privacy_commands(CLI::App& app, const Common& common, Exit& outcome) {
    auto* privacy = app.add_subcommand("privacy", "A customer's rights: her data, and to be erased")
                        ->require_subcommand(1);
    auto* out = privacy->add_subcommand(
        "export", "All that is known of her, signed, as JSON (GDPR 15 and 20)");
    const auto whom = add_whom(*out);
    out->callback([&common, &outcome, whom] {
        const auto answer = ask_gateway(common, outcome, "POST", "/admin/v1/privacy/export",
                                        json::serialize(whom->body()));
        if (answer) print_json(*answer);
    });

    auto* erase = privacy->add_subcommand(
        "erase",
        "Erase her everywhere, for ever; exit 1 while that is pending somewhere (GDPR 17)");
    const auto her = add_whom(*erase);
    const auto reason = std::make_shared<std::string>();
    erase->add_option("--reason", *reason, "Kept beside it");
    erase->callback([&common, &outcome, her, reason] {
        auto body = her->body();
        body["reason"] = *reason;
        answer_erasure(
            common, outcome,
            ask_gateway(common, outcome, "POST", "/admin/v1/privacy/erase", json::serialize(body)));
    });

    auto* status =
        privacy->add_subcommand("status", "Where an erasure is done and where it is pending");
    const auto id = std::make_shared<std::string>();
    status->add_option("--customer", *id, "The customer's id")->required();
    status->callback([&common, &outcome, id] {
        answer_erasure(common, outcome,
                       ask_gateway(common, outcome, "GET",
                                   "/admin/v1/privacy/erasure?customer=" + query_value(*id)));
    });

    auto* check = privacy->add_subcommand(
        "verify", "Check a signed report or export (--json) without asking the centre");
    const auto file = std::make_shared<std::string>();
    check->add_option("FILE", *file, "What the command printed with --json")->required();
    check->callback([&common, &outcome, file] { verify(common, outcome, *file); });
}

}  // namespace till
