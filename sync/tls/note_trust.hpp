#pragma once

#include "agent/core/result.hpp"
#include "sync/wire/note.hpp"

#include <string_view>

namespace till::sync {

/// Fails with not_trusted unless the note's key signed it and the authority (the first certificate in
/// `server_ca_pem`) vouches for the key.
Result<void> verify_note(const KeptNote& kept, std::string_view server_ca_pem);

/// The same for a statement.
Result<void> verify_statement(BytesView text, BytesView signature, const NoteKey& key,
                              std::string_view server_ca_pem);

}  // namespace till::sync
