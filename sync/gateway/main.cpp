#include "agent/cli/manual.hpp"
#include "agent/crypto/system_random.hpp"
#include "agent/runtime/system_clock.hpp"
#include "sync/gateway/backup.hpp"
#include "sync/gateway/home.hpp"
#include "sync/gateway/registry.hpp"
#include "sync/gateway/settings.hpp"
#include "sync/gateway/wiring.hpp"

#include <google/protobuf/stubs/logging.h>
#include <CLI/CLI.hpp>

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

using namespace till;
using namespace till::sync;

// How till-gateway ends (sysexits.h's numbers where it has them).
constexpr int exit_ok = 0, exit_usage = 2, exit_failed = 70, exit_config = 78;

int fail(const Error& error) {
    std::cerr << "till-gateway: " << error.detail << (error.detail.ends_with('\n') ? "" : "\n");
    return error.code == Errc::malformed || error.code == Errc::not_found ? exit_config
                                                                          : exit_failed;
}

int init(const std::string& folder, const HomeSpec& spec) {
    SystemClock clock;
    const HomePaths home{folder};
    if (const auto made = init_home(home, spec, clock.now().wall); !made) return fail(made.error());
    std::cout << "Gateway made in " << folder << ".\n\n  till-gateway serve " << folder
              << "\n\nThe administrator's folder is " << (home / "admin").string()
              << "; copy it to where tillctl runs:\n\n  tillctl --gateway "
              << (home / "admin").string() << " enrol new --store 12 --lane 3\n";
    return exit_ok;
}

int join(const std::string& folder, const std::string& other, HomeSpec spec) {
    SystemClock clock;
    const HomePaths home{folder}, of{other};
    const auto settings = read_settings(of);
    if (!settings) return fail(settings.error());
    if (!settings->ledger)
        return fail({Errc::malformed,
                     other
                         + " keeps its ledger in SQLite, which one gateway alone can use; give it "
                           "a PostgreSQL database first ([ledger] url in gateway.toml)"});
    spec.server_name = settings->server_name;
    const auto made = join_home(home, of, spec, settings->ledger_url, clock.now().wall);
    if (!made) return fail(made.error());
    std::cout << "Gateway made in " << folder << ", of the same centre as " << other << ".\n\n"
              << "  till-gateway serve " << folder << "\n\nIt stores and acknowledges; questions "
              << "about sales are for the one that projects ([ledger] projects).\n";
    return exit_ok;
}

void say_size(const FolderDraft::Size& size) {
    std::cout << size.files << " files, " << (size.bytes + 1023) / 1024 << " KiB.\n";
}

int backup(const std::string& folder, const std::string& to) {
    const auto settings = read_settings(HomePaths{folder});
    if (!settings) return fail(settings.error());
    const auto done = backup_home(HomePaths{folder}, to);
    if (!done) return fail(done.error());
    std::cout << "Backed up " << folder << " to " << to << ": ";
    say_size(*done);
    if (settings->ledger)
        std::cout << "The ledger and the list of devices are NOT in it: they are in "
                  << settings->ledger->text()
                  << ". Back that up now with its own means (pg_dump, or continuous archiving), "
                     "after this and not before.\n";
    std::cout << "It holds every key of the centre: keep it as safe as the gateway itself.\n";
    return exit_ok;
}

int restore(const std::string& from, const std::string& folder) {
    SystemClock clock;
    SystemRandom random;
    const auto done = restore_home(from, HomePaths{folder}, clock.now().wall, random);
    if (!done) return fail(done.error());
    std::cout << "Restored " << folder << " from " << from << ": ";
    say_size(*done);
    const auto settings = read_settings(HomePaths{folder});
    if (!settings) return fail(settings.error());
    if (settings->ledger) {
        std::cout << "The ledger and the list of devices are in " << settings->ledger->text()
                  << ", which is as it was: neither its epoch nor its codes were renewed.\n";
        return exit_ok;
    }
    std::cout
        << "The ledger has a new epoch: devices send again what it lacks.\n"
           "Unused enrolment codes are void, and each lane's receipt generations go on "
        << Registry::generations_skipped
        << " further.\n\nWhat it cannot know: devices that were enrolled since the backup must "
           "be enrolled anew, and\nthose that were revoked since must be revoked again "
           "(tillctl devices revoke).\n\n  till-gateway serve "
        << folder << '\n';
    return exit_ok;
}

