#pragma once

#include "agent/core/clock.hpp"
#include "sync/ledger/store.hpp"

#include <filesystem>
#include <memory>

namespace till::sync {

/// The Store in one SQLite database (WAL, synchronous=FULL): the embedded default, for one gateway
/// process. Its schema is sync/ledger/migrations; a row is keyed by journal number and seq in one
/// integer, so that a journal's run is one walk down the tree.
class SqliteStore final : public Store {
public:
    enum class Access { writing, reading };
    struct Options {
        std::filesystem::path file;
        Access access = Access::writing;  ///< One writing store per file in production.
        std::string vfs = {};             ///< Name of a registered SQLite VFS; empty: the default.
    };

    /// Opens the store; the writing one makes it (with an epoch from `random`) or migrates it.
    static Result<std::unique_ptr<SqliteStore>> open(Options options, Random& random);
    ~SqliteStore() override;

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
    Result<void> tidy() override;

private:
    struct Impl;
    explicit SqliteStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
