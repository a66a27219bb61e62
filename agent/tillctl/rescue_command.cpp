#include "agent/core/hex.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/system_clock.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/rescue_delivery.hpp"
#include "agent/tillctl/rescue_disk.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <memory>

namespace till {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

json::object as_json(const Rescued& rescued, const fs::path& file) {
    json::array journals, aside;
    for (const auto& one : rescued.journals)
        journals.push_back(json::object{{"journal", one.identity.journal.value().text()},
                                        {"device", one.identity.device.value().text()},
                                        {"generation", one.identity.generation.value()},
                                        {"first", one.from.value() + 1},
                                        {"last", one.head.value()},
                                        {"acknowledged", one.acknowledged.value()}});
    for (const auto& name : rescued.set_aside) aside.emplace_back(name);
    return {{"file", file.string()},           {"home", rescued.home.string()},
            {"store", rescued.store},          {"workstation", rescued.workstation},
            {"journals", std::move(journals)}, {"unreadable_bytes", rescued.unreadable_bytes},
            {"set_aside", std::move(aside)}};
}

void print(const Rescued& rescued, const fs::path& file) {
    fmt::print("Store {}, lane {}, from {}\n", rescued.store, rescued.workstation,
               rescued.home.string());
    if (rescued.unreadable_bytes > 0)
        fmt::print("{} bytes of the disk could not be read\n", rescued.unreadable_bytes);
    for (const auto& name : rescued.set_aside)
        fmt::print("{} is damaged: what of it was readable is taken along\n", name);
    std::uint64_t records = 0;
    for (const auto& one : rescued.journals) {
        records += one.head.value() - one.from.value();
        fmt::print("journal {}: {} to {}\n", one.identity.journal.value().text(),
                   one.from.value() + 1, one.head.value());
    }
    fmt::print("{} records in {}\n", records, file.string());
    if (records > 0)
        fmt::print("Hand them over with: tillctl deliver {}\n", file.string());
    else
        fmt::print("The device knew all of its records to be at the centre.\n");
}

Result<void> take_out(const fs::path& disk, const fs::path& file, bool all, bool as_text) {
    SystemClock clock;
    TILL_TRY(const Rescued rescued, rescue_disk(disk, file, all, clock));
    as_text ? print(rescued, file) : print_json(as_json(rescued, file));
    return {};
}

json::object as_json(const Delivered& done) {
    return {{"journal", done.journal.value().text()},
            {"had", done.had.value()},
            {"head", done.head.value()},
            {"branch", done.branch}};
}

std::string in_words(const Delivered& done) {
    const auto id = done.journal.value().text();
    if (done.branch)
        return fmt::format("journal {}: its chain is not the centre's; kept aside as a branch", id);
    if (done.had >= done.head)
        return fmt::format("journal {}: the centre had all of it already, up to {}", id,
                           done.head.value());
    return fmt::format("journal {}: the centre has taken in {} to {}", id, done.had.value() + 1,
                       done.head.value());
}

/// Whether the centre has this very record, so that a file behind it is nothing new.
Result<bool> has_head(Client& centre, const sync::UplinkSession::Options& said) {
    TILL_TRY(
        const Reply reply,
        centre.call("GET", fmt::format("/admin/v1/events?journal={}&after={}&limit=1",
                                       said.journal.value().text(), said.head.seq.value() - 1)));
    const auto& events = list(reply.body, "events");
    return reply.ok() && !events.empty() && text(events.front(), "hash") == hex(said.head.hash);
}

Result<void> hand_over(const fs::path& file, const Common& common) {
    TILL_TRY_VOID(gateway_named(common));
    TILL_TRY(RescueFile rescued, RescueFile::open(file));
    TILL_TRY(const auto door, gateway_door(common.gateway));
    TILL_TRY(const auto centre, open_gateway(common.gateway));
    SystemClock clock;
    json::array all;
    for (std::size_t i = 0; i < rescued.journals().size(); ++i) {
        const auto& said = rescued.journals()[i].hello;
        TILL_TRY(const bool there, has_head(*centre, said));
        Delivered done{said.journal, said.head.seq, said.head.seq, false};
        if (!there) { TILL_TRY(done, deliver(door, rescued, i, clock)); }
        common.json ? void(all.push_back(as_json(done))) : fmt::print("{}\n", in_words(done));
    }
    if (common.json) print_json(json::object{{"journals", std::move(all)}});
    return {};
}

}  // namespace

void add_rescue_commands(CLI::App& app, const Common& common, Exit& outcome) {
    struct Wanted {
        std::string disk, file;
        bool all = false;
    };
    const auto wanted = std::make_shared<Wanted>();
    auto* rescue = app.add_subcommand(
        "rescue", "Take a dead till's unsent records off its disk, sealed as they lie");
    rescue->add_option("DISK", wanted->disk, "The agent's folder, or where its disk is mounted")
        ->required();
    rescue->add_option("--to", wanted->file, "File to make, for tillctl deliver")->required();
    rescue->add_flag("--all", wanted->all, "Every record, not only those not known to be sent");
    rescue->callback([&common, &outcome, wanted] {
        set_log_level(LogLevel::error);
        const auto done = take_out(wanted->disk, wanted->file, wanted->all, !common.json);
        if (!done) outcome = report(done.error());
    });
    auto* deliver =
        app.add_subcommand("deliver", "Hand a rescued file over to the centre; again does nothing");
    const auto file = std::make_shared<std::string>();
    deliver->add_option("FILE", *file, "As tillctl rescue made it")->required();
    deliver->callback([&common, &outcome, file] {
        set_log_level(LogLevel::error);
        const auto done = hand_over(*file, common);
        if (!done) outcome = report(done.error());
    });
}

}  // namespace till