int check_config(const std::string& file) {
    std::ifstream stream{file};
    if (!stream) return fail({Errc::not_found, file + " cannot be read"});
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    const auto parsed = parse_gateway_settings(text, file);
    if (!parsed) return fail(parsed.error());
    if (parsed->ledger) {
        if (const auto open = Postgres::open(*parsed->ledger); !open)
            return fail(
                {open.error().code, "the ledger cannot be reached: " + open.error().detail});
        std::cout << "The ledger at " << parsed->ledger->text() << " answers.\n";
    }
    std::cout << file << " is good.\n";
    return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
    google::protobuf::SetLogHandler(nullptr);  // Bad bytes from outside are our errors to report.
    CLI::App app{"Tillstream's central gateway: devices, enrolment and administrators on one port.",
                 "till-gateway"};
    app.footer("Exit codes: 0 ok, 2 usage, 70 failed, 78 bad or missing configuration.");
    app.set_version_flag("--version", "till-gateway " TILL_GATEWAY_VERSION);
    std::string checked, folder, other, to;
    bool sample = false;
    HomeSpec spec;
    app.add_option("--check-config", checked,
                   "Check a settings file, and that the ledger it names answers");
    app.add_flag("--sample-config", sample, "Print a settings file with every setting explained");

    auto* init_command =
        app.add_subcommand("init", "Make a gateway: authorities, keys, settings, an administrator");
    init_command->add_option("FOLDER", folder, "Where everything of it will live")->required();
    init_command
        ->add_option("--server-name", spec.server_name,
                     "DNS name in its certificate; never changes")
        ->required();
    init_command
        ->add_option("--public-host", spec.public_host, "Name or address that devices connect to")
        ->required();
    init_command->add_option("--port", spec.port, "The one port")->capture_default_str();
    init_command->add_option("--listen", spec.listen_address, "Address to listen on")
        ->capture_default_str();
    auto* join_command = app.add_subcommand(
        "join", "Make one more gateway of a centre whose ledger is in PostgreSQL");
    join_command->add_option("FOLDER", folder, "Where everything of it will live")->required();
    join_command->add_option("OF", other, "The first gateway's folder, or a copy of it")
        ->required();
    join_command
        ->add_option("--public-host", spec.public_host, "Name or address that devices connect to")
        ->required();
    join_command->add_option("--port", spec.port, "The one port")->capture_default_str();
    join_command->add_option("--listen", spec.listen_address, "Address to listen on")
        ->capture_default_str();
    auto* serve_command = app.add_subcommand("serve", "Run until SIGTERM");
    serve_command->add_option("FOLDER", folder, "The folder that init made")->required();
    auto* backup_command =
        app.add_subcommand("backup", "Copy a gateway's folder, also while it serves");
    backup_command->add_option("FOLDER", folder, "The gateway's folder")->required();
    backup_command->add_option("--to", to, "Where the copy will be; must not be there yet")
        ->required();
    auto* restore_command = app.add_subcommand(
        "restore", "Make a gateway's folder from a backup; devices send again what it lacks");
    restore_command->add_option("BACKUP", other, "What backup made")->required();
    restore_command->add_option("--to", to, "The gateway's folder; must not be there yet")
        ->required();
    add_manual_commands(app, "till-gateway", TILL_GATEWAY_VERSION);
    app.require_subcommand(0, 1);

    try {
        app.parse(argc, argv);
        if (init_command->parsed()) return init(folder, spec);
        if (join_command->parsed()) return join(folder, other, spec);
        if (backup_command->parsed()) return backup(folder, to);
        if (restore_command->parsed()) return restore(other, to);
        if (serve_command->parsed()) {
            const auto served = serve(HomePaths{folder});
            return served ? exit_ok : fail(served.error());
        }
        if (!checked.empty()) return check_config(checked);
        if (sample) {
            std::cout << config::sample_file(gateway_schema(),
                                             "Settings of a Tillstream gateway (gateway.toml).");
            return exit_ok;
        }
        if (!app.get_subcommands().empty()) return exit_ok;  // Its manual, or completion: printed.
        std::cerr << app.help();
        return exit_usage;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    } catch (const std::exception& bug) {
        std::cerr << "till-gateway: " << bug.what() << '\n';
        return exit_failed;
    }
}
