#include "sync/ledger/run.hpp"

#include "sync/wire/chain.hpp"

namespace till::sync::detail {

bool is_run(std::span<const Envelope> envelopes, Seq after) {
    Seq expected = after;
    for (const Envelope& envelope : envelopes)
        if (envelope.seq != (expected = next(expected))) return false;
    return !envelopes.empty() && expected.value() >> seq_bits == 0;
}

std::vector<Digest> chain_of(const JournalId& journal, Digest previous,
                             std::span<const Envelope> envelopes) {
    std::vector<Digest> hashes;
    hashes.reserve(envelopes.size());
    for (const Envelope& envelope : envelopes)
        hashes.push_back(previous = chain_hash(previous, journal, envelope));
    return hashes;
}

bool leads(const Append& append, const std::vector<Digest>& hashes) {
    return is_run(append.envelopes, append.expected.seq) && hashes.size() == append.envelopes.size()
           && append.envelopes.back().seq == append.result.seq
           && hashes.back() == append.result.hash;
}

}  // namespace till::sync::detail
