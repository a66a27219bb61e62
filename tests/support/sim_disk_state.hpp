#pragma once

#include "tests/support/sim_disk.hpp"

#include <sqlite3.h>

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <span>

// Private to the simulated disk: the model (sim_disk.cpp) that the VFS (sim_vfs.cpp) calls.
namespace till::sim {

inline constexpr std::size_t sector = 512;

struct Handle;

/// The WAL index of one database, shared by its connections.
struct SharedMemory {
    static constexpr int locks = 8;
    std::vector<std::unique_ptr<char[]>> regions;
    std::array<int, locks> shared{};
    std::array<const Handle*, locks> exclusive{};
};

/// A write or truncation that the platter has not seen yet.
struct Unsynced {
    std::uint64_t at = 0;  ///< On the platter: a misdirected write's is wrong.
    std::string bytes;
    bool truncation = false;  ///< To `at` bytes.
};

struct File {
    std::string cached;
    std::string platter;
    std::vector<Unsynced> unsynced;
    std::vector<Handle*> handles;
    std::weak_ptr<SharedMemory> shared_memory;
};
using FilePtr = std::shared_ptr<File>;

}  // namespace till::sim

namespace till {

struct SimDisk::State {
    State(std::string vfs_name, std::uint64_t seed) : name{std::move(vfs_name)}, engine{seed} {}

    std::string name;
    std::unique_ptr<sqlite3_vfs> vfs{};
    mutable std::mutex mutex;
    std::mt19937_64 engine;
    std::map<std::string, sim::FilePtr, std::less<>> names;
    /// Names as the platter has them, and what happened to them since.
    std::map<std::string, sim::FilePtr, std::less<>> synced_names;
    std::vector<std::pair<std::string, sim::FilePtr>> name_changes;  ///< Null: removed.

    std::optional<Plan> plan;
    bool happened = false;
    std::array<std::uint64_t, 6> asked{};
    std::uint64_t life = 0;  ///< Handles of an earlier life are dead.
    bool on = true;
    bool lies = false;
    std::uint64_t capacity = 0;
    std::uint64_t written = 0;
    std::int64_t now_ms = 0;

    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : engine() % bound; }
    /// Counts the operation; the fault that it meets.
    std::optional<Fault> meet(Op op, std::string_view file);

    sim::FilePtr find(std::string_view file) const;
    sim::FilePtr make(const std::string& file);
    bool remove(std::string_view file);
    void sync_names();
    /// Syncing a new file makes its name durable, and what happened to names before (ext4, XFS, Btrfs).
    void sync_name(const sim::FilePtr& file);
    void apply_name(const std::pair<std::string, sim::FilePtr>& change);

    void write(sim::File& file, std::uint64_t at, std::string_view bytes, bool misdirected);
    void truncate(sim::File& file, std::uint64_t size);
    void sync(sim::File& file);
    void fail_sync(sim::File& file);
    std::uint64_t used() const;

    void end_life();
    void cut(Cut cut);
    bool strike(Fault fault);  ///< True when it was the end of the process or of the power.

private:
    void settle(sim::File& file, int style);
    void settle_names(Cut cut);
};

/// Makes and registers the VFS; unregisters it.
namespace sim {
void register_vfs(SimDisk::State& disk);
void unregister_vfs(SimDisk::State& disk);
}  // namespace sim

}  // namespace till
