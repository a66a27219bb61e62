#pragma once

#include "agent/journal/journal_reader.hpp"
#include "tests/crash/records.hpp"

namespace till::crash {

std::string where(const JournalId& journal, Seq seq, const std::string& receipt);

/// Adds all records of a journal; fails with corrupt when it contradicts itself.
Result<void> read_journal(JournalReader& reader, std::vector<Held>& into);

}  // namespace till::crash
