#include "tests/support/sim_disk_state.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

// The simulated disk as SQLite sees it. Behaviour that matters is taken from SQLite's own unix VFS:
// sectors of 4096 bytes with powersafe overwrite, a directory synced with the first sync of a new WAL.
namespace till::sim {

namespace {

using State = SimDisk::State;
using Op = SimDisk::Op;
using Fault = SimDisk::Fault;

}  // namespace

/// One open file. SQLite allots the memory and knows the first member only.
struct Handle {
    sqlite3_file base{};
    State* disk = nullptr;
    FilePtr file;
    std::string name;
    std::shared_ptr<SharedMemory> memory;
    std::uint64_t life = 0;
    int lock = SQLITE_LOCK_NONE;
    bool keeps_wal = false;
    bool removed_at_close = false;

    bool is_dead() const { return life != disk->life || !disk->on; }
};

namespace {

static_assert(std::is_standard_layout_v<Handle>);

Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
State& of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

int code(Fault fault, int io_error) { return fault == Fault::full ? SQLITE_FULL : io_error; }

int highest_lock_of_others(const Handle& self) {
    int highest = SQLITE_LOCK_NONE;
    for (const Handle* other : self.file->handles)
        if (other != &self) highest = std::max(highest, other->lock);
    return highest;
}

void let_go(Handle& self) {
    if (!self.memory) return;
    for (int i = 0; i < SharedMemory::locks; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (self.memory->exclusive[at] == &self) self.memory->exclusive[at] = nullptr;
    }
    self.memory.reset();
}

int close(sqlite3_file* file) {
    Handle& self = of(file);
    {
        const std::lock_guard lock{self.disk->mutex};
        let_go(self);
        std::erase(self.file->handles, &self);
        if (self.removed_at_close && !self.is_dead()) self.disk->remove(self.name);
    }
    self.~Handle();
    return SQLITE_OK;
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
    Handle& self = of(file);
    const std::lock_guard lock{self.disk->mutex};
    if (self.is_dead()) return SQLITE_IOERR_READ;
    if (const auto fault = self.disk->meet(Op::read, self.name)) {
        self.disk->strike(*fault);
        if (*fault != Fault::misdirected) return SQLITE_IOERR_READ;
    }
    const std::string& bytes = self.file->cached;
    const auto from = std::min(static_cast<std::size_t>(at), bytes.size());
    const auto count = std::min(static_cast<std::size_t>(size), bytes.size() - from);
    std::memcpy(into, bytes.data() + from, count);
    std::memset(static_cast<char*>(into) + count, 0, static_cast<std::size_t>(size) - count);
    return count == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    Handle& self = of(file);
    State& disk = *self.disk;
    const std::lock_guard lock{disk.mutex};
    if (self.is_dead()) return SQLITE_IOERR_WRITE;
    const std::string_view bytes{static_cast<const char*>(data), static_cast<std::size_t>(size)};
    const auto offset = static_cast<std::uint64_t>(at);
    auto fault = disk.meet(Op::write, self.name);
    const std::uint64_t end =
        std::max<std::uint64_t>(offset + bytes.size(), self.file->cached.size());
    const bool fits = disk.capacity == 0 || end == self.file->cached.size()
                      || disk.used() + end - self.file->cached.size() <= disk.capacity;
    if (!fault && !fits) fault = Fault::full;
    if (!fault || *fault == Fault::misdirected) {
        disk.write(*self.file, offset, bytes, fault.has_value());
        return SQLITE_OK;
    }
    const std::uint64_t sectors = bytes.size() / sector;
    if (fits)
        disk.write(*self.file, offset, bytes.substr(0, disk.below(sectors + 1) * sector), false);
    disk.strike(*fault);
    return code(*fault, SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle& self = of(file);
    const std::lock_guard lock{self.disk->mutex};
    if (self.is_dead()) return SQLITE_IOERR_TRUNCATE;
    const auto fault = self.disk->meet(Op::truncate, self.name);
    if (fault && (*fault == Fault::io || *fault == Fault::full))
        return code(*fault, SQLITE_IOERR_TRUNCATE);
    self.disk->truncate(*self.file, static_cast<std::uint64_t>(size));
    return fault && self.disk->strike(*fault) ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

int sync(sqlite3_file* file, int) {
    Handle& self = of(file);
    State& disk = *self.disk;
    const std::lock_guard lock{disk.mutex};
    if (self.is_dead()) return SQLITE_IOERR_FSYNC;
    const auto fault = disk.meet(Op::sync, self.name);
    if (fault && disk.strike(*fault)) return SQLITE_IOERR_FSYNC;
    if (fault && *fault != Fault::misdirected) {
        disk.fail_sync(*self.file);
        return code(*fault, SQLITE_IOERR_FSYNC);
    }
    disk.sync(*self.file);
    disk.sync_name(self.file);
    return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    Handle& self = of(file);
    const std::lock_guard lock{self.disk->mutex};
    if (self.is_dead()) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(self.file->cached.size());
    return SQLITE_OK;
}

int lock(sqlite3_file* file, int level) {
    Handle& self = of(file);
    const std::lock_guard guard{self.disk->mutex};
    if (self.is_dead()) return SQLITE_IOERR_LOCK;
    if (self.lock >= level) return SQLITE_OK;
    const int others = highest_lock_of_others(self);
    if (level == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
    if (level >= SQLITE_LOCK_RESERVED && others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
        self.lock = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    self.lock = level;
    return SQLITE_OK;
}

int unlock(sqlite3_file* file, int level) {
    Handle& self = of(file);
    const std::lock_guard guard{self.disk->mutex};
    self.lock = std::min(self.lock, level);
    return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* reserved) {
    Handle& self = of(file);
    const std::lock_guard guard{self.disk->mutex};
    *reserved = std::max(self.lock, highest_lock_of_others(self)) >= SQLITE_LOCK_RESERVED ? 1 : 0;
    return SQLITE_OK;
}

int control(sqlite3_file* file, int op, void* argument) {
    if (op != SQLITE_FCNTL_PERSIST_WAL) return SQLITE_NOTFOUND;
    Handle& self = of(file);
    int& value = *static_cast<int*>(argument);
    if (value >= 0) self.keeps_wal = value != 0;
    value = self.keeps_wal ? 1 : 0;
    return SQLITE_OK;
}

int sector_size(sqlite3_file*) { return 4096; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_memory(sqlite3_file* file, int region, int size, int extend, void volatile** at) {
    Handle& self = of(file);
    const std::lock_guard lock{self.disk->mutex};
    *at = nullptr;
    if (self.is_dead()) return SQLITE_IOERR_SHMMAP;
    if (!self.memory) {
        self.memory = self.file->shared_memory.lock();
        if (!self.memory) self.file->shared_memory = self.memory = std::make_shared<SharedMemory>();
    }
    auto& regions = self.memory->regions;
    const auto index = static_cast<std::size_t>(region);
    if (index >= regions.size() && extend == 0) return SQLITE_OK;
    while (index >= regions.size())
        regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    *at = regions[index].get();
    return SQLITE_OK;
}

// A handle knows what it holds exclusively by its address; SQLite never unlocks what it does not hold.
int lock_memory(sqlite3_file* file, int offset, int count, int flags) {
    Handle& self = of(file);
    const std::lock_guard guard{self.disk->mutex};
    if (self.is_dead() || !self.memory) return SQLITE_IOERR_SHMLOCK;
    const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    const auto first = static_cast<std::size_t>(offset);
    const auto last = first + static_cast<std::size_t>(count);
    SharedMemory& memory = *self.memory;
    for (std::size_t i = first; (flags & SQLITE_SHM_LOCK) != 0 && i < last; ++i) {
        const bool taken = memory.exclusive[i] != nullptr && memory.exclusive[i] != &self;
        if (taken || (!shared && memory.shared[i] > 0)) return SQLITE_BUSY;
    }
    const int step = (flags & SQLITE_SHM_LOCK) != 0 ? 1 : -1;
    for (std::size_t i = first; i < last; ++i) {
        if (shared)
            memory.shared[i] += step;
        else
            memory.exclusive[i] = step > 0 ? &self : nullptr;
    }
    return SQLITE_OK;
}

void barrier(sqlite3_file* file) { const std::lock_guard guard{of(file).disk->mutex}; }

int unmap_memory(sqlite3_file* file, int) {
    Handle& self = of(file);
    const std::lock_guard lock{self.disk->mutex};
    let_go(self);
    return SQLITE_OK;
}

constexpr sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_memory,
    .xShmLock = lock_memory,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_memory,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    State& disk = of(vfs);
    const std::lock_guard lock{disk.mutex};
    file->pMethods = nullptr;
    if (!disk.on) return SQLITE_CANTOPEN;
    const std::string name{path == nullptr ? "" : path};
    if (const auto fault = disk.meet(Op::open, name); fault && *fault != Fault::misdirected) {
        disk.strike(*fault);
        return SQLITE_CANTOPEN;
    }
    FilePtr found = disk.find(name);
    const bool is_new = found == nullptr;
    if (is_new && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (is_new) found = disk.make(name);
    auto* self = new (file) Handle;
    self->base.pMethods = &methods;
    self->disk = &disk;
    self->file = found;
    self->name = name;
    self->life = disk.life;
    self->removed_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    found->handles.push_back(self);
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    State& disk = of(vfs);
    const std::lock_guard lock{disk.mutex};
    if (!disk.on) return SQLITE_IOERR_DELETE;
    const auto fault = disk.meet(Op::remove, path);
    if (fault && (*fault == Fault::io || *fault == Fault::full)) return SQLITE_IOERR_DELETE;
    const bool was_there = disk.remove(path);
    if (fault && disk.strike(*fault)) return SQLITE_IOERR_DELETE;
    if (sync_folder != 0) disk.sync_names();
    return was_there ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int access(sqlite3_vfs* vfs, const char* path, int, int* result) {
    State& disk = of(vfs);
    const std::lock_guard lock{disk.mutex};
    *result = disk.on && disk.find(path) != nullptr ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
    State& disk = of(vfs);
    const std::lock_guard lock{disk.mutex};
    for (int i = 0; i < size; ++i) out[i] = static_cast<char>(disk.engine());
    return size;
}

int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int current_time(sqlite3_vfs* vfs, sqlite3_int64* julian_ms) {
    constexpr sqlite3_int64 unix_epoch = 210'866'760'000'000;
    *julian_ms = unix_epoch + of(vfs).now_ms;
    return SQLITE_OK;
}

int current_day(sqlite3_vfs* vfs, double* julian_day) {
    sqlite3_int64 ms = 0;
    current_time(vfs, &ms);
    *julian_day = static_cast<double>(ms) / 86'400'000.0;
    return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

void register_vfs(State& disk) {
    auto vfs = std::make_unique<sqlite3_vfs>();
    vfs->iVersion = 2;
    vfs->szOsFile = sizeof(Handle);
    vfs->mxPathname = 512;
    vfs->zName = disk.name.c_str();
    vfs->pAppData = &disk;
    vfs->xOpen = open;
    vfs->xDelete = remove;
    vfs->xAccess = access;
    vfs->xFullPathname = full_path;
    vfs->xRandomness = randomness;
    vfs->xSleep = sleep;
    vfs->xCurrentTime = current_day;
    vfs->xCurrentTimeInt64 = current_time;
    vfs->xGetLastError = last_error;
    sqlite3_vfs_register(vfs.get(), 0);
    disk.vfs = std::move(vfs);
}

void unregister_vfs(State& disk) { sqlite3_vfs_unregister(disk.vfs.get()); }

}  // namespace till::sim

void till::SimDisk::seed_sqlite(std::uint32_t seed) {
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed | 1U), nullptr);
}
