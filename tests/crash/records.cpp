#include "tests/crash/records.hpp"

#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "tests/support/events.hpp"

#include <map>

namespace till::crash {

namespace {

constexpr std::size_t plenty = 1 << 20;

// Most sales are short; each 16th is an invoice of up to a hundred lines.
std::int64_t lines_of(Number record) {
    const auto some = static_cast<std::int64_t>(record * 7 % 12) + 1;
    return record % 16 == 5 ? some * 10 : some;
}

std::string key_of(Number record) { return "record-" + std::to_string(record); }

sync::v1::Event event_of(Number record) {
    sync::v1::Event event = sync::sale_of("", static_cast<std::int64_t>(record % 1000) + 1);
    auto& sale = *event.mutable_retail_transaction();
    for (std::int64_t line = 1; line < lines_of(record); ++line) sync::add_line(sale, 1, line * 5);
    sale.set_order_id(key_of(record));
    event.clear_numbers();
    return event;
}

/// The same made once: the matrix asks for it some hundred thousand times.
const Bytes& body_of(Number record) {
    static std::map<Number, Bytes> made;
    const auto [known, added] = made.try_emplace(record);
    if (added) known->second = event_of(record).SerializeAsString();
    return known->second;
}

}  // namespace

Draft draft_of(Number record) {
    const std::string key = key_of(record);
    Draft draft;
    draft.kind = sync::Kind{sync::v1::Event::kRetailTransaction};
    draft.body = body_of(record);
    draft.caller = "pos-1";
    draft.key = key;
    draft.request_hash = hex(sha256(key)).substr(0, 16);
    draft.numbering = Numbering::receipt;
    draft.state_after = key;
    return draft;
}

Result<Number> record_of(const sync::Envelope& envelope) {
    sync::v1::Event event;
    const Error wrong{Errc::corrupt, "a record is not as it was made"};
    if (!event.ParseFromString(envelope.body)) return wrong;
    const std::string key = event.retail_transaction().order_id();
    const Number record = std::strtoull(key.c_str() + key.find('-') + 1, nullptr, 10);
    // The journal appends its numbers; what the capture wrote stays as it is.
    if (!envelope.body.starts_with(body_of(record))) return wrong;
    return record;
}

std::int64_t gross_of(const sync::Envelope& envelope) {
    sync::v1::Event event;
    return event.ParseFromString(envelope.body) ? event.retail_transaction().totals().gross() : -1;
}

Fleet::Fleet() {
    for (std::size_t which = 0; which < size; ++which) {
        sync::SeededRandom random{1000 + which};
        journals_.emplace_back(random);
    }
}

std::vector<Fleet::Sent> Fleet::sent(Number first, std::size_t count) {
    std::vector<Sent> runs;
    for (Number record = first; record < first + count; ++record) {
        const std::size_t which = journal_of(record);
        sync::FakeJournal& journal = journals_[which];
        while (journal.envelopes.size() < seq_of(record)) {
            const Number made = journal.envelopes.size() * size + which;
            sync::v1::Event numbers;
            numbers.mutable_numbers()->set_receipt_number(key_of(made));
            journal.add(sync::v1::Event::kRetailTransaction,
                        body_of(made) + numbers.SerializeAsString());
        }
        const auto same = [&](const Sent& run) { return run.journal == which; };
        const auto known = std::ranges::find_if(runs, same);
        if (known == runs.end())
            runs.push_back({which, seq_of(record)});
        else
            known->upto = seq_of(record);
    }
    return runs;
}

std::string Fleet::where(Number record) const {
    const sync::FakeJournal& from = journals_[journal_of(record)];
    const Seq seq{seq_of(record)};
    return where(from.journal, seq, from.mark_at(seq.value()).hash);
}

std::string Fleet::where(const JournalId& journal, Seq seq, const Digest& hash) {
    return journal.value().text() + ' ' + std::to_string(seq.value()) + ' '
           + hex(hash).substr(0, 16);
}

Result<std::vector<Held>> held_by(sync::Store& store) {
    std::vector<Held> all;
    TILL_TRY(const auto journals, store.journals());
    for (const auto& row : journals) {
        sync::Mark at{Seq{0}, sync::genesis(row.journal)};
        const auto broken = [&] {
            return Error{Errc::corrupt, row.journal.value().text() + " breaks after event "
                                            + std::to_string(at.seq.value())};
        };
        while (at.seq < row.mark.seq) {
            TILL_TRY(const auto run, store.read(row.journal, at.seq, plenty, 1000));
            if (run.empty()) return broken();
            for (const auto& [envelope, hash, received, offset, error] : run) {
                const Digest made = sync::chain_hash(at.hash, row.journal, envelope);
                if (envelope.seq != next(at.seq) || made != hash) return broken();
                at = {envelope.seq, hash};
                TILL_TRY(const Number record, record_of(envelope));
                all.push_back({record, Fleet::where(row.journal, envelope.seq, hash)});
            }
        }
        if (at.seq != row.mark.seq || at.hash != row.mark.hash) return broken();
    }
    return all;
}

}  // namespace till::crash
