#include "agent/journal/event_writer.hpp"

#include "sync/wire/chain.hpp"
#include "sync/wire/events.pb.h"

namespace till::detail {

Result<EventWriter> EventWriter::prepare(Database& database) {
    EventWriter writer;
    TILL_TRY(
        writer.insert_,
        database.prepare("INSERT INTO event(seq, version, kind, wall, since_boot, boot, hash, key,"
                         " request, transaction_number, receipt_counter, sealed, body)"
                         " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    TILL_TRY(writer.head_,
             database.prepare("UPDATE head SET seq = ?, hash = ?, transactions = ?, receipts = ?"));
    TILL_TRY(writer.state_, database.prepare("UPDATE owner_state SET state = ?"));
    TILL_TRY(writer.derived_, database.prepare("UPDATE derived SET keys_seq = ?, days_seq = ?"));
    TILL_TRY(writer.acknowledged_,
             database.prepare("UPDATE acknowledged SET seq = ?, store_epoch = ?"));
    TILL_TRY(writer.note_, database.prepare("REPLACE INTO note VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    return writer;
}

Result<Digest> EventWriter::insert(const Draft& draft, const KeyHash& key, const JournalId& journal,
                                   const Head& previous, const Times& times, const Numbers& numbers,
                                   const std::string& receipt_number) {
    envelope_.seq = next(previous.seq);
    envelope_.kind = draft.kind;
    envelope_.times = times;
    envelope_.body = draft.body;
    envelope_.sealed = draft.sealed;
    std::optional<std::uint64_t> transaction, receipt;
    if (numbers.transaction != 0) {
        tillstream::v1::Event event;
        event.mutable_numbers()->set_transaction_number(numbers.transaction);
        event.mutable_numbers()->set_receipt_number(receipt_number);
        event.AppendToString(&envelope_.body);
        transaction = numbers.transaction;
    }
    if (numbers.receipt != 0) receipt = numbers.receipt;
    std::optional<Blob> sealed;
    if (!envelope_.sealed.empty()) sealed = Blob{envelope_.sealed};

    const Digest hash = sync::chain_hash(previous.hash, journal, envelope_);
    TILL_TRY_VOID(insert_.run(
        envelope_.seq.value(), envelope_.version, envelope_.kind.value(), times.wall.value(),
        times.since_boot.value(), Blob{times.boot.value().bytes()}, hash, Blob{view(key)},
        Blob{draft.request_hash}, transaction, receipt, sealed, Blob{envelope_.body}));
    return hash;
}

Result<void> EventWriter::update_head(const JournalRows::HeadRow& head) {
    return head_.run(head.head.seq.value(), head.head.hash, head.transactions, head.receipts);
}

Result<void> EventWriter::update_state(const Bytes& state) { return state_.run(Blob{state}); }

Result<void> EventWriter::update_derived(const JournalRows::Derived& derived) {
    return derived_.run(derived.keys.value(), derived.days.value());
}

Result<void> EventWriter::update_acknowledged(Seq seq, const Bytes& store_epoch) {
    return acknowledged_.run(seq.value(), Blob{store_epoch});
}

Result<void> EventWriter::replace_note(const sync::KeptNote& kept) {
    const sync::Note& note = kept.note;
    return note_.run(Blob{note.store_epoch}, note.first.value(), note.last.value(), note.hash,
                     note.time.value(), Blob{note.key_id}, Blob{note.signature},
                     Blob{kept.key.public_key}, Blob{kept.key.certified});
}

Result<void> write_identity(Database& database, const JournalIdentity& identity) {
    TILL_TRY(Statement insert, database.prepare("INSERT INTO identity VALUES(1, ?, ?, ?, ?, ?)"));
    std::optional<Blob> predecessor;
    if (identity.predecessor) predecessor = Blob{identity.predecessor->value().bytes()};
    TILL_TRY_VOID(insert.run(Blob{identity.journal.value().bytes()},
                             Blob{identity.device.value().bytes()}, predecessor,
                             identity.receipt_prefix, identity.generation.value()));
    TILL_TRY(Statement head, database.prepare("INSERT INTO head VALUES(1, 0, ?, 0, 0)"));
    return head.run(sync::genesis(identity.journal));
}

Result<void> write_days(Database& database, JournalRows& rows, DayTotals recent) {
    TILL_TRY(Statement put_day, database.prepare("REPLACE INTO day VALUES(?, ?, ?, ?, ?, ?, ?)"));
    TILL_TRY(Statement put_figure,
             database.prepare("REPLACE INTO day_figure VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
    std::vector<DayKey> keys;
    for (const auto& [key, figures] : recent.days()) keys.push_back(key);
    for (const DayKey& key : keys) {
        TILL_TRY(const DayFigures stored, rows.stored_day(key));
        if (stored.events > 0) recent.merge(key, stored);
        const DayFigures& day = recent.days().at(key);
        TILL_TRY_VOID(put_day.run(key.business_day, key.store, key.workstation, day.events,
                                  day.first.value(), day.last.value(), day.last_hash));
        for (const auto& [figure, sum] : day.figures)
            TILL_TRY_VOID(put_figure.run(key.business_day, key.store, key.workstation,
                                         figure.currency, static_cast<int>(figure.measure),
                                         figure.type, sum.count, sum.amount));
    }
    return {};
}

}  // namespace till::detail
