#pragma once

#include "agent/core/bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

// Private to the module: rows of a database that has lost the way to them.
namespace till::detail {

/// What a column holds. Text and blobs are bytes; this system stores no floating-point numbers.
using RawValue = std::variant<std::monostate, std::int64_t, Bytes>;

struct RawRow {
    std::int64_t rowid = 0;
    std::vector<RawValue> columns;  ///< An INTEGER PRIMARY KEY's own is null: it is the rowid.
};

/// Looks at every page of an SQLite database and of its WAL (https://sqlite.org/fileformat2.html) and
/// hands over each row with `columns` columns that lies whole in a table's leaf page and its overflow
/// pages, whatever became of the pages that led there. Rows of any table, deleted ones and older
/// versions come, too, and some more than once: what a row says must prove itself.
///
/// Total: any bytes are allowed. Reads both files once; memory for one row, and 16 bytes for each
/// page of the WAL. A file that cannot be read has no rows.
void scan_leaf_pages(const std::filesystem::path& database, std::size_t columns,
                     const std::function<void(const RawRow&)>& visit);

/// One page's rows; `overflow` gives any page by number. For tests and fuzzing.
void scan_leaf_page(BytesView page, std::size_t columns,
                    const std::function<std::optional<Bytes>(std::uint32_t)>& overflow,
                    const std::function<void(const RawRow&)>& visit);

}  // namespace till::detail
