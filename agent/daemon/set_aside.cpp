#include "agent/daemon/set_aside.hpp"

#include "agent/crypto/hash.hpp"
#include "agent/journal/journal_reader.hpp"
#include "agent/journal/salvage.hpp"
#include "agent/journal/witness.hpp"
#include "agent/runtime/log.hpp"
#include "agent/runtime/private_file.hpp"
#include "sync/wire/events.pb.h"

#include <unistd.h>

namespace till {

namespace {

namespace fs = std::filesystem;
namespace v1 = tillstream::v1;

constexpr const char* parts[] = {"", "-wal", "-shm", ".head"};
constexpr const char* caller = "agent";

Result<void> move(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    if (!fs::exists(fs::symlink_status(from, failed))) return {};
    fs::rename(from, to, failed);
    if (failed) return Error{Errc::io, to.string() + ": " + failed.message()};
    return {};
}

/// Names of damaged files of one generation; there may come to be several.
fs::path damaged_file(const Home& home, const std::string& generation, std::size_t nth) {
    return home / ("damaged-" + generation + (nth == 1 ? "" : "-" + std::to_string(nth)) + ".db");
}

std::size_t first_free(const Home& home, const std::string& generation) {
    std::size_t nth = 1;
    while (fs::exists(damaged_file(home, generation, nth))) ++nth;
    return nth;
}

/// The salvaged journal is complete: puts both files where they belong, from wherever a power cut left
/// them. Where the journal's main file has been moved already, what belongs to it follows.
Result<void> exchange(const Home& home, const std::string& generation, const fs::path& journal,
                      const fs::path& salvaged) {
    const std::size_t free = first_free(home, generation);
    const auto damaged =
        damaged_file(home, generation, fs::exists(journal) || free == 1 ? free : free - 1);
    for (const auto* part : parts)
        TILL_TRY_VOID(move(journal.string() + part, damaged.string() + part));
    TILL_TRY_VOID(move(salvaged, journal));
    ::sync();
    return {};
}

/// What is wrong with it; nothing when it is healthy.
std::optional<Error> damage_of(const fs::path& file, bool suspect, Clock& clock) {
    const auto corrupt = [](const Error& error) { return error.code == Errc::corrupt; };
    {
        const auto opened = JournalCore::open({.file = file, .witness = true}, clock);
        if (!opened) return corrupt(opened.error()) ? std::optional{opened.error()} : std::nullopt;
    }
    if (!suspect) return std::nullopt;
    auto reader = JournalReader::open(file);
    if (!reader) return corrupt(reader.error()) ? std::optional{reader.error()} : std::nullopt;
    if (const auto pages = reader->check_pages(); !pages) return pages.error();
    const auto found = reader->verify();
    if (!found) return found.error();
    if (!found->problems.empty()) return Error{Errc::corrupt, found->summary()};
    return std::nullopt;
}

bool is_another_devices(const fs::path& file, const Home::Begun& journal) {
    auto reader = JournalReader::open(file);
    if (!reader) return false;
    const auto identity = reader->identity();
    return identity && identity->journal != journal.journal;
}

Draft draft_of(v1::Event& event, const std::string& key, const std::string& what) {
    event.mutable_origin()->set_caller(caller);
    event.mutable_origin()->set_key(key);
    const Digest hash = sha256(what);
    event.mutable_origin()->set_request_hash(Bytes{view(hash).substr(0, 16)});
    Draft draft;
    draft.kind = sync::Kind{static_cast<std::uint32_t>(event.fact_case())};
    draft.caller = caller;
    draft.key = key;
    draft.request_hash = event.origin().request_hash();
    draft.body = event.SerializeAsString();
    return draft;
}

Draft draft_of(const JournalId& journal, const sync::Envelope& envelope, const Digest& hash,
               bool proved) {
    v1::Event event;
    v1::Event inner;
    if (inner.ParseFromString(envelope.body)) *event.mutable_context() = inner.context();
    v1::SalvagedEvent& said = *event.mutable_salvaged_event();
    said.set_journal_id(Bytes{journal.value().bytes()});
    said.set_seq(envelope.seq.value());
    said.set_version(envelope.version);
    said.set_kind(envelope.kind.value());
    said.set_wall_ms(envelope.times.wall.value());
    said.set_since_boot_ms(envelope.times.since_boot.value());
    said.set_boot_id(Bytes{envelope.times.boot.value().bytes()});
    said.set_body(envelope.body);
    if (envelope.erased_sealed) said.set_erased_sealed(Bytes{view(*envelope.erased_sealed)});
    said.set_hash(Bytes{view(hash)});
    said.set_proved(proved);
    auto draft = draft_of(
        event, "salvage-" + journal.value().text() + "-" + std::to_string(envelope.seq.value()),
        Bytes{view(hash)});
    draft.sealed = envelope.sealed;
    return draft;
}

asio::awaitable<Result<void>> report_one(Journal& current, const fs::path& file,
                                         const sync::Enrolment& enrolment) {
    TILL_CO_TRY(auto reader, JournalReader::open(file));
    TILL_CO_TRY(const auto report, reader.salvage());
    if (!report) co_return Result<void>{};
    TILL_CO_TRY(const auto identity, reader.identity());
    const std::string key = "salvage-" + identity.journal.value().text();
    TILL_CO_TRY(const auto before, co_await current.find(caller, key));
    if (before) co_return Result<void>{};
    v1::Event event;
    if (!event.mutable_journal_damaged()->ParseFromString(*report))
        co_return Error{Errc::corrupt, "the salvage's report cannot be read"};
    // A few at a time: they may be many, and each may be large.
    for (Seq done{event.journal_damaged().acknowledged()};;) {
        std::vector<Draft> some;
        const auto take = [&](const sync::Envelope& envelope, const Digest& hash,
                              bool proved) -> Result<void> {
            some.push_back(draft_of(identity.journal, envelope, hash, proved));
            done = envelope.seq;
            if (some.size() == 64) return Error{Errc::abandoned, "enough"};
            return {};
        };
        const auto read = reader.scan_loose(done, take);
        if (!read && read.error().code != Errc::abandoned) co_return read.error();
        if (some.empty()) break;
        for (auto& draft : some) {
            const auto stored = co_await current.append(std::move(draft));
            if (!stored && stored.error().code != Errc::out_of_range) co_return stored.error();
        }
    }
    event.mutable_context()->set_store(enrolment.store);
    event.mutable_context()->set_workstation(enrolment.workstation);
    auto draft = draft_of(event, key, *report);
    TILL_CO_TRY(const auto stored, co_await current.append(std::move(draft)));
    log(LogLevel::warning, "journal", "reported a damaged journal",
        {{"journal", identity.journal.value().text()}, {"event", stored.seq.value()}});
    co_return Result<void>{};
}

}  // namespace

Result<bool> set_aside_damaged(const Home& home, const Home::Begun& journal,
                               const sync::Enrolment& enrolment, Clock& clock) {
    const auto file = home.journal_file(journal.generation);
    const auto number = std::to_string(journal.generation.value());
    const fs::path salvaged = home / ("salvaged-" + number + ".db");
    if (fs::exists(salvaged)) {
        TILL_TRY_VOID(exchange(home, number, file, salvaged));
        return true;
    }
    if (!fs::exists(file) || is_another_devices(file, journal)) return false;
    const fs::path suspicion = home / "suspect";
    const auto suspected = read_private_file(suspicion);
    const bool suspect = suspected && suspected->reveal() == number;
    const auto damage = damage_of(file, suspect, clock);
    std::error_code ignored;
    if (!damage) {
        if (suspect) fs::remove(suspicion, ignored);
        return false;
    }
    const fs::path damaged = damaged_file(home, number, first_free(home, number));
    const fs::path draft = salvaged.string() + ".new";
    for (const auto* part : parts) fs::remove(draft.string() + part, ignored);
    const SalvageOrder order{
        .damaged = file,
        .into = draft,
        .identity = {.journal = journal.journal,
                     .device = enrolment.device,
                     .predecessor = {},
                     .receipt_prefix = enrolment.store + "-" + enrolment.workstation,
                     .generation = journal.generation},
        .witnessed = Witness::seen(file).value_or(Seq{0}),
        .cause = damage->detail,
        .kept_as = damaged.filename().string()};
    TILL_TRY(const auto report, salvage_journal(order));
    TILL_TRY_VOID(move(draft, salvaged));
    TILL_TRY_VOID(exchange(home, number, file, salvaged));
    for (const auto* part : parts) fs::remove(draft.string() + part, ignored);
    if (suspect) fs::remove(suspicion, ignored);
    log(LogLevel::error, "journal", "a damaged journal was set aside",
        {{"file", damaged.string()},
         {"cause", damage->detail},
         {"head", report.head()},
         {"chained", report.chained()}});
    return true;
}

asio::awaitable<void> report_damage(Journal& current, std::vector<fs::path> earlier,
                                    const sync::Enrolment& enrolment) {
    for (const auto& file : earlier) {
        const auto done = co_await report_one(current, file, enrolment);
        if (!done)
            log(LogLevel::warning, "journal", "an earlier journal's damage was not reported",
                {{"file", file.string()}, {"error", done.error().detail}});
    }
}

}  // namespace till
