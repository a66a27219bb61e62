#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>

namespace till {

namespace {

void print_code(const boost::json::value& answer) {
    std::cout << "One-time code for store " << text(answer, "store") << ", lane "
              << text(answer, "lane") << ", good until " << text(answer, "expires") << ":\n\n  "
              << text(answer, "code")
              << "\n\nOn the device:  till-agent enrol CODE --home FOLDER\n";
}

void print_devices(const boost::json::value& answer) {
    Table table{{"device", "store", "lane", "enrolled", "certificate until", "agent", "state"}};
    for (const auto& device : list(answer, "devices")) {
        const auto revoked = text(device, "revoked");
        const auto state = !revoked.empty() ? "revoked: " + text(device, "revoked_reason")
                           : text(device, "connected") == "true" ? "connected"
                                                                 : "not connected";
        table.add({text(device, "device"), text(device, "store"), text(device, "lane"),
                   text(device, "enrolled"), text(device, "not_after"),
                   text(device, "agent_version"), state});
    }
    table.empty() ? void(std::cout << "No device is enrolled yet.\n") : table.print();
}

}  // namespace

void add_enrol_commands(CLI::App& app, const Common& common, Exit& outcome) {
    auto* enrol =
        app.add_subcommand("enrol", "One-time codes that let a device in")->require_subcommand(1);
    struct Lane {
        std::string store, lane;
    };
    const auto lane = std::make_shared<Lane>();
    auto* fresh = enrol->add_subcommand("new", "Make a code for a lane of a store");
    fresh->add_option("--store", lane->store, "Store number")->required();
    fresh->add_option("--lane", lane->lane, "Lane (workstation) within the store")->required();
    fresh->callback([&common, &outcome, lane] {
        const boost::json::object body{{"store", lane->store}, {"lane", lane->lane}};
        const auto answer = ask_gateway(common, outcome, "POST", "/admin/v1/enrolment-codes",
                                        boost::json::serialize(body));
        if (answer) common.json ? print_json(*answer) : print_code(*answer);
    });
    enrol->add_subcommand("list", "Codes made so far and whether they were used")
        ->callback([&common, &outcome] {
            const auto answer = ask_gateway(common, outcome, "GET", "/admin/v1/enrolment-codes");
            if (!answer) return;
            if (common.json) return print_json(*answer);
            Table table{{"store", "lane", "made", "expires", "used"}};
            for (const auto& code : list(*answer, "codes"))
                table.add({text(code, "store"), text(code, "lane"), text(code, "created"),
                           text(code, "expires"), text(code, "used")});
            table.print();
        });

    auto* devices = app.add_subcommand("devices", "Enrolled devices")->require_subcommand(1);
    devices->add_subcommand("list", "Every device with its certificate's end")
        ->callback([&common, &outcome] {
            const auto answer = ask_gateway(common, outcome, "GET", "/admin/v1/devices");
            if (answer) common.json ? print_json(*answer) : print_devices(*answer);
        });
    struct Revocation {
        std::string device, reason = "no reason given";
    };
    const auto revocation = std::make_shared<Revocation>();
    auto* revoke = devices->add_subcommand("revoke", "Shut a device out, live sessions included");
    revoke->add_option("DEVICE", revocation->device, "Device id, as `devices list` shows it")
        ->required();
    revoke->add_option("--reason", revocation->reason, "Kept with the revocation");
    revoke->callback([&common, &outcome, revocation] {
        const boost::json::object body{{"device", revocation->device},
                                       {"reason", revocation->reason}};
        const auto answer = ask_gateway(common, outcome, "POST", "/admin/v1/devices/revoke",
                                        boost::json::serialize(body));
        if (answer)
            common.json ? print_json(*answer)
                        : void(std::cout << "revoked " << revocation->device << '\n');
    });
}

}  // namespace till
