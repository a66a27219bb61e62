#include "tests/crash/careless.hpp"

#include <sqlite3.h>

#include <cstring>
#include <stdexcept>

namespace till::crash {

namespace {

// The product's own pragma is passed over in silence.
int judge(void*, int action, const char* name, const char*, const char*, const char*) {
    const bool passed_over = action == SQLITE_PRAGMA && std::strcmp(name, "synchronous") == 0;
    return passed_over ? SQLITE_IGNORE : SQLITE_OK;
}

int open_carelessly(sqlite3* database, char**, const void*) {
    const int status =
        sqlite3_exec(database, "PRAGMA synchronous=NORMAL", nullptr, nullptr, nullptr);
    return status == SQLITE_OK ? sqlite3_set_authorizer(database, judge, nullptr) : status;
}

}  // namespace

void commit_carelessly() {
    if (sqlite3_auto_extension(reinterpret_cast<void (*)()>(open_carelessly)) != SQLITE_OK)
        throw std::runtime_error{"sqlite3_auto_extension"};
}

}  // namespace till::crash
