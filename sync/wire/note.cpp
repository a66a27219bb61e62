#include "sync/wire/note.hpp"

#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "sync/wire/frames.pb.h"

#include <utility>

namespace till::sync {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t key_id_bytes = 8;
constexpr std::size_t epoch_bytes = 16;
constexpr std::size_t signature_bytes = 64;
constexpr std::size_t certified_bytes_max = 80;

void add_u64(Bytes& to, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) to += static_cast<char>(value >> shift & 0xff);
}

}  // namespace

Bytes note_key_id(BytesView public_key) {
    return Bytes{view(sha256(public_key)).substr(0, key_id_bytes)};
}

Bytes note_key_statement(BytesView public_key) {
    return Bytes{BytesView{"tillstream.note-key\0", 20}}.append(public_key);
}

Bytes note_statement(const Note& note) {
    Bytes said{BytesView{"tillstream.note\0", 16}};
    said += note.store_epoch;
    said += note.journal.value().bytes();
    add_u64(said, note.first.value());
    add_u64(said, note.last.value());
    said += view(note.hash);
    add_u64(said, static_cast<std::uint64_t>(note.time.value()));
    said += note.key_id;
    return said;
}

NoteSigner::NoteSigner(SigningKeyPair pair, Bytes certified)
    : pair_{std::move(pair)}, key_{pair_.public_key, std::move(certified)} {}

Note NoteSigner::sign(Note note) const {
    note.key_id = note_key_id(key_.public_key);
    note.signature = till::sign(pair_, note_statement(note));
    return note;
}

Result<void> verify_note(const Note& note, const NoteKey& key) {
    if (note.key_id != note_key_id(key.public_key))
        return Error{Errc::not_trusted, "the note is signed with another key"};
    return verify_signature(key.public_key, note_statement(note), note.signature);
}

namespace {

Bytes statement(BytesView text) {
    Bytes whole{"tillstream.statement"};
    whole += '\0';
    whole += text;
    return whole;
}

}  // namespace

Bytes NoteSigner::sign_statement(BytesView text) const {
    return till::sign(pair_, statement(text));
}

Result<void> verify_statement(BytesView text, BytesView signature, const NoteKey& key) {
    return verify_signature(key.public_key, statement(text), signature);
}

void put(tillstream::v1::Note& into, const Note& note) {
    into.set_store_epoch(note.store_epoch);
    into.set_journal_id(Bytes{note.journal.value().bytes()});
    into.set_first_seq(note.first.value());
    into.set_last_seq(note.last.value());
    into.set_last_hash(Bytes{view(note.hash)});
    into.set_time_ms(note.time.value());
    into.set_key_id(note.key_id);
    into.set_signature(note.signature);
}

Result<Note> note_of(const tillstream::v1::Note& message) {
    TILL_TRY(const Uuid journal, Uuid::from_bytes(message.journal_id()));
    TILL_TRY(const Digest hash, to_digest(message.last_hash()));
    const bool sized = message.store_epoch().size() == epoch_bytes
                       && message.key_id().size() == key_id_bytes
                       && message.signature().size() == signature_bytes;
    if (!sized || message.first_seq() == 0 || message.last_seq() < message.first_seq())
        return Error{Errc::malformed, "not a note"};
    return Note{.store_epoch = message.store_epoch(),
                .journal = JournalId{journal},
                .first = Seq{message.first_seq()},
                .last = Seq{message.last_seq()},
                .hash = hash,
                .time = WallTime{message.time_ms()},
                .key_id = message.key_id(),
                .signature = message.signature()};
}

void put(tillstream::v1::NoteKey& into, const NoteKey& key) {
    into.set_public_key(key.public_key);
    into.set_certified(key.certified);
}

Result<NoteKey> note_key_of(const tillstream::v1::NoteKey& message) {
    if (message.public_key().size() != key_bytes || message.certified().empty()
        || message.certified().size() > certified_bytes_max)
        return Error{Errc::malformed, "not a note key"};
    return NoteKey{message.public_key(), message.certified()};
}

}  // namespace till::sync
