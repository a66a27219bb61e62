#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace till {

/// One machine's disk, in memory, registered with SQLite as a VFS of its own name. What is written
/// lies in the page cache and reaches the platter when it is synced; a power cut keeps, drops or
/// tears the rest, sector by sector, names of files included (a file that is synced keeps its name).
/// WAL works: shared memory is simulated.
///
/// Everything it decides comes from its seed and the order of calls; its clock stands still until
/// set_time(). Any thread may use its files; the rest is for one thread at a time. It outlives every
/// connection that was opened through it. Names of files are as given: choose a prefix that no real
/// file has, such as "/sim/".
class SimDisk {
public:
    enum class Op : std::uint8_t { read, write, sync, truncate, open, remove };
    enum class Fault : std::uint8_t {
        io,  ///< An I/O error. Half a write may be done; what a failed sync should have made durable
             ///< may be lost although the cache still shows it, and the next sync says nothing.
        full,  ///< No space left, half a write done. (An Op::open fails, any other says "full".)
        misdirected,  ///< A write says it is done and lies elsewhere in its file, once synced.
        kill,         ///< The process is killed meanwhile: half done, in the page cache only.
        power_cut,    ///< The power goes meanwhile: the machine is off until power_on().
    };
    /// What becomes of writes that were not synced.
    enum class Cut : std::uint8_t { seeded, lose_all, keep_all };
    /// The `nth` of these operations from now on (1: the next) meets the fault; `for_ever`: and all
    /// later ones do, too.
    struct Plan {
        std::vector<Op> ops = {Op::write, Op::sync};
        std::uint64_t nth = 1;
        Fault fault = Fault::io;
        bool for_ever = false;
        std::string file = {};  ///< Only files whose name ends so ("-wal"); empty: all.
        Cut cut = Cut::seeded;  ///< What a power_cut keeps.
    };
    using Image = std::map<std::string, std::string>;  ///< Contents by name.

    explicit SimDisk(std::string name, std::uint64_t seed = 1);
    SimDisk(const SimDisk&) = delete;
    ~SimDisk();

    const std::string& name() const;  ///< Of the VFS: Database::Options::vfs.

    void arm(Plan plan);              ///< Replaces the plan before.
    bool disarm();                    ///< True when the armed fault has happened.
    std::uint64_t done(Op op) const;  ///< How many of them were asked for since the beginning.

    /// What was not synced is decided now. Connections that were open are dead: whatever they do
    /// fails and touches nothing, so that their owners can be destroyed afterwards.
    void power_cut(Cut cut = Cut::seeded);
    void power_on();
    bool is_on() const;
    std::uint64_t life() const;  ///< Grows whenever all connections die.
    /// The processes die (SIGKILL): their connections are dead, the page cache is not.
    void kill();

    void lie_about_sync(bool lies);      ///< Says it is done and does nothing: a broken controller.
    void capacity(std::uint64_t bytes);  ///< Of all files together; 0: without end.
    std::uint64_t used() const;          ///< Bytes of all files.
    std::uint64_t bytes_written() const;  ///< By all writes: what wears out flash.
    void set_time(std::int64_t unix_ms);

    bool exists(std::string_view file) const;
    std::vector<std::string> files() const;
    std::string contents(std::string_view file) const;  ///< As the page cache has it; empty: none.
    /// Damage at rest and files from elsewhere: both cache and platter have exactly this afterwards.
    void put(std::string_view file, std::string contents);
    void flip_bit(std::string_view file, std::uint64_t bit);
    void rename(const std::string& from, const std::string& to);  ///< Durable after sync_names().
    void remove(std::string_view file);                           ///< Likewise.
    void sync_names();
    Image image() const;               ///< As the page cache has it.
    void replace(const Image& image);  ///< The disk is swapped or restored; connections are dead.

    /// Makes SQLite's own generator (WAL salts) begin anew, so that runs repeat to the byte. One for
    /// the whole process: seeds that run side by side belong into processes of their own.
    static void seed_sqlite(std::uint32_t seed);

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace till
