#pragma once

#include "agent/core/result.hpp"

#include <sqlite3.h>

namespace till::detail {

/// What SQLite said, as ours: the code, and a detail that names the message and the result code.
/// Failure to allocate ends the program, as everywhere.
Error sqlite_error(sqlite3* handle, int status);

}  // namespace till::detail
