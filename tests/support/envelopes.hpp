#pragma once

#include "sync/ledger/store.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/note.hpp"

#include <random>

namespace till::sync {

/// Randomness that a seed replays.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_{seed} {}
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(engine_());
    }
    std::size_t below(std::size_t bound) { return engine_() % bound; }
    std::mt19937_64& engine() { return engine_; }

private:
    std::mt19937_64 engine_;
};

/// A journal as its device would hold it: envelopes in order, with their chain.
class FakeJournal {
public:
    explicit FakeJournal(Random& random)
        : journal{random.uuid()}, device{random.uuid()}, boot_{random.uuid()} {}

    Envelope& add(std::uint32_t kind, Bytes body, Bytes sealed = {}) {
        Envelope envelope;
        envelope.seq = Seq{envelopes.size() + 1};
        envelope.kind = Kind{kind};
        envelope.times = {
            WallTime{1'700'000'000'000 + static_cast<std::int64_t>(envelopes.size()) * 1000},
            BootTime{envelopes.size() * 1000}, boot_};
        envelope.body = std::move(body);
        envelope.sealed = std::move(sealed);
        hashes.push_back(chain_hash(mark().hash, journal, envelope));
        envelopes.push_back(std::move(envelope));
        return envelopes.back();
    }

    Mark mark_at(std::size_t seq) const {
        return {Seq{seq}, seq == 0 ? genesis(journal) : hashes[seq - 1]};
    }
    Mark mark() const { return mark_at(hashes.size()); }

    /// The run after `from` up to `upto`, as a session would hand it over.
    Append append(std::size_t from, std::size_t upto) const {
        Append run;
        run.journal = journal;
        run.expected = mark_at(from);
        run.result = mark_at(upto);
        const auto at = [&](std::size_t seq) { return static_cast<std::ptrdiff_t>(seq); };
        run.envelopes.assign(envelopes.begin() + at(from), envelopes.begin() + at(upto));
        run.hashes.assign(hashes.begin() + at(from), hashes.begin() + at(upto));
        run.received_ms = 1'700'000'100'000;
        return run;
    }
    Append all() const { return append(0, envelopes.size()); }

    /// What the centre signs for the events up to `seq`.
    KeptNote checkpoint(std::size_t seq, const NoteSigner& signer) const {
        Note note{.store_epoch = Bytes(16, 'e'),
                  .journal = journal,
                  .first = Seq{1},
                  .last = Seq{seq},
                  .hash = mark_at(seq).hash,
                  .time = WallTime{1'700'000'200'000}};
        return {signer.sign(std::move(note)), signer.key()};
    }

    JournalRow hello() const {
        JournalRow row;
        row.journal = journal;
        row.device = device;
        row.store = "12";
        row.workstation = "12/3";
        row.generation = 1;
        row.last_seen_ms = 1'700'000'000'000;
        return row;
    }

    /// The envelopes as a store would give them back.
    std::vector<StoredEnvelope> stored() const {
        std::vector<StoredEnvelope> all;
        for (std::size_t i = 0; i < envelopes.size(); ++i)
            all.push_back(
                {.envelope = envelopes[i], .hash = hashes[i], .received_ms = 1'700'000'100'000});
        return all;
    }

    JournalId journal;
    DeviceId device;
    std::vector<Envelope> envelopes;
    std::vector<Digest> hashes;

private:
    BootId boot_;
};

}  // namespace till::sync
