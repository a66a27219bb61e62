#include "agent/capture/spool.hpp"

#include "agent/core/limits.hpp"

#include <fmt/format.h>

#include <cstring>
#include <system_error>

namespace till {

namespace {

constexpr std::size_t run_bytes_max = 64 * 1024;
constexpr int run_bits = 32;  // A run's id is its group's ordinal, then its own number.

constexpr const char* schema = R"sql(
    PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
    CREATE TABLE groups(name BLOB PRIMARY KEY, ordinal INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE runs(id INTEGER PRIMARY KEY, rows INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE TABLE aside(line INTEGER PRIMARY KEY, raw TEXT NOT NULL, reason TEXT NOT NULL);
    BEGIN;
)sql";

template <class Integer>
void put(std::string& out, Integer value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
Integer take(BytesView& in) {
    Integer value{};
    std::memcpy(&value, in.data(), sizeof value);
    in.remove_prefix(sizeof value);
    return value;
}

template <class Visit>
Result<void> each_row(BytesView run, Visit visit) {
    while (!run.empty()) {
        const auto line = take<std::uint64_t>(run);
        const auto size = take<std::uint32_t>(run);
        TILL_TRY_VOID(visit(line, run.substr(0, size)));
        run.remove_prefix(size);
    }
    return {};
}

}  // namespace

Result<Spool> Spool::open(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    const auto file = folder / "file-drop.spool";
    std::filesystem::remove(file, ignored);
    const Database::Options options{
        .file = file, .mode = Database::Mode::create, .cache_kib = 4096};
    TILL_TRY(Database database, Database::open(options));
    Spool spool{std::move(database)};
    TILL_TRY_VOID(spool.prepare());
    std::filesystem::remove(file, ignored);
    return spool;
}

Result<void> Spool::prepare() {
    TILL_TRY_VOID(database_.execute(schema));
    TILL_TRY(find_group_, database_.prepare("SELECT ordinal FROM groups WHERE name=?"));
    TILL_TRY(add_group_, database_.prepare("INSERT INTO groups VALUES(?,?)"));
    TILL_TRY(add_run_, database_.prepare("INSERT INTO runs VALUES(?,?,?)"));
    TILL_TRY(size_, database_.prepare("SELECT sum(rows) FROM runs WHERE id BETWEEN ? AND ?"));
    TILL_TRY(read_, database_.prepare("SELECT bytes FROM runs WHERE id BETWEEN ? AND ?"));
    TILL_TRY(add_aside_, database_.prepare("INSERT OR REPLACE INTO aside VALUES(?,?,?)"));
    TILL_TRY(
        read_aside_,
        database_.prepare("SELECT line,raw,reason FROM aside WHERE line>? ORDER BY line LIMIT ?"));
    return {};
}

Result<void> Spool::add(const std::string& group, std::uint64_t line, std::string_view raw) {
    if (group != group_ || run_.size() >= run_bytes_max) {
        TILL_TRY_VOID(flush_run());
        group_ = group;
    }
    put(run_, line);
    put(run_, static_cast<std::uint32_t>(raw.size()));
    run_ += raw;
    ++run_rows_;
    ++rows_;
    return {};
}

Result<std::uint64_t> Spool::ordinal_of(const std::string& group) {
    const auto read = [](const Row& row) { return row.unsigned_integer(0); };
    TILL_TRY(const auto known, find_group_.one(read, Blob{group}));
    if (known) return *known;
    TILL_TRY_VOID(add_group_.run(Blob{group}, groups_));
    return groups_++;
}

Result<void> Spool::flush_run() {
    if (run_.empty()) return {};
    TILL_TRY(const std::uint64_t ordinal, ordinal_of(group_));
    TILL_TRY_VOID(add_run_.run((ordinal << run_bits) | runs_++, run_rows_, Blob{run_}));
    run_.clear();
    run_rows_ = 0;
    return {};
}

Result<void> Spool::set_aside(std::uint64_t line, std::string_view raw, std::string_view reason) {
    ++aside_;
    return add_aside_.run(line, raw, reason);
}

Result<void> Spool::seal() { return flush_run(); }

Result<std::vector<SourceRow>> Spool::next_group() {
    std::vector<SourceRow> rows;
    while (rows.empty() && read_groups_ < groups_) {
        const std::uint64_t first = read_groups_ << run_bits, last = first | 0xffffffffU;
        const auto count = [](const Row& row) { return row.unsigned_integer(0); };
        TILL_TRY(const auto size, size_.one(count, first, last));
        const std::uint64_t ordinal = read_groups_++;
        if (size.value_or(0) > limits::transaction_lines_max) {
            TILL_TRY_VOID(refuse_group(ordinal, *size));
            continue;
        }
        rows.reserve(size.value_or(0));
        const auto collect = [&rows](std::uint64_t line, BytesView raw) -> Result<void> {
            rows.push_back({line, Bytes{raw}});
            return {};
        };
        const auto visit = [&](const Row& row) { return each_row(row.bytes(0), collect); };
        TILL_TRY_VOID(read_.each(visit, first, last));
    }
    return rows;
}

Result<void> Spool::refuse_group(std::uint64_t ordinal, std::uint64_t rows) {
    const std::string reason = fmt::format("the transaction has {} lines; at most {}", rows,
                                           limits::transaction_lines_max);
    const auto refuse = [&](std::uint64_t line, BytesView raw) {
        return set_aside(line, raw, reason);
    };
    const auto visit = [&](const Row& row) { return each_row(row.bytes(0), refuse); };
    const std::uint64_t first = ordinal << run_bits;
    return read_.each(visit, first, first | 0xffffffffU);
}

Result<std::vector<Spool::Aside>> Spool::set_aside_after(std::uint64_t after, std::size_t most) {
    std::vector<Aside> rows;
    const auto collect = [&rows](const Row& row) {
        rows.push_back({row.unsigned_integer(0), Bytes{row.bytes(1)}, Bytes{row.bytes(2)}});
    };
    TILL_TRY_VOID(read_aside_.each(collect, after, most));
    return rows;
}

}  // namespace till
