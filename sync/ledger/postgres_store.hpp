#pragma once

#include "agent/core/clock.hpp"
#include "sync/ledger/store.hpp"
#include "sync/postgres/postgres.hpp"

#include <memory>

namespace till::sync {

/// The Store in a PostgreSQL database, shared by any number of gateways. Its schema is
/// sync/ledger/postgres; envelopes are partitioned by hash of their journal.
///
/// A commit locks the rows of its journals in one order for all, compares and sets their marks, and
/// returns when the server has it on disk. When the connection is lost while a commit is under way,
/// a new one is asked for the rows' locks, which the old one holds until its fate is decided: what
/// is then read is certain. A server that is away answers io, and is tried again by the next call.
class PostgresStore final : public Store {
public:
    enum class Access { writing, reading };
    struct Options {
        PostgresAddress address;
        Access access = Access::writing;
        bool alone = false;  ///< Fails with busy while another store, anywhere, is open alone.
    };

    /// Opens the store; a writing one makes it (with an epoch from `random`) or migrates it.
    static Result<std::unique_ptr<PostgresStore>> open(Options options, Random& random);
    ~PostgresStore() override;

    Bytes epoch() const override;
    Result<Bytes> renew_epoch() override;
    Result<JournalRow> bind(const JournalRow& first_hello) override;
    Result<std::optional<JournalRow>> find(const JournalId& journal) override;
    Result<std::vector<JournalRow>> journals() override;
    Result<std::vector<Appended>> commit(std::span<const Append> appends) override;
    Result<std::uint32_t> keep_branch(const JournalId& journal, const Mark& fork_point,
                                      std::span<const Envelope> envelopes,
                                      std::int64_t received_ms) override;
    Result<std::vector<Branch>> branches(const JournalId& journal) override;
    Result<std::vector<StoredEnvelope>> read(const JournalId& journal, Seq from,
                                             std::size_t bytes_max,
                                             std::size_t records_max) override;
    Result<Digest> hash_at(const JournalId& journal, Seq seq) override;
    Result<void> let_go(const KeptNote& checkpoint) override;
    Result<void> erase_sealed(const JournalId& journal, std::span<const Seq> events) override;
    Result<std::optional<KeptNote>> checkpoint(const JournalId& journal) override;
    Result<void> tidy() override { return {}; }  // The server does so by itself.

private:
    struct Impl;
    explicit PostgresStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
