#include "agent/daemon/journals.hpp"

#include "agent/daemon/set_aside.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/private_file.hpp"
#include "sync/tls/note_trust.hpp"

#include <algorithm>

#ifndef TILL_AGENT_VERSION
#error "the build system states the version"
#endif

namespace till {

namespace {

namespace fs = std::filesystem;

/// SQLite's three files of one database.
void remove_database(const fs::path& file) {
    std::error_code ignored;
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
}

/// Made beside its place and moved there whole, so that a crash leaves no half-made journal.
Result<void> create(const fs::path& file, const JournalIdentity& identity, Clock& clock) {
    const fs::path draft = file.string() + ".new";
    remove_database(draft);
    {
        TILL_TRY(auto core, JournalCore::create({.file = draft}, identity, clock));
        TILL_TRY_VOID(core.secure());  // All in the one file that is moved.
    }
    std::error_code failed;
    fs::rename(draft, file, failed);
    if (failed) return Error{Errc::io, file.string() + ": " + failed.message()};
    remove_database(draft);
    return {};
}

Result<OpenJournal> open(JournalCore::Options options, Clock& clock) {
    TILL_TRY(JournalCore core, JournalCore::open(options, clock));
    return OpenJournal{std::move(core), std::move(options), {}};
}

/// The files of the journals begun before, each of the newest schema (only a journal's writer may
/// change it) and healthy; and what the newest of them says the clerk had opened.
Result<std::vector<fs::path>> earlier_journals(Home& home, const std::vector<Home::Begun>& before,
                                               const sync::Enrolment& enrolment, Clock& clock,
                                               Bytes& state) {
    std::vector<fs::path> files;
    for (const auto& one : before) {
        const auto file = home.journal_file(one.generation);
        TILL_TRY_VOID(set_aside_damaged(home, one, enrolment, clock));
        if (!fs::exists(file)) continue;
        const auto opened = JournalCore::open({.file = file}, clock);
        if (opened) {
            state = opened->state();
        } else {
            log(LogLevel::warning, "journal", "an older journal does not open",
                {{"file", file.string()}, {"error", opened.error().detail}});
        }
        files.push_back(file);
    }
    return files;
}

}  // namespace

Result<void> begin_next_journal(Home& home, const sync::Enrolment& enrolment, Clock& clock,
                                Random& random) {
    TILL_TRY(const auto before, home.begun());
    TILL_TRY(const auto next, home.begin_journal(enrolment, JournalId{random.uuid()}));
    JournalIdentity identity{.journal = next.journal,
                             .device = enrolment.device,
                             .receipt_prefix = enrolment.store + "-" + enrolment.workstation,
                             .generation = next.generation};
    if (!before.empty()) identity.predecessor = before.back().journal;
    // A generation whose file was never made (a crash) has written nothing: the newest that has.
    for (const auto& one : before)
        if (fs::exists(home.journal_file(one.generation))) identity.predecessor = one.journal;
    TILL_TRY_VOID(create(home.journal_file(next.generation), identity, clock));
    log(LogLevel::info, "journal", "began a journal",
        {{"journal", next.journal.value().text()},
         {"generation", next.generation.value()},
         {"predecessor",
          identity.predecessor ? identity.predecessor->value().text() : std::string{"none"}}});
    return home.show_journal(next.generation);
}

Result<OpenJournal> open_current_journal(Home& home, const sync::Enrolment& enrolment,
                                         std::uint64_t reserve_bytes, Clock& clock,
                                         Random& random) {
    TILL_TRY(auto begun, home.begun());
    const bool restored = !begun.empty() && begun.back().generation < enrolment.first_generation;
    if (begun.empty() || restored || !fs::exists(home.journal_file(begun.back().generation))) {
        if (!begun.empty() && !restored)
            log(LogLevel::warning, "journal", "the newest journal is missing; beginning another",
                {{"generation", begun.back().generation.value()}});
        TILL_TRY_VOID(begin_next_journal(home, enrolment, clock, random));
        TILL_TRY(begun, home.begun());
    }
    TILL_TRY(const bool aside, set_aside_damaged(home, begun.back(), enrolment, clock));
    if (aside) {
        TILL_TRY_VOID(begin_next_journal(home, enrolment, clock, random));
        TILL_TRY(begun, home.begun());
    }
    const auto current = begun.back();
    JournalCore::Options options{.file = home.journal_file(current.generation),
                                 .reserve_bytes = reserve_bytes,
                                 .witness = true};
    begun.pop_back();
    Bytes earlier_state;
    TILL_TRY(options.earlier, earlier_journals(home, begun, enrolment, clock, earlier_state));
    TILL_TRY(auto opened, open(std::move(options), clock));
    const auto& identity = opened.core.identity();
    if (identity.device != enrolment.device || identity.journal != current.journal)
        return Error{Errc::corrupt,
                     opened.options.file.string() + " is not the journal that this home began"};
    TILL_TRY_VOID(home.show_journal(current.generation));
    if (opened.core.head().seq == Seq{0}) opened.earlier_state = std::move(earlier_state);
    return opened;
}

Result<void> suspect_current_journal(const Home& home) {
    TILL_TRY(const auto begun, home.begun());
    if (begun.empty()) return {};
    return write_private_file(home / "suspect",
                              Secret{std::to_string(begun.back().generation.value())});
}

Result<std::vector<OpenJournal>> open_unfinished_journals(Home& home,
                                                          const sync::Enrolment& enrolment,
                                                          const Bytes& store_epoch, Clock& clock) {
    std::vector<OpenJournal> unfinished;
    TILL_TRY(const auto begun, home.begun());
    TILL_TRY(const auto retired, home.retired());
    for (std::size_t i = 0; i + 1 < begun.size(); ++i) {
        const auto is_kept = [&](const Home::Retired& one) {
            return one.journal == begun[i].journal && one.store_epoch == store_epoch;
        };
        const auto file = home.journal_file(begun[i].generation);
        const bool ours = begun[i].generation >= enrolment.first_generation;
        if (!ours || std::ranges::any_of(retired, is_kept) || !fs::exists(file)) continue;
        auto opened = open({.file = file}, clock);
        if (!opened) {
            log(LogLevel::warning, "journal", "an older journal does not open",
                {{"file", file.string()}, {"error", opened.error().detail}});
            continue;
        }
        const auto acknowledged = opened->core.acknowledged();
        const Seq head = opened->core.head().seq;
        if (head == Seq{0}) continue;
        if (acknowledged.seq < head || acknowledged.store_epoch != store_epoch)
            unfinished.push_back(*std::move(opened));
    }
    return unfinished;
}

sync::UplinkSession::Options hello(const JournalIdentity& journal,
                                   const sync::Enrolment& enrolment) {
    return {.journal = journal.journal,
            .device = journal.device,
            .predecessor = journal.predecessor,
            .generation = journal.generation,
            .store = enrolment.store,
            .workstation = enrolment.workstation,
            .agent_version = TILL_AGENT_VERSION};
}

JournalPort::Standing JournalPort::standing() const {
    const Head head = journal_.head();
    auto acknowledged = journal_.acknowledged();
    Standing standing{.head = {head.seq, head.hash}, .acknowledged = acknowledged.seq};
    for (const auto& [note, key] : journal_.notes()) {
        if (note.store_epoch == acknowledged.store_epoch) standing.noted = note.last;
        standing.note_key = key;  // The newest comes last.
    }
    standing.store_epoch = std::move(acknowledged.store_epoch);
    return standing;
}

asio::awaitable<Result<std::vector<sync::Envelope>>> JournalPort::read(Seq from,
                                                                       std::size_t bytes_max,
                                                                       std::size_t records_max) {
    return journal_.read(from, bytes_max, records_max);
}

asio::awaitable<Result<Digest>> JournalPort::hash_at(Seq seq) { return journal_.hash_at(seq); }

asio::awaitable<Result<Seq>> JournalPort::kept_from() {
    TILL_CO_TRY(const Head kept_from, co_await journal_.kept_from());
    co_return kept_from.seq;
}

asio::awaitable<Result<void>> JournalPort::acknowledge(Seq seq, Bytes store_epoch) {
    const JournalCore::Acknowledged acknowledged{seq, std::move(store_epoch)};
    const auto noted = co_await journal_.acknowledge(acknowledged);
    if (noted && acknowledged_) acknowledged_();
    co_return noted;
}

asio::awaitable<Result<void>> JournalPort::keep_note(sync::KeptNote kept) {
    TILL_CO_TRY_VOID(verify_note(kept, server_ca_pem_));
    co_return co_await journal_.keep_note(std::move(kept));
}

asio::awaitable<Result<void>> JournalPort::wait_beyond(Seq seq) {
    return journal_.wait_beyond(seq);
}

}  // namespace till
