#include "agent/journal/first_page.hpp"

#include "agent/core/bytes.hpp"
#include "agent/journal/migrations.sql.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

namespace till::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t page_bytes = 4096;
constexpr std::size_t file_pages_at =
    28;  // https://sqlite.org/fileformat2.html, "database header".

void remove_database(const fs::path& file) {
    std::error_code ignored;
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
}

bool has_tables(Database& database) {
    return database.prepare("SELECT seq FROM event").has_value();
}

/// What a journal that was just made begins with.
Result<Bytes> new_first_page(const fs::path& file) {
    remove_database(file);
    {
        TILL_TRY(auto database, Database::open({.file = file, .mode = Database::Mode::create}));
        TILL_TRY_VOID(migrate(database, sql::agent_journal));
        TILL_TRY_VOID(database.checkpoint(Database::Checkpoint::truncate));
    }
    Bytes page(page_bytes, '\0');
    std::ifstream{file, std::ios::binary}.read(page.data(), page_bytes);
    remove_database(file);
    return page;
}

Result<void> replace_first_page(const fs::path& file, Bytes page) {
    const auto pages = fs::file_size(file) / page_bytes;
    for (std::size_t i = 0; i < 4; ++i)
        page[file_pages_at + i] = static_cast<char>(pages >> (24 - 8 * i));
    std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
    out.write(page.data(), page_bytes);
    out.flush();
    if (!out) return Error{Errc::io, file.string() + ": cannot be written"};
    return {};
}

/// Page by page: what the disk cannot read is zero in the copy.
Result<void> copy_file(const fs::path& from, const fs::path& to) {
    std::error_code absent;
    const auto size = fs::file_size(from, absent);
    if (absent) return {};
    std::ifstream in{from, std::ios::binary};
    std::ofstream out{to, std::ios::binary};
    Bytes page(page_bytes, '\0');
    for (std::uintmax_t at = 0; at < size; at += page_bytes) {
        const auto want = static_cast<std::streamsize>(std::min(size - at, page_bytes));
        in.clear();
        in.seekg(static_cast<std::streamoff>(at));
        if (!in.read(page.data(), want)) page.assign(page_bytes, '\0');
        out.write(page.data(), want);
    }
    out.flush();
    if (!out) return Error{Errc::io, to.string() + ": cannot be written"};
    return {};
}

Result<void> copy_database(const fs::path& from, const fs::path& to) {
    remove_database(to);
    for (const auto* suffix : {"", "-wal"})
        TILL_TRY_VOID(copy_file(from.string() + suffix, to.string() + suffix));
    return {};
}

}  // namespace

DamagedJournal::~DamagedJournal() {
    if (!copy.empty()) remove_database(copy);
}

Result<DamagedJournal> open_with_first_page(const fs::path& damaged, const fs::path& beside) {
    auto as_it_lies = Database::open({.file = damaged, .mode = Database::Mode::read_only});
    if (as_it_lies && has_tables(*as_it_lies)) return DamagedJournal{*std::move(as_it_lies)};
    const fs::path mended = beside.string() + ".mended";
    TILL_TRY(Bytes page, new_first_page(mended));
    TILL_TRY_VOID(copy_database(damaged, mended));
    TILL_TRY_VOID(replace_first_page(mended, std::move(page)));
    auto opened = Database::open({.file = mended, .mode = Database::Mode::read_only});
    if (!opened || !has_tables(*opened)) {
        remove_database(mended);
        return opened ? Error{Errc::corrupt, "no tables can be found"} : opened.error();
    }
    DamagedJournal journal{*std::move(opened)};
    journal.copy = mended;
    return journal;
}

}  // namespace till::detail
