#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>
#include <memory>

#include <qrencode.h>

namespace till {

namespace {

void print_code(const boost::json::value& answer) {
    std::cout << "One-time code for store " << text(answer, "store") << ", lane "
              << text(answer, "lane") << ", good until " << text(answer, "expires") << ":\n\n  "
              << text(answer, "code")
              << "\n\nOn the device:  till-agent enrol CODE --home FOLDER\n";
}

/// The code as a picture for a handheld's camera: two modules a character, light on dark terminals, too.
void print_qr(const std::string& code) {
    const std::unique_ptr<QRcode, decltype([](QRcode* made) { QRcode_free(made); })> picture{
        QRcode_encodeString8bit(code.c_str(), 0, QR_ECLEVEL_M)};
    if (!picture) return;
    constexpr int quiet = 4;  // ISO/IEC 18004 wants so many light modules around it.
    const auto dark = [&](int x, int y) {
        const bool inside = x >= 0 && y >= 0 && x < picture->width && y < picture->width;
        return inside && (picture->data[y * picture->width + x] & 1) != 0;
    };
    for (int y = -quiet; y < picture->width + quiet; y += 2) {
        std::cout << "\033[30;107m";  // Black on white, whatever the terminal's own colours.
        for (int x = -quiet; x < picture->width + quiet; ++x) {
            const bool above = dark(x, y), below = dark(x, y + 1);
            std::cout << (above && below ? "█" : above ? "▀" : below ? "▄" : " ");
        }
        std::cout << "\033[0m\n";
    }
}

void print_devices(const boost::json::value& answer) {
    Table table{{"device", "store", "lane", "enrolled", "certificate until", "agent", "master data",
                 "state"}};
    for (const auto& device : list(answer, "devices")) {
        const auto revoked = text(device, "revoked");
        const auto state = !revoked.empty() ? "revoked: " + text(device, "revoked_reason")
                           : text(device, "connected") == "true" ? "connected"
                                                                 : "not connected";
        table.add({text(device, "device"), text(device, "store"), text(device, "lane"),
                   text(device, "enrolled"), text(device, "not_after"),
                   text(device, "agent_version"), text(device, "master_data_version"), state});
    }
    table.empty() ? void(std::cout << "No device is enrolled yet.\n") : table.print();
}

std::optional<boost::json::value> new_code(const Common& common, Exit& outcome,
                                           const std::string& store, const std::string& lane) {
    const boost::json::object body{{"store", store}, {"lane", lane}};
    return ask_gateway(common, outcome, "POST", "/admin/v1/enrolment-codes",
                       boost::json::serialize(body));
}

std::optional<boost::json::value> revoke_device(const Common& common, Exit& outcome,
                                                const std::string& device,
                                                const std::string& reason) {
    const boost::json::object body{{"device", device}, {"reason", reason}};
    return ask_gateway(common, outcome, "POST", "/admin/v1/devices/revoke",
                       boost::json::serialize(body));
}

/// The old one is shut out first: from then on nothing it captures meets what the new one does.
void replace_device(const Common& common, Exit& outcome, const std::string& device) {
    const auto known = ask_gateway(common, outcome, "GET", "/admin/v1/devices");
    if (!known) return;
    for (const auto& each : list(*known, "devices")) {
        if (text(each, "device") != device) continue;
        if (text(each, "revoked").empty() && !revoke_device(common, outcome, device, "replaced"))
            return;
        const auto code = new_code(common, outcome, text(each, "store"), text(each, "lane"));
        if (!code) return;
        if (common.json) return print_json(*code);
        std::cout << "Device " << device
                  << " is shut out; its journals stay, and stay provable.\n"
                     "What it has not sent: tillctl rescue DISK, then tillctl deliver.\n\n";
        return print_code(*code);
    }
    std::cerr << "tillctl: there is no device " << device << '\n';
    outcome = Exit::no;
}

}  // namespace

void add_enrol_commands(CLI::App& app, const Common& common, Exit& outcome) {
    auto* enrol =
        app.add_subcommand("enrol", "One-time codes that let a device in")->require_subcommand(1);
    struct Lane {
        std::string store, lane;
        bool qr = false;
    };
    const auto lane = std::make_shared<Lane>();
    auto* fresh = enrol->add_subcommand("new", "Make a code for a lane of a store");
    fresh->add_option("--store", lane->store, "Store number")->required();
    fresh->add_option("--lane", lane->lane, "Lane (workstation) within the store")->required();
    fresh->add_flag("--qr", lane->qr, "Show it as a QR code as well");
    fresh->callback([&common, &outcome, lane] {
        const auto answer = new_code(common, outcome, lane->store, lane->lane);
        if (!answer) return;
        if (common.json) return print_json(*answer);
        print_code(*answer);
        if (lane->qr) print_qr(text(*answer, "code"));
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

    auto* devices = app.add_subcommand(
        "devices", "Enrolled devices; with --watch, the scanners and scales at this machine");
    devices->require_subcommand(0, 1);
    const auto quirks = std::make_shared<std::string>();
    const auto watch = std::make_shared<bool>(false), in_json = std::make_shared<bool>(false);
    devices->add_flag(
        "--watch", *watch,
        "Read this machine's USB scanners, scales and card readers, without an agent, and "
        "print what they do, a line each, until interrupted");
    devices
        ->add_option("--quirks", *quirks, "Rows for devices that the built-in table does not know")
        ->check(CLI::ExistingFile);
    devices->add_flag("--json", *in_json, "Those lines as JSON");
    devices->callback([devices, watch, in_json, quirks, &common, &outcome] {
        if (!devices->get_subcommands().empty()) return;
        if (*watch)
            outcome = watch_devices(common.json || *in_json, *quirks);
        else
            throw CLI::RequiredError("A subcommand, or --watch,");
    });
    add_recording_commands(*devices, in_json, common, outcome);
    struct Told {
        std::string order, port;
    };
    const auto told = std::make_shared<Told>();
    auto* tell = devices->add_subcommand(
        "tell", "Make a scanner at this machine beep, or a scale take what is on it for zero");
    tell->add_option("ORDER", told->order, "page or zero")
        ->required()
        ->check(CLI::IsMember({"page", "zero"}));
    tell->add_option("--port", told->port, "Where it is plugged in, as --watch shows it");
    tell->callback([&outcome, told] { outcome = tell_device(told->order, told->port); });
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
        const auto answer = revoke_device(common, outcome, revocation->device, revocation->reason);
        if (answer)
            common.json ? print_json(*answer)
                        : void(std::cout << "revoked " << revocation->device << '\n');
    });
    const auto replaced = std::make_shared<std::string>();
    auto* replace = devices->add_subcommand(
        "replace",
        "Shut a device out and make a code for another in its place: same lane, new receipts");
    replace->add_option("DEVICE", *replaced, "Device id, as `devices list` shows it")->required();
    replace->callback(
        [&common, &outcome, replaced] { replace_device(common, outcome, *replaced); });
}

}  // namespace till
