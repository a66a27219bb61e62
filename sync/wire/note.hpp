#pragma once

#include "agent/core/result.hpp"
#include "agent/crypto/signing.hpp"
#include "sync/wire/append.hpp"

namespace tillstream::v1 {
class Note;
class NoteKey;
}  // namespace tillstream::v1

// What the centre signs about what it holds, so that a device's disk alone can prove it later.
// WIRE.md gives the signed bytes, with test vectors. Pure.
namespace till::sync {

/// "The store of this epoch holds this journal from `first` to `last`, without holes; the chain hash
/// after `last` is `hash`." The hash covers every event before it, too: the newest note says it all.
struct Note {
    Bytes store_epoch;  ///< 16 bytes.
    JournalId journal{Uuid{}};
    Seq first{1};
    Seq last{0};
    Digest hash{};
    WallTime time{0};  ///< The centre's, when it signed.
    Bytes key_id;      ///< note_key_id() of the key that signed.
    Bytes signature;   ///< Ed25519, 64 bytes.
};

/// A note-signing key as the centre's server authority, which devices know from their enrolment,
/// vouches for it.
struct NoteKey {
    Bytes public_key;  ///< Ed25519, 32 bytes.
    Bytes certified;   ///< The authority's ECDSA signature (DER) over note_key_statement().
    friend bool operator==(const NoteKey&, const NoteKey&) = default;
};

/// All that is needed to prove a note.
struct KeptNote {
    Note note;
    NoteKey key;
};

/// The first 8 bytes of SHA-256 of the public key.
Bytes note_key_id(BytesView public_key);
/// What the authority signs.
Bytes note_key_statement(BytesView public_key);
/// What the note's key signs.
Bytes note_statement(const Note& note);

/// Signs notes. Thread: any; about 30 µs a note.
class NoteSigner {
public:
    NoteSigner(SigningKeyPair pair, Bytes certified);

    const NoteKey& key() const { return key_; }
    /// `note` with key id and signature.
    Note sign(Note note) const;
    /// Over any text that is a statement of the centre's; never mistaken for a note.
    Bytes sign_statement(BytesView text) const;

private:
    SigningKeyPair pair_;
    NoteKey key_;
};

/// Fails with not_trusted or malformed unless `key` signed exactly this. Whether the key is the
/// centre's is another question: its `certified` answers it.
Result<void> verify_note(const Note& note, const NoteKey& key);

/// The same for a statement.
Result<void> verify_statement(BytesView text, BytesView signature, const NoteKey& key);

/// Note and NoteKey of frames.proto. From a message: malformed unless every length is right.
void put(tillstream::v1::Note& into, const Note& note);
Result<Note> note_of(const tillstream::v1::Note& message);
void put(tillstream::v1::NoteKey& into, const NoteKey& key);
Result<NoteKey> note_key_of(const tillstream::v1::NoteKey& message);

}  // namespace till::sync
