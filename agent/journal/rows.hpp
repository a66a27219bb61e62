#pragma once

#include "agent/journal/journal_reader.hpp"
#include "agent/store/database.hpp"

namespace till::detail {

/// The SELECTs that the writing and the reading side share.
class JournalRows {
public:
    static Result<JournalRows> prepare(Database& database);
    /// identity() and head() only, of any schema.
    static Result<JournalRows> prepare_singles(Database& database);

    Result<JournalIdentity> identity();
    struct HeadRow {
        Head head;
        std::uint64_t transactions = 0;
        std::uint64_t receipts = 0;
    };
    Result<HeadRow> head();
    struct Derived {
        Seq keys{0};  ///< The key index holds the keys of events up to here.
        Seq days{0};  ///< The day tables add up events up to here.
    };
    Result<Derived> derived();
    /// The chain's hash after that event, or at the checkpoint.
    Result<std::optional<Digest>> hash_at(Seq seq);
    /// What was let go of, up to where (Pruning); 0 and genesis when nothing was.
    Result<Head> checkpoint(const JournalId& journal);
    /// What is left of an event that was let go of: kind and answer.
    Result<std::optional<sync::Envelope>> remnant_at(Seq seq);
    /// What the capture of that event asked for and was given.
    struct Given {
        Bytes request;
        Stored stored;  ///< Marked as a replay.
    };
    Result<std::optional<Given>> given_at(Seq seq, const JournalIdentity& identity);

    /// Events after `from` up to `upto`, oldest first, while `visit` says so.
    using Visit = JournalReader::Visit;
    Result<void> each(Seq from, Seq upto, std::size_t records_max, const Visit& visit);
    Result<std::vector<sync::Envelope>> read(Seq from, std::size_t bytes_max,
                                             std::size_t records_max);
    /// The same, link by link: stops before an event that does not follow from the one before it, and
    /// fails with corrupt when that is the first.
    Result<std::vector<sync::Envelope>> read_chained(const JournalId& journal, Seq from,
                                                     std::size_t bytes_max,
                                                     std::size_t records_max);

    /// A serialised JournalDamaged when this journal was made anew from a damaged one.
    Result<std::optional<Bytes>> salvage();
    /// The events that its chain does not reach, after `from` while `visit` says so.
    using VisitLoose = JournalReader::VisitLoose;
    Result<void> each_loose(Seq from, const VisitLoose& visit);

    Result<std::vector<sync::KeptNote>> notes(const JournalId& journal);  ///< Oldest first.

    Result<std::vector<std::string>> business_days();
    /// What is stored of one day.
    Result<DayFigures> stored_day(const DayKey& key);
    Result<std::vector<DayKey>> stored_keys(std::string_view business_day);

private:
    Statement identity_, head_, derived_, hash_, checkpoint_, given_, remnant_, events_, salvage_;
    Statement loose_, notes_;
    Statement days_, day_, figures_, keys_;
};

/// corrupt, saying what contradicts what, unless `head` is the last event and its hash the true one.
/// Only a journal with holes, made anew from a damaged one, may lack the event before.
Result<void> check_head(JournalRows& rows, const JournalId& journal, const Head& head, bool holes);

/// "12-3-1-000042": workstation, generation, counter of at least six digits.
std::string receipt_number(const JournalIdentity& identity, std::uint64_t counter);

/// Adds one envelope to day totals; a body that is no Event is not ours and is passed over.
void add_to(DayTotals& totals, const sync::Envelope& envelope, const Digest& hash);

}  // namespace till::detail
