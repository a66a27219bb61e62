#include "agent/journal/pruning.hpp"

#include "sync/wire/chain.hpp"
#include "sync/wire/events.pb.h"

namespace till::detail {

namespace {

namespace v1 = tillstream::v1;

void put_totals(v1::RetailTransaction& into, const v1::RetailTransaction& of) {
    into.set_currency(of.currency());
    into.set_currency_decimals(of.currency_decimals());
    into.mutable_totals()->set_gross(of.totals().gross());
    into.mutable_totals()->set_change(of.totals().change());
}

}  // namespace

Result<Pruning> Pruning::prepare(Database& database) {
    Pruning pruning;
    TILL_TRY(pruning.newest_, database.prepare("SELECT store_epoch, time FROM milestone"
                                               " ORDER BY seq DESC LIMIT 1"));
    TILL_TRY(pruning.put_,
             database.prepare("INSERT INTO milestone VALUES(?, ?, ?, ?) ON CONFLICT(seq) DO UPDATE"
                              " SET store_epoch = excluded.store_epoch, time = excluded.time,"
                              " heard = excluded.heard WHERE store_epoch <> excluded.store_epoch"));
    TILL_TRY(pruning.confirmed_,
             database.prepare("SELECT max(seq) FROM milestone WHERE store_epoch = ? AND time <= ?"
                              " AND heard <= ?"));
    TILL_TRY(pruning.forget_, database.prepare("DELETE FROM milestone WHERE seq <= ?"));
    TILL_TRY(pruning.keep_,
             database.prepare("INSERT INTO pruned SELECT seq, key, request, transaction_number,"
                              " receipt_counter, kind, ?2 FROM event WHERE seq = ?1"));
    TILL_TRY(pruning.delete_, database.prepare("DELETE FROM event WHERE seq <= ?"));
    TILL_TRY(pruning.move_, database.prepare("REPLACE INTO checkpoint VALUES(1, ?, ?)"));
    return pruning;
}

Result<void> Pruning::note(const sync::Note& note, WallTime heard,
                           std::chrono::milliseconds interval) {
    bool due = true;
    const auto compare = [&](const Row& row) {
        due = row.bytes(0) != note.store_epoch
              || row.integer(1) + interval.count() <= note.time.value();
    };
    TILL_TRY_VOID(newest_.each(compare));
    if (!due) return {};
    return put_.run(note.last.value(), Blob{note.store_epoch}, note.time.value(), heard.value());
}

Result<Seq> Pruning::confirmed_before(const sync::Note& newest, WallTime now,
                                      std::chrono::milliseconds age) {
    const auto read = [](const Row& row) { return Seq{row.unsigned_integer(0)}; };
    TILL_TRY(const auto found,
             confirmed_.one(read, Blob{newest.store_epoch}, newest.time.value() - age.count(),
                            now.value() - age.count()));
    return found.value_or(Seq{0});
}

Result<Head> Pruning::remove(JournalRows& rows, const JournalId& journal, Seq upto) {
    Head at = checkpoint_;
    if (at.seq == Seq{0}) at.hash = sync::genesis(journal);
    Result<void> done;
    const auto keep = [&](const sync::Envelope& envelope, const Digest& hash) {
        if (envelope.seq != next(at.seq) || sync::chain_hash(at.hash, journal, envelope) != hash)
            done = Error{Errc::corrupt, "journal: event " + std::to_string(next(at.seq).value())
                                            + " does not follow from the one before it"};
        else
            done = keep_.run(envelope.seq.value(), Blob{remnant(envelope.body)});
        if (done) at = {envelope.seq, hash};
        return done.has_value();
    };
    TILL_TRY_VOID(rows.each(at.seq, upto, records_max, keep));
    TILL_TRY_VOID(done);
    TILL_TRY_VOID(delete_.run(at.seq.value()));
    TILL_TRY_VOID(forget_.run(at.seq.value()));
    TILL_TRY_VOID(move_.run(at.seq.value(), at.hash));
    return at;
}

Bytes remnant(std::string_view body) {
    v1::Event event;
    v1::Event left;
    if (!event.ParseFromArray(body.data(), static_cast<int>(body.size()))) return {};
    left.mutable_origin()->set_request_hash(event.origin().request_hash());
    left.mutable_context()->set_business_day(event.context().business_day());
    if (event.has_retail_transaction())
        put_totals(*left.mutable_retail_transaction(), event.retail_transaction());
    if (event.has_post_void())
        put_totals(*left.mutable_post_void()->mutable_reversal(), event.post_void().reversal());
    return left.SerializeAsString();
}

}  // namespace till::detail
