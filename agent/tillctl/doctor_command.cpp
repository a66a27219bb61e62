#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/examination.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>
#include <iostream>
#include <memory>

namespace till {

namespace {

struct Wanted {
    std::filesystem::path home, config, bundle;
};

void print(const Examination& examined) {
    for (const auto& one : examined.findings) {
        const auto* mark = one.verdict == Finding::Verdict::well    ? "  ok   "
                           : one.verdict == Finding::Verdict::watch ? "  WATCH"
                                                                    : "  SICK ";
        std::cout << mark << "  " << one.name << ": " << one.says << '\n';
        if (!one.remedy.empty()) std::cout << "         " << one.remedy << '\n';
    }
}

void examine(const Common& common, Exit& outcome, const Wanted& wanted) {
    const auto home = wanted.home.empty() ? common.agent : wanted.home;
    if (home.empty()) {
        outcome = report(Error{Errc::malformed, "which device?", "HOME", "an agent's home"});
        return;
    }
    const auto config = wanted.config.empty() ? home / "agent.toml" : wanted.config;
    const auto examined = examine_device(home, config);
    const auto bundle = support_bundle(home, config, examined);
    if (common.json)
        print_json(bundle);
    else
        print(examined);
    outcome = examined.is_well() ? Exit::ok : Exit::no;
    if (wanted.bundle.empty()) return;
    std::ofstream out{wanted.bundle};
    out << boost::json::serialize(bundle) << '\n';
    out.flush();
    if (!out) {
        std::cerr << "tillctl: " << wanted.bundle.string() << " cannot be written\n";
        outcome = Exit::failed;
        return;
    }
    if (!common.json)
        std::cout
            << "\nFor support: " << wanted.bundle.string()
            << ". It has no event, key, token or customer in it; read it before you send it.\n";
}

}  // namespace

void add_doctor_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto wanted = std::make_shared<Wanted>();
    auto* doctor = app.add_subcommand(
        "doctor",
        "Say in plain words what ails a device, its agent running or not; exit 1 when it is sick");
    doctor->add_option("HOME", wanted->home, "The agent's home; --agent when not given");
    doctor->add_option("--config", wanted->config,
                       "Its settings file, where it is not agent.toml in the home");
    doctor->add_option("--bundle", wanted->bundle, "Write what support needs into this file");
    doctor->callback([&common, &outcome, wanted] { examine(common, outcome, *wanted); });
}

}  // namespace till
