#include "agent/store/sqlite.hpp"

#include <new>

namespace till::detail {

namespace {

Errc code_of(int status) {
    if (status == SQLITE_IOERR_CORRUPTFS) return Errc::corrupt;  // A sector that cannot be read.
    switch (status & 0xff) {
        case SQLITE_FULL:
            return Errc::disk_full;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Errc::busy;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_ERROR:  // Our SQL is fixed: what it does not fit is not our schema.
        case SQLITE_SCHEMA:
            return Errc::corrupt;
        case SQLITE_CONSTRAINT:
            return Errc::conflict;
        case SQLITE_TOOBIG:
            return Errc::out_of_range;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return Errc::forbidden;
        case SQLITE_INTERRUPT:
            return Errc::abandoned;
        default:
            return Errc::io;
    }
}

}  // namespace

Error sqlite_error(sqlite3* handle, int status) {
    if ((status & 0xff) == SQLITE_NOMEM) throw std::bad_alloc{};
    // The connection's message may belong to a later call that went well; then the code's own serves.
    const bool current = handle != nullptr && sqlite3_errcode(handle) != SQLITE_OK;
    const char* message = current ? sqlite3_errmsg(handle) : sqlite3_errstr(status);
    return Error{code_of(status),
                 "sqlite: " + std::string{message} + " (" + std::to_string(status) + ")"};
}

}  // namespace till::detail
