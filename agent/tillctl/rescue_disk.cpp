#include "agent/tillctl/rescue_disk.hpp"

#include "agent/core/limits.hpp"
#include "agent/crypto/system_random.hpp"
#include "agent/daemon/journals.hpp"
#include "agent/daemon/set_aside.hpp"
#include "agent/journal/journal_reader.hpp"
#include "agent/runtime/private_file.hpp"
#include "agent/tillctl/rescue_copy.hpp"
#include "agent/tillctl/rescue_file.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace till {

namespace {

namespace fs = std::filesystem;

/// Which generation's journal a file is, by its name.
std::optional<Generation> generation_of(const fs::path& file) {
    const std::string name = file.filename().string();
    constexpr std::string_view before = "journal-", after = ".db";
    if (!name.starts_with(before) || !name.ends_with(after)) return std::nullopt;
    std::uint32_t number = 0;
    const char* end = name.data() + name.size() - after.size();
    const auto [stopped, failure] = std::from_chars(name.data() + before.size(), end, number);
    if (failure != std::errc{} || stopped != end) return std::nullopt;
    return Generation{number};
}

/// The identities that the journals themselves carry, oldest first.
std::vector<JournalIdentity> identities_in(const fs::path& folder) {
    std::vector<JournalIdentity> found;
    for (const auto& entry : fs::directory_iterator{folder}) {
        if (entry.is_symlink() || !generation_of(entry.path())) continue;
        auto reader = JournalReader::open(entry.path());
        if (!reader) continue;
        if (auto identity = reader->identity()) found.push_back(*std::move(identity));
    }
    std::ranges::sort(found, {}, &JournalIdentity::generation);
    return found;
}

/// Who the device was: as its home says, or else as its journals say.
Result<sync::Enrolment> enrolment_of(const Home& home,
                                     const std::vector<JournalIdentity>& journals) {
    auto known = home.enrolment();
    if (!known && journals.empty()) return known;
    if (!known) {
        const auto& identity = journals.back();
        const auto& prefix = identity.receipt_prefix;
        const auto dash = std::min(prefix.find('-'), prefix.size());
        TILL_TRY(auto nobody, sync::ServerName::parse("unknown.invalid"));
        known = sync::Enrolment{.gateway = {"", 0, std::move(nobody)},
                                .device = identity.device,
                                .store = prefix.substr(0, dash),
                                .workstation = prefix.substr(std::min(dash + 1, prefix.size())),
                                .server_ca_pem = {},
                                .sealing_keys = {}};
    }
    // A damaged journal's rest goes into one more: only in the copy, and without receipts.
    known->last_generation = Generation{std::numeric_limits<std::uint32_t>::max()};
    return known;
}

/// Journals that the list of generations does not name any more are put back into it.
Result<void> complete_list(const Home& home, const std::vector<JournalIdentity>& journals) {
    std::vector<Home::Begun> all;
    if (auto listed = home.begun()) all = *std::move(listed);
    for (const auto& one : journals) {
        const auto same = [&](const auto& begun) { return begun.generation == one.generation; };
        if (std::ranges::none_of(all, same)) all.push_back({one.generation, one.journal});
    }
    std::ranges::sort(all, {}, &Home::Begun::generation);
    std::string text;
    for (const auto& one : all)
        text += std::to_string(one.generation.value()) + ' ' + one.journal.value().text() + '\n';
    return write_private_file(home / "generations", Secret{text});
}

Result<void> run_report(Journal& current, const std::vector<fs::path>& earlier,
                        const sync::Enrolment& enrolment, asio::io_context& loop) {
    std::exception_ptr thrown;
    const auto done = [&thrown](std::exception_ptr failure) { thrown = failure; };
    asio::co_spawn(loop, report_damage(current, earlier, enrolment), done);
    loop.run();
    if (thrown) std::rethrow_exception(thrown);
    return {};
}

/// Starts the copy as the agent would, looking through every journal of it: what is damaged is set
/// aside, and its loose ends are captured into the next journal.
Result<std::vector<std::string>> start(Home& home, const sync::Enrolment& enrolment, Clock& clock) {
    SystemRandom random;
    std::vector<std::string> set_aside;
    TILL_TRY(const auto begun, home.begun());
    if (begun.empty()) return Error{Errc::not_found, "the folder holds no journal"};
    for (const auto& one : begun) {
        if (one.generation == begun.back().generation) break;
        const auto number = std::to_string(one.generation.value());
        TILL_TRY_VOID(write_private_file(home / "suspect", Secret{number}));
        TILL_TRY(const bool damaged, set_aside_damaged(home, one, enrolment, clock));
        if (damaged) set_aside.push_back(home.journal_file(one.generation).filename().string());
    }
    TILL_TRY_VOID(suspect_current_journal(home));
    TILL_TRY(auto current, open_current_journal(home, enrolment, 0, clock, random));
    TILL_TRY(const auto after, home.begun());
    if (after.size() > begun.size())
        set_aside.push_back(home.journal_file(begun.back().generation).filename().string());
    const auto earlier = current.options.earlier;
    asio::io_context loop;
    Journal journal{loop.get_executor(), std::move(current.core), std::move(current.options),
                    clock};
    TILL_TRY_VOID(run_report(journal, earlier, enrolment, loop));
    return set_aside;
}

Result<void> write_journal(RescueWriter& writer, JournalCore& core,
                           const sync::Enrolment& enrolment, Seq from) {
    const auto head = core.head();
    const auto acknowledged = core.acknowledged();
    auto said = hello(core.identity(), enrolment);
    said.head = {head.seq, head.hash};
    said.acknowledged = acknowledged.seq;
    said.store_epoch = acknowledged.store_epoch;
    TILL_TRY(const Digest before, core.hash_at(from));
    TILL_TRY_VOID(writer.begin(said, {from, before}));
    while (from < head.seq) {
        TILL_TRY(const auto records,
                 core.read(from, limits::batch_bytes_target, limits::batch_records_max));
        if (records.empty())
            return Error{Errc::corrupt, "no record after " + std::to_string(from.value())};
        TILL_TRY_VOID(writer.add(records));
        from = records.back().seq;
    }
    return {};
}

Result<void> write_all(RescueWriter& writer, const Home& home, const sync::Enrolment& enrolment,
                       bool all, Clock& clock, Rescued& rescued) {
    TILL_TRY(const auto begun, home.begun());
    for (const auto& one : begun) {
        const auto file = home.journal_file(one.generation);
        if (!fs::exists(file)) continue;
        TILL_TRY(auto core, JournalCore::open({.file = file}, clock));
        Rescued::Journal journal{core.identity(), Seq{0}, core.head().seq, core.acknowledged().seq};
        journal.from = all ? core.kept_from().seq : journal.acknowledged;
        if (journal.from == journal.head) continue;
        TILL_TRY_VOID(write_journal(writer, core, enrolment, journal.from));
        rescued.journals.push_back(std::move(journal));
    }
    return {};
}

}  // namespace

Result<Rescued> rescue_disk(const fs::path& disk, const fs::path& file, bool all, Clock& clock) {
    Rescued rescued;
    TILL_TRY(rescued.home, find_home(disk));
    TILL_TRY(RescueWriter writer, RescueWriter::create(file));
    const WorkFolder work{file.string() + ".work"};
    TILL_TRY(rescued.unreadable_bytes, copy_home(rescued.home, work.path));
    TILL_TRY(Home home, Home::open(work.path));
    const auto journals = identities_in(work.path);
    TILL_TRY(const auto enrolment, enrolment_of(home, journals));
    rescued.store = enrolment.store;
    rescued.workstation = enrolment.workstation;
    TILL_TRY_VOID(complete_list(home, journals));
    TILL_TRY(rescued.set_aside, start(home, enrolment, clock));
    TILL_TRY_VOID(write_all(writer, home, enrolment, all, clock, rescued));
    TILL_TRY_VOID(writer.finish());
    return rescued;
}

}  // namespace till
