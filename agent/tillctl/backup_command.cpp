#include "agent/daemon/home_backup.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include <memory>

namespace till {

namespace {

boost::json::object as_json(const FolderDraft::Size& size) {
    return {{"files", size.files}, {"bytes", size.bytes}};
}

std::string in_words(const FolderDraft::Size& size) {
    return fmt::format("{} files, {} KiB", size.files, (size.bytes + 1023) / 1024);
}

Result<void> back_up(const Common& common, const std::string& home, const std::string& to) {
    TILL_TRY(const auto size, backup_agent(home, to));
    if (common.json) return print_json(as_json(size)), Result<void>{};
    fmt::print(
        "Backed up {} to {}: {}.\n"
        "The device's private key is not in it; local tokens and settings are.\n",
        home, to, in_words(size));
    return {};
}

Result<void> restore(const Common& common, const std::string& from, const std::string& home) {
    TILL_TRY(const auto done, restore_agent(from, home));
    if (common.json) return print_json(as_json(done.size)), Result<void>{};
    fmt::print(
        "Restored {} from {}: {}.\n\n"
        "What was captured since the backup is not in it: it goes on as a new device of the same "
        "lane,\nwith receipt numbers of its own. Its unsent records are handed over apart:\n\n"
        "  tillctl enrol new --store {} --lane {}\n"
        "  till-agent enrol CODE --home {}\n"
        "  tillctl rescue {} --to FILE && tillctl deliver FILE\n\n"
        "Revoke the old device if its disk may still be somewhere (tillctl devices revoke).\n",
        home, from, in_words(done.size), done.store, done.workstation, home, from);
    return {};
}

}  // namespace

void add_backup_commands(CLI::App& app, const Common& common, Exit& outcome) {
    struct Wanted {
        std::string from, to;
    };
    const auto wanted = std::make_shared<Wanted>();
    auto* backup = app.add_subcommand("backup", "Copy an agent's home, also while it runs");
    backup->add_option("HOME", wanted->from, "The agent's folder")->required();
    backup->add_option("--to", wanted->to, "Where the copy will be; must not be there yet")
        ->required();
    backup->callback([&common, &outcome, wanted] {
        const auto done = back_up(common, wanted->from, wanted->to);
        if (!done) outcome = report(done.error());
    });
    auto* back = app.add_subcommand(
        "restore", "Make an agent's home from a backup, to be enrolled anew for the same lane");
    back->add_option("BACKUP", wanted->from, "What backup made")->required();
    back->add_option("--to", wanted->to, "The agent's folder; must not be there yet")->required();
    back->callback([&common, &outcome, wanted] {
        const auto done = restore(common, wanted->from, wanted->to);
        if (!done) outcome = report(done.error());
    });
}

}  // namespace till
