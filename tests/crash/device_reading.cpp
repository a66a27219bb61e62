#include "tests/crash/device_reading.hpp"

#include "sync/wire/events.pb.h"

namespace till::crash {

std::string where(const JournalId& journal, Seq seq, const std::string& receipt) {
    return journal.value().text() + ' ' + std::to_string(seq.value()) + ' ' + receipt;
}

Result<void> read_journal(JournalReader& reader, std::vector<Held>& into) {
    TILL_TRY(const auto verified, reader.verify());
    if (!verified.problems.empty()) return Error{Errc::corrupt, verified.summary()};
    TILL_TRY_VOID(reader.check_pages());
    TILL_TRY(const auto identity, reader.identity());
    Result<void> done{};
    const auto visit = [&](const sync::Envelope& envelope, const Digest&) {
        const auto record = record_of(envelope);
        if (!record) return done = record.error(), false;
        tillstream::v1::Event event;
        event.ParseFromString(envelope.body);
        into.push_back(
            {*record, where(identity.journal, envelope.seq, event.numbers().receipt_number())});
        return true;
    };
    TILL_TRY_VOID(reader.scan(Seq{0}, visit));
    return done;
}

}  // namespace till::crash
