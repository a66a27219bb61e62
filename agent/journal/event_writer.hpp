#pragma once

#include "agent/journal/key_index.hpp"
#include "agent/journal/rows.hpp"

namespace till::detail {

/// More than the numbers appended to a body can ever take.
inline constexpr std::size_t numbers_bytes_max = 256;

/// The statements of the writing side. The caller owns the transaction.
class EventWriter {
public:
    static Result<EventWriter> prepare(Database& database);

    struct Numbers {
        std::uint64_t transaction = 0;  ///< 0: none.
        std::uint64_t receipt = 0;
    };
    /// Stores `draft` after `previous` and returns its chain hash.
    Result<Digest> insert(const Draft& draft, const KeyHash& key, const JournalId& journal,
                          const Head& previous, const Times& times, const Numbers& numbers,
                          const std::string& receipt_number);
    Result<void> update_head(const JournalRows::HeadRow& head);
    Result<void> update_state(const Bytes& state);
    Result<void> update_derived(const JournalRows::Derived& derived);
    Result<void> update_acknowledged(Seq seq, const Bytes& store_epoch);
    Result<void> replace_note(const sync::KeptNote& kept);

private:
    Statement insert_, head_, state_, derived_, acknowledged_, note_;
    sync::Envelope envelope_;  // Its buffers are used again and again.
};

/// The rows of an empty journal that say who it is. The caller owns the transaction.
Result<void> write_identity(Database& database, const JournalIdentity& identity);

/// Adds `recent` to the stored days. The caller owns the transaction.
Result<void> write_days(Database& database, JournalRows& rows, DayTotals recent);

}  // namespace till::detail
