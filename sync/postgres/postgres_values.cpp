#include "sync/postgres/postgres_values.hpp"

#include "agent/core/hex.hpp"

#include <libpq-fe.h>

#include <array>
#include <cstdlib>

namespace till::sync {

namespace {

// Object ids of built-in types are the same in every server.
constexpr Oid bytea_type = 17, bigint_type = 20, uuid_type = 2950;
constexpr Oid bytea_array = 1001, bigint_array = 1016, uuid_array = 2951;

template <class Integer>
void put(Bytes& out, Integer number) {
    for (int shift = 8 * (static_cast<int>(sizeof number) - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(number >> shift));
}

Bytes big_endian(std::int64_t number) {
    Bytes bytes;
    put(bytes, number);
    return bytes;
}

Oid array_of(Oid element) {
    if (element == bytea_type) return bytea_array;
    return element == bigint_type ? bigint_array : uuid_array;
}

}  // namespace

PostgresValue pg(std::int64_t number) { return {bigint_type, big_endian(number)}; }
PostgresValue pg(BytesView bytes) { return {bytea_type, Bytes{bytes}}; }
PostgresValue pg(const Uuid& id) { return {uuid_type, Bytes{id.bytes()}}; }

PostgresValue pg(const std::optional<Uuid>& id) {
    return id ? pg(*id) : PostgresValue{uuid_type, std::nullopt};
}

PostgresValue pg(const std::optional<Digest>& digest) {
    return digest ? pg(*digest) : PostgresValue{bytea_type, std::nullopt};
}

PostgresValue pg(const std::optional<std::int64_t>& number) {
    return number ? pg(*number) : PostgresValue{bigint_type, std::nullopt};
}

PostgresValue pg_array(const std::vector<PostgresValue>& values, const PostgresValue& like) {
    Bytes out;
    put(out, std::int32_t{values.empty() ? 0 : 1});  // Dimensions.
    put(out, std::int32_t{1});                       // May hold NULL.
    put(out, static_cast<std::int32_t>(like.type));
    if (!values.empty()) {
        put(out, static_cast<std::int32_t>(values.size()));
        put(out, std::int32_t{1});  // Counted from 1.
    }
    for (const PostgresValue& value : values) {
        put(out, value.bytes ? static_cast<std::int32_t>(value.bytes->size()) : std::int32_t{-1});
        if (value.bytes) out += *value.bytes;
    }
    return {array_of(like.type), std::move(out)};
}

bool PostgresRow::is_null(int column) const { return PQgetisnull(rows_, number_, column) != 0; }

std::int64_t PostgresRow::integer(int column) const {
    const BytesView given = bytes(column);
    std::uint64_t number = !given.empty() && given.front() < 0 ? ~std::uint64_t{0} : 0;
    for (const char byte : given) number = number << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(number);
}

std::optional<std::int64_t> PostgresRow::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

BytesView PostgresRow::bytes(int column) const {
    return {PQgetvalue(rows_, number_, column),
            static_cast<std::size_t>(PQgetlength(rows_, number_, column))};
}

Uuid PostgresRow::uuid(int column) const {
    return Uuid::from_bytes(bytes(column)).value_or(Uuid{});
}

Digest PostgresRow::digest(int column) const { return to_digest(bytes(column)).value_or(Digest{}); }

void PostgresRows::Free::operator()(pg_result* rows) const { PQclear(rows); }

std::size_t PostgresRows::size() const { return static_cast<std::size_t>(PQntuples(rows_.get())); }

std::size_t PostgresRows::touched() const {
    return std::strtoull(PQcmdTuples(rows_.get()), nullptr, 10);
}

std::string_view PostgresRows::command() const { return PQcmdStatus(rows_.get()); }

PostgresCopy::PostgresCopy() {
    constexpr std::array<char, 11> signature = {'P',  'G',    'C',  'O',  'P', 'Y',
                                                '\n', '\xff', '\r', '\n', '\0'};
    data_.append(signature.data(), signature.size());
    put(data_, std::int32_t{0});  // Flags.
    put(data_, std::int32_t{0});  // Length of what may follow them.
}

void PostgresCopy::row(std::int16_t columns) {
    put(data_, columns);
    ++rows_;
}

void PostgresCopy::add(std::int64_t number) {
    put(data_, std::int32_t{sizeof number});
    put(data_, number);
}

void PostgresCopy::add(BytesView bytes) {
    put(data_, static_cast<std::int32_t>(bytes.size()));
    data_ += bytes;
}

void PostgresCopy::add_null() { put(data_, std::int32_t{-1}); }

}  // namespace till::sync
