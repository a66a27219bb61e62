#include "agent/cli/manual.hpp"
#include "agent/tillctl/commands.hpp"

#include <google/protobuf/stubs/logging.h>
#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    using till::Exit;
    google::protobuf::SetLogHandler(nullptr);  // Bad bytes from outside are our errors to report.
    CLI::App app{"Tillstream's command-line tool, for tills and for the centre.", "tillctl"};
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 done, 1 the answer is no, 2 usage, 3 cannot reach, 4 refused, 5 failed.");
    Exit outcome = Exit::ok;
    till::Common common;
    app.add_flag("--json", common.json, "Answer in JSON");
    app.add_option("--gateway", common.gateway,
                   "Administrator's folder, as till-gateway init makes it")
        ->envname("TILL_GATEWAY");
    app.add_option("--agent", common.agent, "Home folder of an agent on this machine")
        ->envname("TILL_AGENT");
    app.fallthrough();

    till::add_enrol_commands(app, common, outcome);
    till::add_status_commands(app, common, outcome);
    till::add_doctor_commands(app, common, outcome);
    till::add_reconcile_commands(app, common, outcome);
    till::add_customer_commands(app, common, outcome);
    till::add_privacy_commands(app, common, outcome);
    till::add_report_commands(app, common, outcome);
    till::add_exception_commands(app, common, outcome);
    till::add_import_commands(app, common, outcome);
    till::add_export_commands(app, common, outcome);
    till::add_crm_commands(app, common, outcome);
    till::add_ledger_commands(app, common, outcome);
    till::add_verify_commands(app, common, outcome);
    till::add_backup_commands(app, common, outcome);
    till::add_rescue_commands(app, common, outcome);
    till::add_call_commands(app, common, outcome);
    till::add_simulate_commands(app, common, outcome);
    till::add_simulate_device_commands(app, outcome);
    till::add_decode_commands(app, outcome);
    till::add_manual_commands(app, "tillctl", TILL_VERSION);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version come this way too, with code 0.
        return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
    } catch (const std::exception& bug) {
        std::cerr << "tillctl: " << bug.what() << '\n';
        return static_cast<int>(Exit::failed);
    }
    return static_cast<int>(outcome);
}
