#pragma once

#include "agent/core/ids.hpp"
#include "agent/store/database.hpp"

#include <filesystem>
#include <span>

namespace till {

/// Deletes the sealed parts of these events from a journal's file and keeps their hashes, so that the chain still
/// verifies; durable when it returns, and overwritten in the file as far as SQLite can. What has none, or was let
/// go of, is passed over. `database` must be the one that writes to it.
Result<void> erase_sealed(Database& database, std::span<const Seq> events);

/// The same in the file of a journal that nobody writes to any more.
Result<void> erase_sealed(const std::filesystem::path& file, std::span<const Seq> events);

}  // namespace till
