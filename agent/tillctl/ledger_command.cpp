#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace till {

namespace {

using boost::json::value;

/// By till, and of each till the oldest journal first.
std::vector<value> chosen(const value& status, const std::string& device,
                          const std::string& journal) {
    std::vector<value> found;
    for (const auto& one : list(status, "journals"))
        if ((device.empty() || text(one, "device") == device)
            && (journal.empty() || text(one, "journal") == journal))
            found.push_back(one);
    const auto place = [](const value& one) {
        return std::make_tuple(text(one, "store"), text(one, "workstation"), text(one, "device"),
                               std::atoll(text(one, "generation").c_str()));
    };
    std::ranges::stable_sort(found, {}, place);
    return found;
}

void print(const value& walked, const std::string& damage) {
    const auto last_seen = text(walked, "last_seen");
    std::cout << "till " << text(walked, "store") << '/' << text(walked, "workstation")
              << ", journal " << text(walked, "journal") << ": " << text(walked, "summary")
              << ", last seen " << (last_seen.empty() ? "never" : last_seen) << '\n';
    for (const auto& problem : list(walked, "problems")) {
        const auto first = text(problem, "first"), last = text(problem, "last");
        std::cout << "  " << first << (first == last ? "" : " to " + last) << ": "
                  << text(problem, "what") << '\n';
    }
    if (text(walked, "more_problems") == "true") std::cout << "  and more than these\n";
    if (text(walked, "predecessor_missing") == "true")
        std::cout << "  the journal before it, " << text(walked, "predecessor")
                  << ", has never come here\n";
    for (const auto& branch : list(walked, "branches"))
        std::cout << "  branch " << text(branch, "number") << ": events " << text(branch, "first")
                  << " to " << text(branch, "last")
                  << " of a cloned or restored disk, kept aside, received "
                  << text(branch, "received") << '\n';
    if (!damage.empty()) std::cout << "  damaged on the device: " << damage << '\n';
}

void prove(const Common& common, Exit& outcome, const std::string& device,
           const std::string& journal) {
    const auto status = ask_gateway(common, outcome, "GET", "/admin/v1/status");
    if (!status) return;
    const auto journals = chosen(*status, device, journal);
    if (journals.empty() && !(device.empty() && journal.empty())) {
        outcome = report(Error{Errc::not_found, "the centre knows no such device or journal"});
        return;
    }
    boost::json::array all;
    std::uint64_t events = 0, wrong = 0;
    for (const auto& one : journals) {
        // Each on its own: a long ledger is walked for minutes, and an answer is waited for for one.
        auto walked = ask_gateway(common, outcome, "GET",
                                  "/admin/v1/ledger?journal=" + query_value(text(one, "journal")));
        if (!walked) return;
        events += static_cast<std::uint64_t>(std::atoll(text(*walked, "events").c_str()));
        const auto damage = text(one, "damage");
        if (text(*walked, "ok") != "true") ++wrong;
        if (!common.json) print(*walked, damage);
        walked->as_object()["damage"] = damage;
        if (common.json) all.push_back(*std::move(walked));
    }
    if (common.json)
        print_json(boost::json::object{
            {"ok", wrong == 0}, {"events", events}, {"journals", std::move(all)}});
    else
        std::cout << journals.size() << " journals, " << events << " events: "
                  << (wrong == 0 ? "nothing is missing, nothing was changed"
                                 : std::to_string(wrong) + " of them not whole")
                  << '\n';
    if (wrong > 0) outcome = Exit::no;
}

}  // namespace

void add_ledger_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto device = std::make_shared<std::string>(), journal = std::make_shared<std::string>();
    auto* command = app.add_subcommand(
        "ledger",
        "Prove from what the centre stored, link by link, that nothing is missing or "
        "changed; exit 1 when anything is");
    command->add_option("--device", *device,
                        "One device's journals, oldest first; all when left out");
    command->add_option("--journal", *journal, "One journal");
    command->callback(
        [&common, &outcome, device, journal] { prove(common, outcome, *device, *journal); });
}

}  // namespace till
