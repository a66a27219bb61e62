#include "sync/wire/chain.hpp"

#include "agent/crypto/hash.hpp"

namespace till::sync {

namespace {
constexpr BytesView domain_tag{"tillstream.envelope\0", 20};

// Most events have no sealed part, and hash the same nothing.
Digest sealed_hash(const Envelope& envelope) {
    static const Digest of_nothing = sha256({});
    if (envelope.erased_sealed) return *envelope.erased_sealed;
    return envelope.sealed.empty() ? of_nothing : sha256(envelope.sealed);
}
}  // namespace

Digest genesis(const JournalId& journal) { return sha256(journal.value().bytes()); }

Digest chain_hash(const Digest& previous, const JournalId& journal, const Envelope& envelope) {
    const Digest body = sha256(envelope.body);
    const Digest sealed = sealed_hash(envelope);
    const BytesView id = journal.value().bytes();
    return Sha256{}
        .add(domain_tag)
        .add_u32(envelope.version)
        .add(view(previous))
        .add_u32(static_cast<std::uint32_t>(id.size()))
        .add(id)
        .add_u64(envelope.seq.value())
        .add_u32(envelope.kind.value())
        .add_u64(static_cast<std::uint64_t>(envelope.times.wall.value()))
        .add(envelope.times.boot.value().bytes())
        .add_u64(envelope.times.since_boot.value())
        .add(view(body))
        .add(view(sealed))
        .finish();
}

}  // namespace till::sync
