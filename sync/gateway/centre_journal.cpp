#include "sync/gateway/centre_journal.hpp"

#include "sync/wire/centre.hpp"
#include "sync/wire/chain.hpp"

namespace till::sync {

namespace {

constexpr int tries = 20;  // Each time another gateway was faster.

}  // namespace

Result<Envelope> CentreJournal::envelope(Entry entry, Seq seq) const {
    Envelope made{.seq = seq};
    made.times = clock_.now();
    made.times.wall = WallTime{entry.at_ms};
    if (entry.person.ByteSizeLong() > 0) {
        TILL_TRY(made.sealed, seal(sealing_, entry.person.SerializeAsString()));
        entry.event.mutable_sealed()->set_key_id(sealing_.id);
    }
    made.kind = Kind{static_cast<std::uint32_t>(entry.event.fact_case())};
    made.body = entry.event.SerializeAsString();
    return made;
}

asio::awaitable<Result<Mark>> CentreJournal::mark(const JournalId& journal) {
    TILL_CO_TRY(const auto found, co_await ledger_.find(journal));
    if (found) co_return found->mark;
    JournalRow hello{.journal = journal, .device = centre_device()};
    hello.generation = 1;
    hello.workstation = "centre";
    hello.last_seen_ms = clock_.now().wall.value();
    TILL_CO_TRY(const auto bound, co_await ledger_.bind(std::move(hello)));
    co_return bound.mark;
}

asio::awaitable<Result<Seq>> CentreJournal::append(std::vector<Entry> entries) {
    const JournalId journal = centre_journal(ledger_.epoch());
    for (int i = 0; i < tries; ++i) {
        TILL_CO_TRY(const Mark before, co_await mark(journal));
        Append append{.journal = journal, .expected = before, .result = before};
        append.received_ms = clock_.now().wall.value();
        for (const Entry& entry : entries) {
            append.result.seq = next(append.result.seq);
            TILL_CO_TRY(const auto& made, envelope(entry, append.result.seq));
            append.envelopes.push_back(made);
            append.result.hash = chain_hash(append.result.hash, journal, append.envelopes.back());
        }
        TILL_CO_TRY(const auto appended, co_await ledger_.commit(std::move(append)));
        if (appended.won) co_return appended.mark.seq;
    }
    co_return Error{Errc::busy, "the centre's own journal is written to by others all the time"};
}

asio::awaitable<Result<Seq>> CentreJournal::append(Entry entry) {
    std::vector<Entry> one;
    one.push_back(std::move(entry));
    return append(std::move(one));
}

}  // namespace till::sync
