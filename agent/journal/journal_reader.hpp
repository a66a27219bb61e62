#pragma once

#include "agent/core/result.hpp"
#include "agent/journal/day_totals.hpp"
#include "agent/journal/record.hpp"
#include "sync/wire/note.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace till {

/// What walking a whole chain found.
struct Verification {
    struct Problem {
        Seq seq{0};        ///< Where it shows.
        std::string what;  ///< In plain words.
    };
    Head head;                      ///< As the head row says.
    Head kept_from;                 ///< What is before was let go of; 0: nothing.
    std::uint64_t events = 0;       ///< Read.
    std::vector<Problem> problems;  ///< In order, the first 100; empty when all is well.
    /// "1 to 48213, no holes, one chain, head 5f3a…", or the first problem and how many there are.
    std::string summary() const;
};

/// A journal seen from outside, while its agent runs or not: read-only, and it never checkpoints.
/// Each call sees what was committed when it began. Thread: one at a time.
class JournalReader {
public:
    /// Fails with not_found, corrupt, or unsupported (a newer or older schema).
    static Result<JournalReader> open(const std::filesystem::path& file, std::string vfs = {});

    Result<JournalIdentity> identity();
    Result<Head> head();
    /// As JournalCore::read.
    Result<std::vector<sync::Envelope>> read(Seq from, std::size_t bytes_max,
                                             std::size_t records_max);

    /// Hands over events after `from` with their stored chain hash, oldest first, until `visit`
    /// returns false or the head is reached. Constant memory; holds no snapshot for long.
    using Visit = std::function<bool(const sync::Envelope&, const Digest& hash)>;
    Result<void> scan(Seq from, const Visit& visit);

    /// When this journal was made anew from a damaged one: a serialised JournalDamaged (events.proto).
    Result<std::optional<Bytes>> salvage();
    /// The events of such a journal that its chain does not reach, oldest first: with their stored
    /// hash, and whether the link to the one before holds. Stops at the first error, and returns it.
    using VisitLoose =
        std::function<Result<void>(const sync::Envelope&, const Digest& hash, bool proved)>;
    Result<void> scan_loose(Seq from, const VisitLoose& visit);

    /// The newest note of each of the centre's stores, oldest first; nothing of them is verified.
    Result<std::vector<sync::KeptNote>> notes();

    /// Whether the whole file is as SQLite wrote it (PRAGMA quick_check); corrupt says what is not.
    /// Reads every page.
    Result<void> check_pages();

    /// The stored chain hash at `seq`, or at the checkpoint; nothing when it is not there.
    Result<std::optional<Digest>> hash_at(Seq seq);
    /// As JournalCore::kept_from.
    Result<Head> kept_from();

    /// Recomputes every link and compares it with what is stored: holes, changed bytes, a head that
    /// disagrees, events beyond it; where the beginning was let go of, that the chain leads to what a note
    /// of the centre's says (the note's signature is not looked at).
    /// `progress` is told about every 4096 events how far it is.
    using Progress = std::function<void(Seq done, Seq head)>;
    Result<Verification> verify(const Progress& progress = {});

    /// The business days that have events, in order.
    Result<std::vector<std::string>> business_days();
    /// One day's figures, for each workstation, as of the head. Cost: the events that came since the
    /// agent last was idle, not the length of the journal.
    Result<std::map<DayKey, DayFigures>> day_totals(std::string_view business_day);

    JournalReader(JournalReader&&) noexcept;
    JournalReader& operator=(JournalReader&&) noexcept;
    ~JournalReader();

private:
    struct Impl;
    explicit JournalReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till
