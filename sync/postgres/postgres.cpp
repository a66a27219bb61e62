#include "sync/postgres/postgres.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace till::sync {

namespace {

using namespace std::chrono_literals;

// The server gives up first (statement_timeout below), so that its answer says why.
constexpr std::chrono::milliseconds answer_time_max = 10s;
constexpr std::size_t copy_chunk_bytes = 256 * 1024;

// A client that vanishes must not hold its rows for the hours that TCP allows.
constexpr const char* session =
    "SET statement_timeout = '8s'; SET lock_timeout = '5s'; "
    "SET idle_in_transaction_session_timeout = '10s'; SET client_min_messages = 'error'; "
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3";

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::int64_t in_time() { return now_ms() + answer_time_max.count(); }

std::string one_line(std::string_view text) {
    std::string line{text.substr(0, text.find_last_not_of(" \r\n\t") + 1)};
    std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return line;
}

Errc code_of(std::string_view state) {
    struct Known {
        std::string_view state;
        Errc code;
    };
    // The first that begins alike. https://www.postgresql.org/docs/15/errcodes-appendix.html
    static constexpr std::array known = {
        Known{"40001", Errc::busy},      Known{"40P01", Errc::busy},
        Known{"53100", Errc::disk_full}, Known{"53", Errc::busy},
        Known{"55P03", Errc::busy},      Known{"57014", Errc::busy},
        Known{"57P", Errc::closed},      Known{"25P03", Errc::closed},
        Known{"08", Errc::closed},       Known{"23", Errc::conflict},
        Known{"25006", Errc::forbidden}, Known{"42501", Errc::forbidden},
        Known{"42", Errc::unsupported},  Known{"XX001", Errc::corrupt},
        Known{"XX002", Errc::corrupt},
    };
    for (const Known& one : known)
        if (state.starts_with(one.state)) return one.code;
    return Errc::io;
}

}  // namespace

void Postgres::Close::operator()(pg_conn* handle) const { PQfinish(handle); }

Result<Postgres> Postgres::open(const PostgresAddress& address) {
    std::vector<const char*> keys, values;
    const auto add = [&](const char* key, const char* value) {
        keys.push_back(key);
        values.push_back(value);
    };
    add("connect_timeout", "3");  // Of each host that the address names.
    add("target_session_attrs", "read-write");
    add("application_name", "till-gateway");
    add("keepalives_idle", "5");
    add("keepalives_interval", "2");
    add("keepalives_count", "3");
    for (const auto& [key, value] : address.words_) add(key.c_str(), value.c_str());
    add(nullptr, nullptr);  // A later word overrides an earlier one.
    pg_conn* const handle = PQconnectdbParams(keys.data(), values.data(), 0);
    if (handle == nullptr) return Error{Errc::io, "out of memory"};
    Postgres made{handle};
    if (PQstatus(handle) != CONNECTION_OK)
        return Error{Errc::closed, address.text() + ": " + one_line(PQerrorMessage(handle))};
    PQsetNoticeProcessor(handle, [](void*, const char*) {}, nullptr);
    PQsetnonblocking(handle, 1);
    TILL_TRY_VOID(made.set_up());
    return made;
}

Result<void> Postgres::set_up() {
    TILL_TRY_VOID(execute(session));
    TILL_TRY(const auto how, ask("SELECT current_setting('fsync') = 'on', "
                                 "current_setting('synchronous_commit') = 'off'"));
    if (how[0].integer(0) == 0)
        return Error{Errc::unsupported,
                     "the server runs with fsync = off and may lose what it has stored"};
    if (how[0].integer(1) != 0) return execute("SET synchronous_commit = on");
    return {};
}

Error Postgres::lose(std::string why) {
    lost_ = true;
    return {Errc::closed, "PostgreSQL: " + std::move(why)};
}

// Until the socket can be read, or also written, and takes in what there is to read.
Result<void> Postgres::wait(bool writing, Deadline deadline) {
    pollfd socket{PQsocket(handle_.get()), static_cast<short>(POLLIN | (writing ? POLLOUT : 0)), 0};
    const std::int64_t left = std::max<std::int64_t>(deadline - now_ms(), 0);
    const int ready = ::poll(&socket, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) return {};
    if (ready <= 0) return lose("the server does not answer");
    if ((socket.revents & ~POLLOUT) != 0 && PQconsumeInput(handle_.get()) == 0)
        return lose(one_line(PQerrorMessage(handle_.get())));
    return {};
}

