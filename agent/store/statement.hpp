#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>

struct sqlite3_stmt;

namespace till {

/// Bytes to bind as a BLOB; a plain string binds as TEXT.
struct Blob {
    BytesView bytes;
};

/// One row of a result, valid only while the visitor that was given it runs. Columns count from 0.
class Row {
public:
    explicit Row(sqlite3_stmt* handle) : handle_{handle} {}

    bool is_null(int column) const;
    std::int64_t integer(int column) const;  ///< 0 for NULL.
    /// The same bits as integer(): what was bound as std::uint64_t comes back whole.
    std::uint64_t unsigned_integer(int column) const {
        return static_cast<std::uint64_t>(integer(column));
    }
    BytesView bytes(int column) const;  ///< TEXT or BLOB, not copied; empty for NULL.
    std::optional<std::int64_t> optional_integer(int column) const;
    std::optional<BytesView> optional_bytes(int column) const;

private:
    sqlite3_stmt* handle_;
};

/// An SQL statement prepared once and run often. Arguments are bound in order, without a copy, and
/// must be as many as the statement has parameters. Whatever way a run ends, the statement is reset:
/// a SELECT left standing holds a read mark, and the WAL grows without bound behind it.
///
/// A visitor must not run the statement that is visiting it. Thread: that of the Database, which must
/// outlive the statement.
class Statement {
public:
    Statement() = default;  ///< Of no use until assigned to.
    explicit Statement(sqlite3_stmt* handle) : handle_{handle} {}

    /// Runs it for its effect; rows, if any, are dropped.
    template <class... Args>
    Result<void> run(const Args&... args) {
        return each([](const Row&) { return false; }, args...);
    }

    /// Hands each row to `visit`, which returns nothing, or false to stop, or a Result<void> whose
    /// error stops and is passed on.
    template <class Visit, class... Args>
    Result<void> each(Visit&& visit, const Args&... args) {
        const Reset reset{handle_.get()};
        TILL_TRY_VOID(bind_all(args...));
        for (;;) {
            TILL_TRY(const bool row, step());
            if (!row) return {};
            using Answer = std::invoke_result_t<Visit&, const Row&>;
            if constexpr (std::is_void_v<Answer>) {
                visit(Row{handle_.get()});
            } else if constexpr (std::is_same_v<Answer, bool>) {
                if (!visit(Row{handle_.get()})) return {};
            } else {
                TILL_TRY_VOID(visit(Row{handle_.get()}));
            }
        }
    }

    /// What `read` makes of the first row; empty when there is none.
    template <class Read, class... Args>
    auto one(Read&& read, const Args&... args)
        -> Result<std::optional<std::invoke_result_t<Read&, const Row&>>> {
        std::optional<std::invoke_result_t<Read&, const Row&>> found;
        const auto first = [&](const Row& row) {
            found.emplace(read(row));
            return false;
        };
        TILL_TRY_VOID(each(first, args...));
        return found;
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const;
    };
    struct Reset {
        explicit Reset(sqlite3_stmt* statement) : handle{statement} {}
        Reset(const Reset&) = delete;
        ~Reset();
        sqlite3_stmt* handle;
    };

    Result<bool> step();  // True when it stands on a row.
    Result<void> check(int status, std::size_t count);
    int bind(int index, std::nullptr_t);
    int bind(int index, std::int64_t value);
    int bind(int index, BytesView text);
    int bind(int index, const Blob& blob);
    int bind(int index, const char* text) { return bind(index, BytesView{text}); }
    int bind(int index, const Bytes& text) { return bind(index, BytesView{text}); }
    int bind(int index, const Digest& digest) { return bind(index, Blob{view(digest)}); }
    template <std::integral Integer>
    int bind(int index, Integer value) {
        return bind(index, static_cast<std::int64_t>(value));
    }
    template <class T>
    int bind(int index, const std::optional<T>& value) {
        return value ? bind(index, *value) : bind(index, nullptr);
    }

    template <class... Args>
    Result<void> bind_all(const Args&... args) {
        int index = 0, status = 0;
        ((status |= bind(++index, args)), ...);
        return check(status, sizeof...(args));
    }

    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace till
