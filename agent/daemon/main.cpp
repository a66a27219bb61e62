#include "agent/cli/manual.hpp"
#include "agent/daemon/commands.hpp"
#include "agent/daemon/settings.hpp"

#include <google/protobuf/stubs/logging.h>
#include <CLI/CLI.hpp>

#include <iostream>

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 done, 2 command line, 65 stored data damaged (nothing was written over),\n"
    "70 internal or disk error, 75 try again, 77 the centre refused, 78 settings or not enrolled.";

}  // namespace

int main(int count, char** arguments) {
    google::protobuf::SetLogHandler(nullptr);  // Bad bytes from outside are our errors to report.
    CLI::App app{
        "The Tillstream agent of one device: captures on its own disk, syncs with the centre."};
    app.footer(exit_codes);
    app.set_version_flag("--version", TILL_AGENT_VERSION);
    std::string checked;
    app.add_option("--check-config", checked,
                   "Check a settings file and say what is wrong, by line");
    bool sample = false;
    app.add_flag("--sample-config", sample, "Print a settings file with every setting explained");

    std::string home;
    std::string code;
    std::string config;
    auto* enrol = app.add_subcommand("enrol", "Make this device known to the centre, once");
    enrol->add_option("CODE", code, "One-time code from: tillctl enrol new")->required();
    enrol->add_option("--home", home, "Folder for everything the device must not lose")->required();
    auto* run = app.add_subcommand("run", "Capture and sync until stopped");
    run->add_option("--home", home, "The folder that enrol filled")->required();
    run->add_option("--config", config, "Settings file; agent.toml in the home when not given");
    till::add_manual_commands(app, "till-agent", TILL_AGENT_VERSION);
    app.require_subcommand(0, 1);

    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {  // CLI11's own way out, for --help, too.
        return app.exit(error) == 0 ? 0 : static_cast<int>(till::AgentExit::usage);
    }
    till::AgentExit done = till::AgentExit::usage;
    if (*enrol) {
        done = till::enrol_agent(home, code);
    } else if (*run) {
        const auto file = config.empty() ? std::optional<std::filesystem::path>{} : config;
        done = till::run_agent(home, file);
    } else if (!checked.empty()) {
        done = till::check_settings(checked);
    } else if (!app.get_subcommands().empty()) {
        done = till::AgentExit::ok;  // Its manual, or completion: printed.
    } else if (sample) {
        std::cout << till::agent_sample();
        done = till::AgentExit::ok;
    } else {
        std::cerr << app.help();
    }
    return static_cast<int>(done);
}
