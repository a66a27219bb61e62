#include "sync/projection/writer.hpp"
#include "sync/wire/centre.hpp"

namespace till::sync::detail {

namespace {

using Ranges = google::protobuf::RepeatedPtrField<v1::SeqRange>;

std::string words(const Ranges& ranges) {
    constexpr int shown_max = 20;
    std::string text;
    for (int i = 0; i < ranges.size() && i < shown_max; ++i) {
        if (i > 0) text += ", ";
        text += std::to_string(ranges[i].first());
        if (ranges[i].last() > ranges[i].first()) text += "–" + std::to_string(ranges[i].last());
    }
    if (ranges.size() > shown_max)
        text += " and " + std::to_string(ranges.size() - shown_max) + " more ranges";
    return text;
}

std::uint64_t count(const Ranges& ranges) {
    std::uint64_t events = 0;
    for (const auto& range : ranges) events += range.last() - range.first() + 1;
    return events;
}

}  // namespace

std::string damage_words(const v1::JournalDamaged& said) {
    std::string text = "set aside at " + std::to_string(said.chained());
    if (said.lost_size() > 0) text += ", " + words(said.lost()) + " unreadable";
    if (said.salvaged_size() > 0) text += ", salvaged " + words(said.salvaged());
    if (said.lost_size() == 0 && said.head_known()) text += ", nothing lost";
    if (!said.head_known()) text += ", how far it went is not known";
    return text;
}

Result<void> Writer::write_damaged(const Subject& subject) {
    const v1::JournalDamaged& said = subject.said->journal_damaged();
    const auto journal = Uuid::from_bytes(said.journal_id()).value_or(Uuid{});
    const v1::Context& context = subject.said->context();
    const std::string what = damage_words(said);
    TILL_TRY_VOID(tables_.run("INSERT OR REPLACE INTO damages VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                              subject.event, blob(journal), context.store(), context.workstation(),
                              said.head(), said.chained(), count(said.lost()), what));
    return note(subject.event,
                {"journal damaged", "",
                 "till " + context.store() + "/" + context.workstation() + ": journal "
                     + journal.text() + " " + what + " (" + said.cause() + "; its bytes lie in "
                     + said.file_name() + " on the device)",
                 false},
                std::nullopt);
}

// It counts where it lies now, in the journal that salvaged it; its capture's key tells when the damaged
// journal's own copy comes in after all. What does not follow from the event before it may have been
// changed, and waits for a person.
Result<void> Writer::write_salvaged(const StoredEnvelope& stored, Subject& subject) {
    const v1::SalvagedEvent said = innermost(subject.said->salvaged_event());
    google::protobuf::Arena arena;
    auto* inner = google::protobuf::Arena::CreateMessage<v1::Event>(&arena);
    const std::string origin = "event " + std::to_string(said.seq()) + " of a damaged journal ";
    const bool parsed = inner->ParseFromString(said.body());
    const bool sound = parsed && static_cast<std::uint32_t>(inner->fact_case()) == said.kind()
                       && !is_centre_fact(Kind{said.kind()});
    if (!sound)
        return note(subject.event,
                    {"unparsable", "salvaged_event.body", origin + "cannot be understood", true},
                    subject.day->id);
    subject.said = inner;
    const auto journal = Uuid::from_bytes(said.journal_id());
    if (journal) subject.journal = JournalId{*journal};
    subject.seq = Seq{said.seq()};
    subject.corrected_ms = said.wall_ms() + stored.clock_offset_ms;
    if (!said.proved()) {
        if (inner->has_retail_transaction())
            TILL_TRY_VOID(withhold(subject, inner->retail_transaction()));
        return note(subject.event,
                    {"salvaged, not proved", "salvaged_event.body",
                     origin + "was read, but nothing proves that its bytes are as they were", true},
                    subject.day->id);
    }
    TILL_TRY(const bool repeated, is_repeated_capture(subject, false));
    if (repeated) return {};
    TILL_TRY_VOID(find_customer(stored, subject));
    return write_fact(subject);
}

}  // namespace till::sync::detail
