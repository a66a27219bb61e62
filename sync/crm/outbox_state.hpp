#pragma once

#include "agent/store/database.hpp"
#include "sync/crm/agreement.hpp"
#include "sync/ledger/store.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace till::sync {

/// What an outbox remembers: one database for all connectors of a gateway. Each function is one durable
/// step. May be called from any thread.
class OutboxState {
public:
    static Result<std::unique_ptr<OutboxState>> open(const std::filesystem::path& file);

    struct Cursor {
        Seq seq{0};      ///< Everything up to here is settled, refused or late.
        Seq sending{0};  ///< What was being sent when the process ended; 0: nothing.
    };
    Result<Cursor> cursor(const std::string& connector, const JournalId& journal);
    /// Of every journal that has one.
    Result<std::map<JournalId, Cursor>> cursors(const std::string& connector);
    Result<void> begin_sending(const std::string& connector, const JournalId& journal, Seq upto);

    struct Refusal {
        JournalId journal{Uuid{}};
        Seq seq{0};
        std::string field, cause;
        std::int64_t at_ms = 0;
    };
    /// Moves the cursor to `upto`, with what was passed over on the way. `sending`: what lies behind it may have
    /// been sent up to there; 0: nothing was.
    Result<void> advance(const std::string& connector, const JournalId& journal, Seq upto,
                         Seq sending, const std::vector<Seq>& late,
                         const std::vector<Refusal>& refused);

    struct Place {
        JournalId journal{Uuid{}};
        Seq seq{0};
    };
    /// In the order of their places, from behind `after` on.
    Result<std::vector<Place>> late(const std::string& connector, const Place& after,
                                    std::size_t most);
    Result<void> settle_late(const std::string& connector, const JournalId& journal, Seq seq,
                             const Refusal* refused);

    Result<std::vector<Refusal>> refused(const std::string& connector, std::size_t most);
    Result<std::uint64_t> refused_count(const std::string& connector);
    /// Whether an event behind the cursor is late or refused.
    Result<bool> is_open(const std::string& connector, const JournalId& journal, Seq seq);
    /// Refused events, or this one of them, are late again: sent once more in their turn. How many.
    Result<std::uint64_t> retry(const std::string& connector,
                                const std::optional<Place>& only = std::nullopt);
    /// This refused event is never sent again.
    Result<void> give_up(const std::string& connector, const Place& refused);
    /// Another number when what is refused has changed; of this process.
    std::uint64_t refusals_changed() const { return refusals_changed_; }

    /// Hers; until there is one, that of the records under which the CRM told of her. Empty when there is none.
    Result<Agreement> agreement(const std::string& connector, const CustomerId& customer,
                                const std::vector<std::string>& records = {});
    using Agreements = std::vector<std::pair<CustomerId, Agreement>>;
    Result<void> agree(const std::string& connector, const Agreements& all);
    Result<void> agree(const std::string& connector, const std::string& record,
                       const Agreement& on);
    /// Of those who were erased.
    Result<void> forget(std::span<const CustomerId> customers,
                        std::span<const std::string> records);
    Result<std::string> since(const std::string& connector);
    Result<void> read_up_to(const std::string& connector, const std::string& since);

private:
    explicit OutboxState(Database database) : database_{std::move(database)} {}
    Result<void> commit(Transaction transaction);
    Result<void> put_refusal(const std::string& connector, const Refusal& refusal);

    std::mutex mutex_;
    Database database_;
    std::atomic<std::uint64_t> refusals_changed_{1};
};

}  // namespace till::sync
