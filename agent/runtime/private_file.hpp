#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"
#include "agent/core/secret.hpp"

#include <filesystem>

namespace till {

/// Replaces `file` by rename, mode 0600, with file and folder on stable storage at return.
Result<void> write_private_file(const std::filesystem::path& file, const Secret& content);

/// Reads up to 256 KiB. Fails with forbidden when the group or others have any right to it.
Result<Secret> read_private_file(const std::filesystem::path& file);

}  // namespace till
