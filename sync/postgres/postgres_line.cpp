#include "sync/postgres/postgres_line.hpp"

namespace till::sync {

namespace {

constexpr std::chrono::milliseconds breath{500};

}  // namespace

Error PostgresLine::as_disk(const Error& error) {
    if (error.code == Errc::closed) return {Errc::io, error.detail};
    return error;
}

Result<Postgres*> PostgresLine::connected() {
    if (connection_ && !connection_->is_lost()) return &*connection_;
    connection_.reset();
    if (away_ && Steady::now() < next_attempt_) return *away_;
    const auto connect = [this]() -> Result<Postgres> {
        TILL_TRY(Postgres fresh, Postgres::open(address_));
        TILL_TRY_VOID(set_up_(fresh));
        return fresh;
    };
    auto fresh = connect();
    if (!fresh) {
        next_attempt_ = Steady::now() + breath;
        away_ = fresh.error();
        return *away_;
    }
    away_.reset();
    return &connection_.emplace(*std::move(fresh));
}

}  // namespace till::sync
