#pragma once

#include "agent/core/result.hpp"
#include "agent/journal/journal_reader.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace till {

/// What one journal's disk proves about the centre.
struct Receipts {
    JournalIdentity identity;
    Verification chain;
    struct Checked {
        sync::Note note;
        std::string problem;  ///< In plain words; empty when it holds.
    };
    std::vector<Checked> notes;  ///< One of each of the centre's stores, oldest first.

    /// The newest note that holds; none before the first.
    std::optional<sync::Note> confirmed() const;
    bool ok() const;
    /// "the centre has confirmed 1 to 5, at T; 6 to 9 is not yet confirmed", or what is wrong.
    std::string summary() const;
};

/// Walks the journal's chain and checks each note against it and against the centre's authority.
Result<Receipts> check_receipts(JournalReader& reader, std::string_view server_ca_pem,
                                const JournalReader::Progress& progress = {});

/// The files of the journals in an agent's home, oldest first. Takes no lock; writes nothing.
std::vector<std::filesystem::path> journals_in(const std::filesystem::path& home);

}  // namespace till
