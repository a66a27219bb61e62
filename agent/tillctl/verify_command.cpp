#include "agent/journal/journal_reader.hpp"
#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"

#include "agent/core/hex.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <unistd.h>

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
            {"head", found.head.seq.value()},
            {"head_hash", hex(found.head.hash)},
            {"ok", found.problems.empty()},
            {"summary", found.summary()},
            {"problems", std::move(problems)}};
}

Result<Exit> verify(const std::filesystem::path& place, bool json) {
    TILL_TRY(JournalReader reader, JournalReader::open(journal_in(place)));
    TILL_TRY(const JournalIdentity identity, reader.identity());
    const bool show = !json && isatty(STDERR_FILENO);
    const auto progress = [show](Seq done, Seq head) {
        if (show) std::cerr << "\r" << done.value() << " of " << head.value() << std::flush;
    };
    TILL_TRY(const Verification found, reader.verify(progress));
    if (show) std::cerr << "\r\033[K";
    if (json) {
        print_json(as_json(found, identity));
    } else {
        std::cout << "journal " << identity.journal.value().text() << ": " << found.summary()
                  << '\n';
        for (const auto& problem : found.problems)
            std::cout << "  at " << problem.seq.value() << ": " << problem.what << '\n';
    }
    return found.problems.empty() ? Exit::ok : Exit::no;
}

}  // namespace

void add_verify_commands(CLI::App& app, const Common& common, Exit& outcome) {
    const auto place = std::make_shared<std::string>();
    auto* command = app.add_subcommand("verify",
                                       "Walk a journal's chain from its disk alone, agent running "
                                       "or not; exit 1 when anything is wrong");
    command->add_option("JOURNAL", *place, "journal.db, or the agent's home folder")->required();
    command->callback([&common, &outcome, place] {
        const auto done = verify(*place, common.json);
        outcome = done ? *done : report(done.error());
    });
}

}  // namespace till
