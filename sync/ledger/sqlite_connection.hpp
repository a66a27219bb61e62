#pragma once

#include "agent/core/clock.hpp"
#include "agent/store/database.hpp"
#include "sync/ledger/sqlite_store.hpp"

namespace till::sync::detail {

/// The SQL of SqliteStore over one connection. Dropped and made anew after an error whose outcome
/// is not known.
struct SqliteConnection {
    static Result<SqliteConnection> open(const SqliteStore::Options& options, Random& random);

    struct Numbered {
        std::int64_t number = 0;
        JournalRow row;
    };
    Result<std::optional<Numbered>> find(const JournalId& journal);
    Result<Numbered> known(const JournalId& journal);  ///< Fails with not_found.
    Result<std::vector<JournalRow>> journals();
    Result<JournalRow> bind(const JournalRow& first_hello);
    Result<std::vector<Appended>> commit(std::span<const Append> appends);
    Result<std::uint32_t> keep_branch(const JournalId& journal, const Mark& fork_point,
                                      std::span<const Envelope> envelopes,
                                      std::int64_t received_ms);
    Result<std::vector<Store::Branch>> branches(const JournalId& journal);
    Result<std::vector<StoredEnvelope>> read(const JournalId& journal, Seq from,
                                             std::size_t bytes_max, std::size_t records_max);
    Result<Digest> hash_at(const JournalId& journal, Seq seq);
    Result<void> let_go(const KeptNote& checkpoint);
    Result<void> erase_sealed(const JournalId& journal, std::span<const Seq> events);
    Result<std::optional<KeptNote>> checkpoint(const JournalId& journal);
    Result<Bytes> load_epoch(bool make, Random& random);
    Result<Bytes> renew_epoch(Random& random);

    Database db;
    Bytes epoch{};

private:
    explicit SqliteConnection(Database database) : db{std::move(database)} {}
    Result<void> prepare_reads();
    Result<void> prepare_writes();
    Result<Appended> store(const Append& append);
    Result<std::optional<std::int64_t>> same_branch(std::int64_t journal, const Mark& fork_point,
                                                    std::span<const Digest> hashes);

    Statement find_, journals_, read_, hash_at_, branches_, checkpoint_;
    Statement bind_, seen_, mark_, insert_, forget_, set_checkpoint_;
    Statement same_branch_, next_branch_, add_branch_, extend_branch_, add_branch_envelope_;
};

}  // namespace till::sync::detail
