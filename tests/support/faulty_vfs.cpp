#include "tests/support/faulty_vfs.hpp"

#include <sqlite3.h>

#include <atomic>

namespace till {

namespace {

std::atomic<int> countdown{0};  // 0: not armed.
std::atomic<bool> happened{false}, stays{false};
std::atomic<int> status{SQLITE_IOERR_WRITE};
sqlite3_vfs real_vfs, faulty_vfs;
sqlite3_io_methods real_methods;  // Writing and syncing is the same for all files.
sqlite3_io_methods database_methods, other_methods;  // Only the database file is ever locked.

bool fails_now() {
    if (happened && stays) return true;
    if (countdown == 0 || --countdown != 0) return false;
    happened = true;
    return true;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    return fails_now() ? status.load() : real_methods.xWrite(file, data, size, at);
}

int sync(sqlite3_file* file, int flags) {
    return fails_now() ? status.load() : real_methods.xSync(file, flags);
}

int open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    const int opened = real_vfs.xOpen(&real_vfs, path, file, flags, out_flags);
    if (opened != SQLITE_OK || file->pMethods == nullptr) return opened;
    sqlite3_io_methods& methods =
        (flags & SQLITE_OPEN_MAIN_DB) != 0 ? database_methods : other_methods;
    if (methods.xWrite == nullptr) {
        methods = real_methods = *file->pMethods;
        methods.xWrite = write;
        methods.xSync = sync;
    }
    file->pMethods = &methods;
    return opened;
}

}  // namespace

const char* FaultyVfs::name() {
    if (faulty_vfs.zName == nullptr) {
        real_vfs = *sqlite3_vfs_find(nullptr);
        faulty_vfs = real_vfs;
        faulty_vfs.zName = "faulty";
        faulty_vfs.pNext = nullptr;
        faulty_vfs.xOpen = open;
        sqlite3_vfs_register(&faulty_vfs, 0);
    }
    return faulty_vfs.zName;
}

void FaultyVfs::arm(int n, Fault fault, bool for_ever) {
    happened = false;
    stays = for_ever;
    status = fault == Fault::io ? SQLITE_IOERR_WRITE : SQLITE_FULL;
    countdown = n;
}

bool FaultyVfs::disarm() {
    countdown = 0;
    stays = false;
    return happened.exchange(false);
}

}  // namespace till
