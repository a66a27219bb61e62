#include "sync/tls/note_trust.hpp"

#include "sync/tls/certificate.hpp"

namespace till::sync {

Result<void> verify_statement(BytesView text, BytesView signature, const NoteKey& key,
                              std::string_view server_ca_pem) {
    if (!verify_with_certificate(server_ca_pem, note_key_statement(key.public_key), key.certified))
        return Error{Errc::not_trusted, "the centre's authority does not vouch for the key"};
    return verify_statement(text, signature, key);
}

Result<void> verify_note(const KeptNote& kept, std::string_view server_ca_pem) {
    const Bytes statement = note_key_statement(kept.key.public_key);
    if (!verify_with_certificate(server_ca_pem, statement, kept.key.certified))
        return Error{Errc::not_trusted, "the centre's authority does not vouch for the note's key"};
    return verify_note(kept.note, kept.key);
}

}  // namespace till::sync
