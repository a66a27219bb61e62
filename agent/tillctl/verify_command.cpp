#include "agent/journal/journal_reader.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/receipts.hpp"

#include "agent/core/hex.hpp"
#include "agent/daemon/enrolment_file.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace till {

namespace {

std::filesystem::path journal_in(const std::filesystem::path& place) {
    std::error_code failure;
    return std::filesystem::is_directory(place, failure) ? place / "journal.db" : place;
}

boost::json::object as_json(const Verification& found, const JournalIdentity& identity) {
    boost::json::array problems;
    for (const auto& problem : found.problems)
        problems.push_back(
            boost::json::object{{"seq", problem.seq.value()}, {"what", problem.what}});
    return {{"journal", identity.journal.value().text()},
            {"device", identity.device.value().text()},
            {"events", found.events},
            {"kept_from", found.kept_from.seq.value()},
            {"head", found.head.seq.value()},
            {"head_hash", hex(found.head.hash)},
            {"ok", found.problems.empty()},
            {"summary", found.summary()},
            {"problems", std::move(problems)}};
}

JournalReader::Progress progress_on(bool shown) {
    return [shown](Seq done, Seq head) {
        if (shown)
            std::cerr << "\r" << done.value() << " of " << head.value()
                      << (done == head ? "\r\033[K" : "") << std::flush;
    };
}

void print_problems(const Verification& found) {
    for (const auto& problem : found.problems)
        std::cout << "  at " << problem.seq.value() << ": " << problem.what << '\n';
}

Result<Exit> verify(const std::filesystem::path& place, bool json) {
    TILL_TRY(JournalReader reader, JournalReader::open(journal_in(place)));
    TILL_TRY(const JournalIdentity identity, reader.identity());
    TILL_TRY(const Verification found,
             reader.verify(progress_on(!json && isatty(STDERR_FILENO) != 0)));
    if (json) {
        print_json(as_json(found, identity));
    } else {
        std::cout << "journal " << identity.journal.value().text() << ": " << found.summary()
                  << '\n';
        print_problems(found);
    }
    return found.problems.empty() ? Exit::ok : Exit::no;
}

boost::json::object as_json(const Receipts& found) {
    auto object = as_json(found.chain, found.identity);
    boost::json::array notes;
    for (const auto& [note, problem] : found.notes)
        notes.push_back(boost::json::object{{"store_epoch", hex(note.store_epoch)},
                                            {"first", note.first.value()},
                                            {"last", note.last.value()},
                                            {"hash", hex(note.hash)},
                                            {"time_ms", note.time.value()},
                                            {"key_id", hex(note.key_id)},
                                            {"ok", problem.empty()},
                                            {"problem", problem}});
    const auto newest = found.confirmed();
    const std::uint64_t confirmed = newest ? newest->last.value() : 0;
    object["notes"] = std::move(notes);
    object["confirmed"] = confirmed;
    object["unconfirmed"] =
        found.chain.head.seq.value() - std::min(confirmed, found.chain.head.seq.value());
    object["ok"] = found.ok();
    object["summary"] = found.summary();
    return object;
}

Result<std::string> authority_of(const std::filesystem::path& home) {
    const auto file = home / "enrolment.toml";
    std::ifstream in{file, std::ios::binary};
    if (!in) return Error{Errc::not_found, file.string() + ": no device is enrolled here"};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    TILL_TRY(auto enrolment, parse_enrolment(text, file.string()));
    return std::move(enrolment.server_ca_pem);
}

/// A journal that cannot be read at all is a problem like another: the next one may be whole.
Result<Exit> verify_receipts(const std::filesystem::path& home, bool json) {
    TILL_TRY(const std::string authority, authority_of(home));
    const auto files = journals_in(home);
    if (files.empty()) return Error{Errc::not_found, home.string() + " holds no journal"};
    boost::json::array all;
    bool ok = true;
    for (const auto& file : files) {
        auto reader = JournalReader::open(file);
        auto found = reader ? check_receipts(*reader, authority,
                                             progress_on(!json && isatty(STDERR_FILENO) != 0))
                            : Result<Receipts>{reader.error()};
        ok = ok && found && found->ok();
        if (!found) {
            const auto summary = "cannot be read: " + found.error().detail;
            all.push_back(
                boost::json::object{{"file", file.string()}, {"ok", false}, {"summary", summary}});
            if (!json) std::cout << file.string() << ": " << summary << '\n';
            continue;
        }
        if (json) {
            all.push_back(as_json(*found));
            continue;
        }
        std::cout << "journal " << found->identity.journal.value().text() << ": "
                  << found->summary() << '\n';
        print_problems(found->chain);
    }
    if (json) print_json(boost::json::object{{"ok", ok}, {"journals", std::move(all)}});
    return ok ? Exit::ok : Exit::no;
}

}  // namespace

void add_verify_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto place = std::make_shared<std::string>();
    auto* command = app.add_subcommand("verify",
                                       "Walk a journal's chain from its disk alone, agent running "
                                       "or not; exit 1 when anything is wrong");
    const auto receipts = std::make_shared<bool>(false);
    command->add_option("JOURNAL", *place, "journal.db, or the agent's home folder")->required();
    command->add_flag(
        "--receipts", *receipts,
        "Of an agent's home: also prove from the centre's signed notes, for each of its "
        "journals, what the centre has confirmed");
    command->callback([&common, &outcome, place, receipts] {
        const auto done =
            *receipts ? verify_receipts(*place, common.json) : verify(*place, common.json);
        outcome = done ? *done : report(done.error());
    });
}

}  // namespace till
