#pragma once

#include "agent/core/result.hpp"
#include "agent/journal/record.hpp"
#include "sync/wire/note.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace till {

/// The device's memory of every sale: an append-only, gap-free, hash-chained sequence in one SQLite
/// database (WAL, synchronous=FULL). This is the synchronous core: a batch in, a commit out. It
/// starts no thread and reads time only through the clock it was given, so the simulator
/// and the crash tests run the code that ships.
///
/// Thread: one at a time. It is the only connection that writes or checkpoints this database;
/// everyone else opens JournalReader (SQLite 3.40.1 has the WAL-reset bug).
class JournalCore {
public:
    struct Options {
        std::filesystem::path file;
        std::string vfs;  ///< Name of a registered SQLite VFS; empty means the default.
        std::uint64_t reserve_bytes = 0;  ///< Kept free for closing the day (0: no check).
        /// Remembers beside the file how far it went (Witness), and fails to open further back.
        bool witness = false;
        /// Journals this device wrote before, oldest first: a key is looked for there, too.
        std::vector<std::filesystem::path> earlier{};
        /// How finely it is remembered since when the centre holds what (Retention).
        std::chrono::milliseconds milestones = std::chrono::hours{1};
    };

    /// Makes a new journal. Fails with conflict when the file exists.
    static Result<JournalCore> create(const Options& options, const JournalIdentity& identity,
                                      Clock& clock);
    /// Opens an existing one in time that does not depend on its length. Fails with not_found,
    /// corrupt (with what contradicts what), unsupported (made by a newer version) or io.
    static Result<JournalCore> open(const Options& options, Clock& clock);

    /// Stores all drafts in one transaction and one fsync, in order. One result for each; one that
    /// fails does not hurt the others:
    /// - Stored, durable now; or replayed, when (caller, key) is known with the same request hash,
    ///   here or in an earlier journal (one that cannot be read is passed over: a till sells on);
    /// - conflict, when (caller, key) is known with another hash: nothing is stored for this draft;
    /// - out_of_range, when the record is larger than limits::record_bytes_max or the key is empty;
    /// - disk_full, when less than reserve_bytes are free; control transactions may use the reserve.
    /// Two drafts of one batch with the same key are treated like two batches.
    /// The outer error is io/disk_full: *no* draft is known to be stored and the outcome is unknown;
    /// the core must be dropped and opened again, and keys looked up, before anything is answered.
    Result<std::vector<Result<Stored>>> append(std::span<const Draft> drafts);

    /// What (caller, key) stored here or earlier, if anything: how an unknown outcome becomes known.
    Result<std::optional<Stored>> find(std::string_view caller, std::string_view key);
    /// The event of an answer that this core gave, an earlier journal's included. Of one that was let
    /// go of, kind and body are left, and of the body what an answer needs. Fails with not_found when it
    /// is not there any more.
    Result<sync::Envelope> event(const Stored& stored);

    Head head() const;
    const JournalIdentity& identity() const;
    /// The owner's snapshot as of head() (Draft::state_after); empty before the first.
    const Bytes& state() const;

    /// Envelopes after `from` and after the checkpoint, oldest first, stopping before `bytes_max` is
    /// exceeded (at least one when there is one) and after `records_max`.
    Result<std::vector<sync::Envelope>> read(Seq from, std::size_t bytes_max,
                                             std::size_t records_max);
    /// The stored chain hash at `seq` (genesis at 0). Fails with not_found beyond the head and before
    /// the checkpoint.
    Result<Digest> hash_at(Seq seq);

    /// The outbox cursor: everything up to here is committed at the centre, whose store has this
    /// epoch. May go back (the centre was restored). Costs one commit; not synced on its own.
    struct Acknowledged {
        Seq seq{0};
        Bytes store_epoch;
    };
    Acknowledged acknowledged() const;
    Result<void> acknowledge(const Acknowledged& acknowledged);

    /// The newest note of each of the centre's stores, oldest first.
    const std::vector<sync::KeptNote>& notes() const;
    /// Keeps a note whose signature the caller has verified, in place of an older one by the same
    /// store. Fails with not_trusted when it is of another journal or its hash is not this chain's.
    /// Not synced on its own: a note lost in a power cut comes again.
    Result<void> keep_note(const sync::KeptNote& kept);

    /// What need not stay on the device.
    struct Retention {
        /// Confirmed by the centre's signed notes so long ago, by the centre's clock and by the device's.
        std::chrono::milliseconds age{0};
        Seq upto{0};  ///< And not beyond this event.
    };
    /// From now on idle time is used to let go of the beginning of this journal, never of its last
    /// event. Keys and numbers stay for ever: who asks again gets the first answer. No I/O here.
    void let_go(const Retention& what);
    /// Up to here events were let go of; what is left follows from its hash, and each note of the
    /// centre's that goes as far proves it. 0 and genesis when nothing was.
    Head kept_from() const;

    /// As erasing.hpp has it.
    Result<void> erase_sealed(std::span<const Seq> events);

    /// After a commit whose outcome is unknown, the journal opened anew shows what the kernel has in
    /// memory, and a failed fsync may have dropped it from the way to the disk. This copies the WAL
    /// into the database and syncs that: what can be read afterwards is durable. busy when a
    /// reader holds it up.
    Result<void> secure();

    /// Work that can wait until the till is idle: indexes recent keys, adds recent events to the day
    /// totals, lets go of some events, copies the WAL back into the database. Takes tens of
    /// milliseconds. append() does the first by itself when the keys of journal_recent_max events have
    /// piled up.
    Result<void> maintain();
    /// Of that, copying the WAL back only.
    Result<void> checkpoint();
    enum class Maintenance : std::uint8_t {
        none,        ///< Nothing that is worth a wake-up.
        when_idle,   ///< maintain() when no capture waits.
        checkpoint,  ///< checkpoint() even between two busy commits: the WAL has grown long.
    };
    Maintenance maintenance() const;  ///< No I/O.

    JournalCore(JournalCore&&) noexcept;
    JournalCore& operator=(JournalCore&&) noexcept;
    ~JournalCore();

private:
    struct Impl;
    explicit JournalCore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till
