#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/crypto/sealing.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/wire/events.pb.h"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace till::sync {

namespace v1 = tillstream::v1;

/// What the centre has to say itself, kept like what a device says: in a journal of its own, chained, in the
/// ledger that all gateways share, and projected like any other. Callable from any loop; gateways that write at
/// the same time take turns.
class CentreJournal {
public:
    CentreJournal(Ledger& ledger, SealingKey sealing, Clock& clock)
        : ledger_{ledger}, sealing_{std::move(sealing)}, clock_{clock} {}

    /// One fact of kind is_centre_fact(). `person` is sealed, where it says anything.
    struct Entry {
        v1::Event event;
        v1::Personal person;
        std::int64_t at_ms = 0;  ///< When it happened, by the centre's clock.
    };
    /// All or nothing; durable when it returns the last one's place. These facts say what is, not what happened:
    /// once more is harmless. Fails as the ledger does.
    asio::awaitable<Result<Seq>> append(std::vector<Entry> entries);
    asio::awaitable<Result<Seq>> append(Entry entry);

private:
    Result<Envelope> envelope(Entry entry, Seq seq) const;
    asio::awaitable<Result<Mark>> mark(const JournalId& journal);

    Ledger& ledger_;
    SealingKey sealing_;
    Clock& clock_;
};

}  // namespace till::sync
