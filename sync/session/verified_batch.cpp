#include "sync/session/verified_batch.hpp"

#include "sync/wire/batch.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/compression.hpp"

namespace till::sync {

Result<VerifiedBatch> verify_batch(const tillstream::v1::Batch& batch, const JournalId& journal,
                                   const Mark& before) {
    const BytesView declared = batch.head_hash();
    if (batch.count() == 0 || declared.size() < head_hash_bytes
        || declared.size() > std::tuple_size_v<Digest>) {
        return Error{Errc::malformed, "batch without records or head hash"};
    }
    TILL_TRY(const Bytes raw, decompress(Codec{batch.codec()}, batch.payload(), batch.raw_bytes()));
    TILL_TRY(auto envelopes, decode_records(raw, Seq{batch.first_seq()}, batch.count()));
    VerifiedBatch out{before, before, std::move(envelopes), {}};
    out.hashes.reserve(out.envelopes.size());
    for (const Envelope& envelope : out.envelopes) {
        if (envelope.version != envelope_version) {
            return Error{Errc::unsupported, "chain rule " + std::to_string(envelope.version)};
        }
        out.after = {envelope.seq, chain_hash(out.after.hash, journal, envelope)};
        out.hashes.push_back(out.after.hash);
    }
    if (view(out.after.hash).substr(0, declared.size()) != declared) {
        return Error{Errc::not_trusted, "the chain does not lead to the head hash"};
    }
    return out;
}

}  // namespace till::sync
