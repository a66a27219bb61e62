#pragma once

#include "agent/core/clock.hpp"
#include "sync/ledger/store.hpp"
#include "sync/postgres/postgres.hpp"

#include <map>

// The SQL of PostgresStore. Every function is one try: it may lose its connection, and a
// transaction that it leaves open is the caller's to end.
namespace till::sync::detail {

Result<Bytes> load_epoch(Postgres& db, bool make, Random& random);
Result<Bytes> renew_epoch(Postgres& db, Random& random);

Result<std::optional<JournalRow>> find_journal(Postgres& db, const JournalId& journal);
Result<JournalRow> known_journal(Postgres& db, const JournalId& journal);  ///< Or not_found.
Result<std::vector<JournalRow>> list_journals(Postgres& db);
Result<JournalRow> bind_journal(Postgres& db, const JournalRow& hello);

/// The marks of the journals that `appends` name, their rows locked to the end of the transaction.
using Marks = std::map<JournalId, Mark>;
Result<Marks> lock_marks(Postgres& db, std::span<const Append> appends);
/// Stores what wins against `marks`, within a transaction that locked them.
Result<std::vector<Appended>> store_appends(Postgres& db, std::span<const Append> appends,
                                            Marks marks);
/// Which of `appends` are stored, by the hashes at their ends.
Result<std::vector<Appended>> look_up(Postgres& db, std::span<const Append> appends,
                                      const Marks& marks);

/// Within a transaction.
Result<std::uint32_t> store_branch(Postgres& db, const JournalId& journal, const Mark& fork_point,
                                   std::span<const Envelope> envelopes, std::int64_t received_ms);
Result<std::vector<Store::Branch>> list_branches(Postgres& db, const JournalId& journal);

Result<std::vector<StoredEnvelope>> read_envelopes(Postgres& db, const JournalId& journal, Seq from,
                                                   std::size_t bytes_max, std::size_t records_max);
Result<Digest> hash_at(Postgres& db, const JournalId& journal, Seq seq);

Result<std::optional<KeptNote>> find_checkpoint(Postgres& db, const JournalId& journal);
/// Within a transaction; where the journal then begins.
Result<Mark> let_go(Postgres& db, const KeptNote& checkpoint);

/// Within a transaction; how many events were named.
Result<std::size_t> erase_sealed(Postgres& db, const JournalId& journal,
                                 std::span<const Seq> events);

}  // namespace till::sync::detail
