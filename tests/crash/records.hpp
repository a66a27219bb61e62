#pragma once

#include "agent/journal/record.hpp"
#include "sync/ledger/store.hpp"
#include "tests/crash/target.hpp"
#include "tests/support/envelopes.hpp"

#include <deque>

namespace till::crash {

/// Any record: a sale of one line to some hundred, so that commits are of all sizes.
Draft draft_of(Number record);
/// The number of a record that came back; fails with corrupt when it is not as it was made.
Result<Number> record_of(const sync::Envelope& envelope);
/// What it took.
std::int64_t gross_of(const sync::Envelope& envelope);

/// The journals of the devices that send to the centre: record n is event n / size + 1 of journal
/// n % size.
class Fleet {
public:
    static constexpr std::size_t size = 5;
    Fleet();
    /// What the devices of these records would send from their marks on, each journal in one run.
    struct Sent {
        std::size_t journal = 0;
        std::uint64_t upto = 0;
    };
    std::vector<Sent> sent(Number first, std::size_t count);
    static std::size_t journal_of(Number record) { return record % size; }
    static std::uint64_t seq_of(Number record) { return record / size + 1; }
    const sync::FakeJournal& journal(std::size_t which) const { return journals_[which]; }
    std::string where(Number record) const;
    static std::string where(const JournalId& journal, Seq seq, const Digest& hash);

private:
    std::deque<sync::FakeJournal> journals_;
};

/// Reads all journals of a store; fails with corrupt when a chain does not hold.
Result<std::vector<Held>> held_by(sync::Store& store);

}  // namespace till::crash