Result<void> Postgres::flush(Deadline deadline) {
    for (;;) {
        const int left = PQflush(handle_.get());
        if (left == 0) return {};
        if (left < 0) return lose(one_line(PQerrorMessage(handle_.get())));
        TILL_TRY_VOID(wait(true, deadline));
    }
}

// The last result of what was sent; the first that failed when one did.
Result<PostgresRows> Postgres::answer(Deadline deadline) {
    PostgresRows last{nullptr};
    std::optional<Error> failure;
    gave_way_ = false;
    for (;;) {
        while (PQisBusy(handle_.get()) != 0) TILL_TRY_VOID(wait(false, deadline));
        pg_result* const result = PQgetResult(handle_.get());
        if (result == nullptr) break;
        last = PostgresRows{result};
        const ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COPY_IN) return last;
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || failure) continue;
        const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char* const said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        if (state == nullptr) return lose(one_line(PQresultErrorMessage(result)));
        gave_way_ = std::string_view{state} == "40001" || std::string_view{state} == "40P01";
        failure =
            Error{code_of(state), "PostgreSQL: " + one_line(said ? said : "") + " (" + state + ")"};
    }
    if (failure && failure->code == Errc::closed) lost_ = true;
    if (PQstatus(handle_.get()) != CONNECTION_OK) return lose("the connection was closed");
    if (failure) return *failure;
    return last;
}

Result<PostgresRows> Postgres::run(const char* sql, std::span<const PostgresValue> arguments) {
    if (lost_) return lose("the connection was closed");
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths, formats(arguments.size(), 1);
    for (const PostgresValue& argument : arguments) {
        types.push_back(argument.type);
        values.push_back(argument.bytes ? argument.bytes->data() : nullptr);
        lengths.push_back(argument.bytes ? static_cast<int>(argument.bytes->size()) : 0);
    }
    const auto deadline = in_time();
    if (PQsendQueryParams(handle_.get(), sql, static_cast<int>(arguments.size()), types.data(),
                          values.data(), lengths.data(), formats.data(), 1)
        == 0)
        return lose(one_line(PQerrorMessage(handle_.get())));
    TILL_TRY_VOID(flush(deadline));
    return answer(deadline);
}

Result<void> Postgres::execute(const char* sql) {
    if (lost_) return lose("the connection was closed");
    const auto deadline = in_time();
    if (PQsendQuery(handle_.get(), sql) == 0) return lose(one_line(PQerrorMessage(handle_.get())));
    TILL_TRY_VOID(flush(deadline));
    TILL_TRY_VOID(answer(deadline));
    return {};
}

Result<void> Postgres::copy(const char* sql, const PostgresCopy& rows) {
    TILL_TRY_VOID(execute(sql));
    const auto deadline = in_time();
    for (BytesView left = rows.data(); !left.empty();) {
        const BytesView chunk = left.substr(0, copy_chunk_bytes);
        left.remove_prefix(chunk.size());
        if (PQputCopyData(handle_.get(), chunk.data(), static_cast<int>(chunk.size())) < 0)
            return lose(one_line(PQerrorMessage(handle_.get())));
        TILL_TRY_VOID(flush(deadline));
    }
    constexpr std::string_view trailer{"\xff\xff", 2};
    if (PQputCopyData(handle_.get(), trailer.data(), trailer.size()) < 0
        || PQputCopyEnd(handle_.get(), nullptr) < 0)
        return lose(one_line(PQerrorMessage(handle_.get())));
    TILL_TRY_VOID(flush(deadline));
    TILL_TRY(const auto stored, answer(deadline));
    if (stored.touched() != rows.rows()) return Error{Errc::io, "COPY stored another number"};
    return {};
}

Result<void> Postgres::commit() {
    if (lost_) return lose("the connection was closed");
    // A COMMIT of a transaction that failed is answered "ROLLBACK", not with an error.
    TILL_TRY(const auto done, run("COMMIT", {}));
    if (done.command() != "COMMIT") return Error{Errc::io, "the transaction had failed before"};
    return {};
}

void Postgres::roll_back() {
    if (lost_ || PQtransactionStatus(handle_.get()) == PQTRANS_IDLE) return;
    if (!execute("ROLLBACK")) lost_ = true;
}

}  // namespace till::sync
