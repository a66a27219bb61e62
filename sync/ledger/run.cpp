#include "sync/ledger/run.hpp"

#include "sync/wire/chain.hpp"
#include "sync/wire/frames.pb.h"

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

Mark beginning(const JournalId& journal, const std::optional<KeptNote>& checkpoint) {
    if (!checkpoint) return {Seq{0}, genesis(journal)};
    return {checkpoint->note.last, checkpoint->note.hash};
}

Result<void> may_let_go(const JournalRow& row, const Mark& before, const Note& checkpoint) {
    if (checkpoint.last > before.seq && checkpoint.last <= row.mark.seq) return {};
    return Error{Errc::out_of_range, "a checkpoint lies behind event "
                                         + std::to_string(before.seq.value()) + " and not beyond "
                                         + std::to_string(row.mark.seq.value())};
}

Result<void> leads_to(const Mark& before, std::span<const StoredEnvelope> run,
                      const Note& checkpoint) {
    Mark at = before;
    for (const StoredEnvelope& one : run) {
        const Digest link = chain_hash(at.hash, checkpoint.journal, one.envelope);
        if (one.envelope.seq != next(at.seq) || one.hash != link) break;
        at = {one.envelope.seq, link};
    }
    if (at.seq == checkpoint.last && at.hash == checkpoint.hash) return {};
    return Error{Errc::corrupt, "behind event " + std::to_string(at.seq.value())
                                    + " the ledger is not the chain that its checkpoint speaks of"};
}

Error no_such_event(const JournalRow& row) {
    const std::string upto = std::to_string(row.mark.seq.value());
    if (row.kept_from == Seq{0}) return {Errc::not_found, "the journal goes up to " + upto};
    return {Errc::not_found, "the journal is kept from "
                                 + std::to_string(next(row.kept_from).value()) + " to " + upto};
}

StoredNote stored(const KeptNote& checkpoint) {
    tillstream::v1::Note note;
    tillstream::v1::NoteKey key;
    put(note, checkpoint.note);
    put(key, checkpoint.key);
    return {note.SerializeAsString(), key.SerializeAsString()};
}

Result<KeptNote> kept_note(BytesView note_bytes, BytesView key_bytes) {
    tillstream::v1::Note note;
    tillstream::v1::NoteKey key;
    if (!note.ParseFromString(Bytes{note_bytes}) || !key.ParseFromString(Bytes{key_bytes}))
        return Error{Errc::corrupt, "the checkpoint cannot be read"};
    TILL_TRY(Note said, note_of(note));
    TILL_TRY(NoteKey by, note_key_of(key));
    return KeptNote{std::move(said), std::move(by)};
}

}  // namespace till::sync::detail
