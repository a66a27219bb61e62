#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace CLI {
class App;
}

namespace till {

/// How tillctl ends, for scripts. The numbers are part of its interface and never change.
enum class Exit : std::uint8_t {
    ok = 0,           ///< Done, or the answer is yes.
    no = 1,           ///< The answer is no: something does not verify, agree or exist.
    usage = 2,        ///< The command line or a file named on it makes no sense.
    unreachable = 3,  ///< The other end cannot be reached.
    refused = 4,      ///< The other end was reached and refused: role, certificate, conflict.
    failed = 5,       ///< This end failed: a disk, a full queue, a bug.
};

/// What every command may be told.
struct Common {
    bool json = false;              ///< Answer in JSON.
    std::filesystem::path gateway;  ///< The administrator's folder; TILL_GATEWAY.
    std::filesystem::path agent;    ///< An agent's home; TILL_AGENT.
};

// Each group of commands is one file. A group adds its subcommands to `app`; the callback of the
// one that runs leaves in `outcome` how it ended. References must outlive app.parse().

void add_backup_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_call_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_crm_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_customer_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_decode_commands(CLI::App& app, Exit& outcome);
void add_doctor_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_enrol_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_exception_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_export_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_import_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_ledger_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_privacy_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_reconcile_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_report_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_rescue_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_simulate_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_simulate_device_commands(CLI::App& app, Exit& outcome);
void add_status_commands(CLI::App& app, const Common& common, Exit& outcome);
void add_verify_commands(CLI::App& app, const Common& common, Exit& outcome);

/// `devices record` and `devices replay`.
void add_recording_commands(CLI::App& devices, const std::shared_ptr<bool>& in_json,
                            const Common& common, Exit& outcome);
/// `devices --watch`: what this machine's own devices do, until it is interrupted.
/// `quirks`: a file of rows that go before those that are built in; empty: none.
Exit watch_devices(bool in_json, const std::string& quirks);
/// `devices tell`: makes the first scanner (order "page") or scale ("zero") at `port` (empty: anywhere) obey.
Exit tell_device(const std::string& order, const std::string& port);

}  // namespace till
