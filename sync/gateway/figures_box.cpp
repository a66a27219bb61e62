#include "sync/gateway/figures_box.hpp"

#include "sync/gateway/postgres/migrations.sql.hpp"

namespace till::sync {

FiguresBox::FiguresBox(const PostgresAddress& address)
    : line_{address,
            [](Postgres& fresh) { return migrate(fresh, "gateway", sql::sync_gateway_postgres); }} {
}

Result<std::unique_ptr<FiguresBox>> FiguresBox::open(const PostgresAddress& address) {
    std::unique_ptr<FiguresBox> box{new FiguresBox{address}};
    TILL_TRY_VOID(box->line_.connected());
    return box;
}

Result<void> FiguresBox::put(const DeviceFigures& figures) {
    return line_.retried([&](Postgres& db) -> Result<void> {
        TILL_TRY_VOID(
            db.ask("INSERT INTO figures(figures, signature, verified, received_ms) "
                   "VALUES($1, $2, $3, $4)",
                   BytesView{figures.figures}, BytesView{figures.signature},
                   std::int64_t{figures.verified}, figures.received_ms));
        return {};
    });
}

Result<std::size_t> FiguresBox::empty(
    const std::function<Result<void>(const DeviceFigures&)>& keep) {
    return line_.retried([&](Postgres& db) -> Result<std::size_t> {
        TILL_TRY(const auto rows, db.ask("SELECT number, figures, signature, verified, received_ms "
                                         "FROM figures ORDER BY number LIMIT 100"));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto kept = keep({Bytes{rows[i].bytes(1)}, Bytes{rows[i].bytes(2)},
                                    rows[i].integer(3) != 0, rows[i].integer(4)});
            if (!kept && kept.error().code != Errc::malformed) return kept.error();
            TILL_TRY_VOID(db.ask("DELETE FROM figures WHERE number = $1", rows[i].integer(0)));
        }
        return rows.size();
    });
}

}  // namespace till::sync
