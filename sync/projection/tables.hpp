#pragma once

#include "agent/core/ids.hpp"
#include "agent/store/database.hpp"
#include "sync/wire/envelope.hpp"
#include "sync/wire/events.pb.h"

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>

namespace till::sync::detail {

/// Behind the code of an exception whose event has a correction: the code may be noted anew.
constexpr std::string_view corrected_suffix = " (corrected)";

namespace v1 = tillstream::v1;

inline constexpr int seq_bits = 40;

/// Which event of which journal, in one integer (see 0001-projection.sql).
inline std::int64_t event_id(std::int64_t journal, Seq seq) {
    return (journal << seq_bits) | static_cast<std::int64_t>(seq.value());
}
inline std::int64_t journal_of(std::int64_t event) { return event >> seq_bits; }
inline Seq seq_of(std::int64_t event) {
    return Seq{static_cast<std::uint64_t>(event) & ((std::uint64_t{1} << seq_bits) - 1)};
}
inline Blob blob(const Uuid& id) { return Blob{id.bytes()}; }

/// One connection to projection.db. A statement is prepared when its text is first used; texts are
/// string literals, which also are the keys.
class Tables {
public:
    /// The writing connection makes or migrates the file; the other kind only looks.
    static Result<Tables> open(const std::filesystem::path& file, Database::Mode mode,
                               const std::string& vfs = {});

    template <class... Args>
    Result<void> run(const char* sql, const Args&... args) {
        TILL_TRY(Statement* const statement, prepared(sql));
        return statement->run(args...);
    }
    template <class Visit, class... Args>
    Result<void> each(const char* sql, Visit&& visit, const Args&... args) {
        TILL_TRY(Statement* const statement, prepared(sql));
        return statement->each(visit, args...);
    }
    /// The first column of the first row as an integer; empty when there is none.
    template <class... Args>
    Result<std::optional<std::int64_t>> integer(const char* sql, const Args&... args) {
        TILL_TRY(Statement* const statement, prepared(sql));
        return statement->one([](const Row& row) { return row.integer(0); }, args...);
    }

    struct Journal {
        std::int64_t number = 0;
        Seq cursor{0};
        std::optional<DeviceId> device{};
    };
    Result<std::optional<Journal>> find_journal(const JournalId& journal);
    Result<Journal> journal(const JournalId& journal);  ///< Made when it is not there.
    Result<JournalId> journal_id(std::int64_t number);
    /// Remembers whose it is; makes it when it is not there.
    Result<void> introduce(const JournalId& journal, const DeviceId& device);

    struct Day {
        std::int64_t id = 0;
        bool closed = false;
        std::int64_t amendments = 0;
        std::string currency;
    };
    /// Remembered until forget(): what a transaction that was rolled back had made is not there.
    Result<Day*> day(const v1::Context& context);
    void forget() { days_.clear(); }

    Database& database() { return db_; }

private:
    explicit Tables(Database db) : db_{std::move(db)} {}
    Result<Statement*> prepared(const char* sql);

    Database db_;
    std::unordered_map<const char*, Statement> statements_{};
    std::map<std::string, Day> days_{};
};

}  // namespace till::sync::detail
