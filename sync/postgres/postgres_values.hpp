#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/ids.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_result;

namespace till::sync {

/// An argument of a statement, in PostgreSQL's binary form. Integers are bigint, bytes are bytea.
struct PostgresValue {
    std::uint32_t type = 0;  ///< The type's oid.
    std::optional<Bytes> bytes;
};

PostgresValue pg(std::int64_t number);
PostgresValue pg(BytesView bytes);
PostgresValue pg(const Uuid& id);
inline PostgresValue pg(const Digest& digest) { return pg(view(digest)); }
inline PostgresValue pg(Seq seq) { return pg(static_cast<std::int64_t>(seq.value())); }
PostgresValue pg(const std::optional<Uuid>& id);
PostgresValue pg(const std::optional<Digest>& digest);
PostgresValue pg(const std::optional<std::int64_t>& number);
/// Any number of values of one kind as an array; `like` says which kind when there is none.
PostgresValue pg_array(const std::vector<PostgresValue>& values, const PostgresValue& like);

/// One row of an answer, valid as long as its PostgresRows. Columns are numbered from 0 and must
/// hold what is asked for.
class PostgresRow {
public:
    PostgresRow(const pg_result* rows, int number) : rows_{rows}, number_{number} {}

    bool is_null(int column) const;
    std::int64_t integer(int column) const;  ///< bigint, integer or boolean; 0 for NULL.
    std::uint64_t unsigned_integer(int column) const {
        return static_cast<std::uint64_t>(integer(column));
    }
    BytesView bytes(int column) const;  ///< bytea, text or uuid; empty for NULL.
    Uuid uuid(int column) const;
    Digest digest(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;
    std::optional<BytesView> optional_bytes(int column) const {
        return is_null(column) ? std::nullopt : std::optional{bytes(column)};
    }

private:
    const pg_result* rows_;
    int number_;
};

/// What a statement answered.
class PostgresRows {
public:
    explicit PostgresRows(pg_result* rows) : rows_{rows} {}

    std::size_t size() const;
    std::size_t touched() const;       ///< Rows that an INSERT, UPDATE or DELETE changed.
    std::string_view command() const;  ///< "COMMIT", "UPDATE 3", …
    PostgresRow operator[](std::size_t number) const {
        return {rows_.get(), static_cast<int>(number)};
    }

private:
    struct Free {
        void operator()(pg_result* rows) const;
    };
    std::unique_ptr<pg_result, Free> rows_;
};

/// Rows on their way to COPY … FROM STDIN (FORMAT binary).
class PostgresCopy {
public:
    PostgresCopy();
    void row(std::int16_t columns);  ///< Then exactly so many values.
    void add(std::int64_t number);
    void add(BytesView bytes);
    void add(const Uuid& id) { add(id.bytes()); }
    void add(const Digest& digest) { add(view(digest)); }
    void add(Seq seq) { add(static_cast<std::int64_t>(seq.value())); }
    void add_null();

    std::size_t rows() const { return rows_; }
    BytesView data() const { return data_; }

private:
    Bytes data_;
    std::size_t rows_ = 0;
};

}  // namespace till::sync
