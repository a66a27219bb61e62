#include "agent/tillctl/receipts.hpp"

#include "agent/core/hex.hpp"
#include "agent/daemon/journals.hpp"
#include "sync/tls/note_trust.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <map>

namespace till {

namespace {

/// Nothing when the note holds.
Result<std::string> problem_of(const sync::KeptNote& kept, JournalReader& reader,
                               const Verification& chain, std::string_view server_ca_pem) {
    if (const auto signed_well = verify_note(kept, server_ca_pem); !signed_well)
        return signed_well.error().detail;
    const Seq last = kept.note.last;
    if (last < chain.kept_from.seq) return std::string{};  // Nothing to compare it with is left.
    TILL_TRY(const auto own, reader.hash_at(last));
    const auto seq = std::to_string(last.value());
    if (!own) return "it confirms event " + seq + ", which is not on this disk";
    if (*own != kept.note.hash)
        return "at event " + seq + " the centre has " + hex(kept.note.hash) + ", this disk "
               + hex(*own);
    if (!chain.problems.empty() && chain.problems.front().seq <= last)
        return "the chain it confirms is broken at event "
               + std::to_string(chain.problems.front().seq.value());
    return std::string{};
}

std::string range(Seq first, Seq last) {
    if (first == last) return std::to_string(first.value());
    return std::to_string(first.value()) + " to " + std::to_string(last.value());
}

}  // namespace

std::optional<sync::Note> Receipts::confirmed() const {
    for (auto one = notes.rbegin(); one != notes.rend(); ++one)
        if (one->problem.empty()) return one->note;
    return std::nullopt;
}

bool Receipts::ok() const {
    const auto holds = [](const Checked& one) { return one.problem.empty(); };
    return chain.problems.empty() && std::ranges::all_of(notes, holds);
}

std::string Receipts::summary() const {
    if (!chain.problems.empty()) return chain.summary();
    for (const auto& one : notes)
        if (!one.problem.empty())
            return "the note of " + range(one.note.first, one.note.last)
                   + " does not hold: " + one.problem;
    const Seq head = chain.head.seq;
    if (head == Seq{0}) return "empty";
    const auto newest = confirmed();
    if (!newest)
        return "the centre has confirmed nothing; " + range(Seq{1}, head) + " is not yet confirmed";
    auto text =
        fmt::format("the centre has confirmed {}, at {:%Y-%m-%dT%H:%M:%SZ}",
                    range(newest->first, newest->last), fmt::gmtime(newest->time.value() / 1000));
    if (newest->last < head)
        text += "; " + range(next(newest->last), head) + " is not yet confirmed";
    return text;
}

Result<Receipts> check_receipts(JournalReader& reader, std::string_view server_ca_pem,
                                const JournalReader::Progress& progress) {
    Receipts found;
    TILL_TRY(found.identity, reader.identity());
    // First the notes, then the chain: one that is given meanwhile confirms what is walked, too.
    TILL_TRY(const auto notes, reader.notes());
    TILL_TRY(found.chain, reader.verify(progress));
    for (const auto& kept : notes) {
        TILL_TRY(auto problem, problem_of(kept, reader, found.chain, server_ca_pem));
        found.notes.push_back({kept.note, std::move(problem)});
    }
    return found;
}

std::vector<std::filesystem::path> journals_in(const std::filesystem::path& home) {
    std::map<std::uint32_t, std::filesystem::path> found;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator{home, failure}) {
        const std::string name = entry.path().filename().string();
        constexpr std::string_view before = "journal-", after = ".db";
        if (!name.starts_with(before) || !name.ends_with(after)) continue;
        std::uint32_t generation = 0;
        const char* const end = name.data() + name.size() - after.size();
        const auto read = std::from_chars(name.data() + before.size(), end, generation);
        if (read.ec == std::errc{} && read.ptr == end) found.emplace(generation, entry.path());
    }
    std::vector<std::filesystem::path> files;
    for (auto& [generation, file] : found) files.push_back(std::move(file));
    return files;
}

}  // namespace till
