#pragma once

#include "agent/store/database.hpp"

#include <filesystem>

// Private to the module.
namespace till::detail {

/// A damaged journal, open for reading.
struct DamagedJournal {
    explicit DamagedJournal(Database opened) : database{std::move(opened)} {}
    DamagedJournal(DamagedJournal&&) = default;
    ~DamagedJournal();
    std::filesystem::path copy;  ///< Removed at the end; empty when there is none.
    Database database;
};

/// Opens it as it lies. Where SQLite finds no tables in it, a copy of it (named after `beside`) is
/// opened in which the first page is a new journal's: it holds the schema, and every journal was made
/// by the same statements, so the tables begin at the same pages. Fails as Database::open when that
/// does not help either. `damaged` is only read.
Result<DamagedJournal> open_with_first_page(const std::filesystem::path& damaged,
                                            const std::filesystem::path& beside);

}  // namespace till::detail
