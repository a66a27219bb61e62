#pragma once

#include "sync/ledger/store.hpp"
#include "sync/projection/rules.hpp"
#include "sync/vault/vault.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace till::sync {

/// A device's word on one of its days: a DayFigures of frames.proto, verbatim, and its signature.
struct DeviceFigures {
    Bytes figures;
    Bytes signature;
    bool verified = false;  ///< The caller checked the signature against the device's certificate.
    std::int64_t received_ms = 0;
};

/// Turns envelopes into tables (0001-projection.sql), after they were acknowledged.
///
/// Each batch is one transaction together with its journal's cursor, so that every event counts
/// exactly once, whenever this is killed and however often an envelope comes again. What does not
/// project becomes an exception and the rest goes on. Names and identifiers go to the vault, which
/// is committed first and may safely see a batch twice.
///
/// Thread: one at a time; the only writer of its file. Reading is Queries' (another connection).
class Projector {
public:
    static Result<std::unique_ptr<Projector>> open(const std::filesystem::path& file, Vault& vault,
                                                   const std::string& vfs = {});
    ~Projector();

    /// Everything of this journal up to here is projected; 0 when nothing is.
    Result<Seq> cursor(const JournalId& journal);
    /// No envelope up to here is needed any more: all are projected, none is parked or held.
    Result<Seq> settled(const JournalId& journal);

    /// Projects a run of one journal; what is at or below the cursor is passed over. Fails with
    /// out_of_range when the run begins beyond the cursor's next, with io or disk_full when nothing
    /// was done and it may be tried again.
    Result<void> apply(const JournalId& journal, std::span<const StoredEnvelope> run);

    /// One batch of each journal whose mark is beyond its cursor; the number of events applied.
    /// Called until it says 0. A journal that fails is an error only after the others had their turn;
    /// one of which the ledger has let go beyond its cursor fails with corrupt.
    /// Checkpoints by itself, when there is nothing left to do or a backlog is long.
    Result<std::size_t> catch_up(Store& store);

    /// After an upgrade: projects parked events whose kind is known by now; how many.
    Result<std::size_t> reproject_parked(Store& store);
    /// Empties every table that the ledger can fill again. What a person did to exceptions, and the
    /// devices' figures, stay. Fails with unsupported when the ledger has let go of events: then only a
    /// backup has what these tables hold.
    Result<void> rebuild(Store& store);

    /// Who closes an exception, and why.
    struct Fix {
        std::string by;
        std::string note;
        std::int64_t at_ms = 0;
    };
    /// Closes an exception as it stands. not_found, or conflict when it is closed already.
    Result<void> close(std::int64_t exception, const Fix& fix);
    /// Projects `body` (a serialised Event) in place of a held event's own, which the ledger keeps.
    /// Fails with the field and cause when that would be held as well; then nothing changes.
    /// Of an event that counts and that a CRM refused, only that CRM gets `body`; it may not come to
    /// another amount.
    Result<void> correct(std::int64_t exception, BytesView body, const Fix& fix, Store& store);

    /// What a CRM will not have, and why.
    struct Refused {
        JournalId journal{Uuid{}};
        Seq seq{0};
        std::string field, cause;
    };
    /// Makes the open exceptions of this CRM these and no others.
    Result<void> note_refused(const std::string& crm, std::span<const Refused> all,
                              std::int64_t now_ms);

    /// A customer of whom something changed, and which change that was.
    struct CustomerNews {
        CustomerId customer{Uuid{}};
        std::int64_t change = 0;
        std::int64_t until_ms =
            0;  ///< Set by who tells: every store knows her so long. 0: not every store.
    };
    /// Of whom the tills were not told yet, or are to be told otherwise as of now; at most `most`.
    Result<std::vector<CustomerNews>> customer_news(std::size_t most, std::int64_t now_ms);
    /// They were, of these changes.
    Result<void> told(std::span<const CustomerNews> news);
    /// Events whose sealed part is to be deleted from the ledger, by journal; at most `most`.
    Result<std::map<JournalId, std::vector<Seq>>> sealed_to_erase(std::size_t most);
    /// They are gone from there.
    Result<void> erased(const JournalId& journal, std::span<const Seq> events);

    /// Keeps a day's figures. malformed when they are no DayFigures.
    Result<void> keep_figures(const DeviceFigures& figures);

    Result<void> checkpoint();  ///< Of projection and vault; for those who call apply().

private:
    struct Impl;
    explicit Projector(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync
