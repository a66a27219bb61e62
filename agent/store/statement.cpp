#include "agent/store/statement.hpp"

#include "agent/store/sqlite.hpp"

#include <stdexcept>

namespace till {

bool Row::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

std::int64_t Row::integer(int column) const { return sqlite3_column_int64(handle_, column); }

BytesView Row::bytes(int column) const {
    // The pointer first: asking for the size first could convert the value a second time.
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return data ? BytesView{data, size} : BytesView{};
}

std::optional<std::int64_t> Row::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::optional<BytesView> Row::optional_bytes(int column) const {
    if (is_null(column)) return std::nullopt;
    return bytes(column);
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Statement::Reset::~Reset() {
    sqlite3_reset(handle);
    sqlite3_clear_bindings(handle);  // Arguments were bound without a copy and are about to die.
}

Result<bool> Statement::step() {
    const int status = sqlite3_step(handle_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return detail::sqlite_error(sqlite3_db_handle(handle_.get()), status);
}

Result<void> Statement::check(int status, std::size_t count) {
    if (static_cast<std::size_t>(sqlite3_bind_parameter_count(handle_.get())) != count)
        throw std::logic_error{"statement run with another number of arguments than it takes"};
    if (status == SQLITE_OK) return {};
    return detail::sqlite_error(sqlite3_db_handle(handle_.get()), SQLITE_TOOBIG);
}

int Statement::bind(int index, std::nullptr_t) { return sqlite3_bind_null(handle_.get(), index); }

int Statement::bind(int index, std::int64_t value) {
    return sqlite3_bind_int64(handle_.get(), index, value);
}

// A null pointer would bind NULL, and an empty view may have one.
int Statement::bind(int index, BytesView text) {
    const char* data = text.empty() ? "" : text.data();
    return sqlite3_bind_text64(handle_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

int Statement::bind(int index, const Blob& blob) {
    const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
    return sqlite3_bind_blob64(handle_.get(), index, data, blob.bytes.size(), SQLITE_STATIC);
}

}  // namespace till
