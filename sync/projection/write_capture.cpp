#include "sync/projection/writer.hpp"

namespace till::sync::detail {

// A device refuses or replays a key that it knows, in whichever of its journals. It does not know one when
// its disk was restored from an older copy, or the journal could not be read any more: then the same
// capture comes twice, under two receipt numbers, and only its key tells.
Result<bool> Writer::is_repeated_capture(const Subject& subject, bool corrected) {
    if (!has_capture_key(*subject.said)) return false;
    const v1::Origin& origin = subject.said->origin();
    const Digest digest = capture_key(subject.owner, origin);
    const Blob key{view(digest).substr(0, 16)};
    TILL_TRY_VOID(tables_.run("INSERT OR IGNORE INTO captures VALUES(?, ?, ?)", key,
                              Blob{origin.request_hash()}, subject.event));
    if (tables_.database().changes() > 0) return false;
    std::int64_t first = subject.event;
    bool same_request = false;
    const auto read = [&](const Row& row) {
        first = row.integer(0);
        same_request = row.bytes(1) == origin.request_hash();
    };
    TILL_TRY_VOID(tables_.each("SELECT event, request FROM captures WHERE key = ?", read, key));
    if (first == subject.event || corrected) return false;
    return note_repeated(subject, first, same_request);
}

Result<bool> Writer::note_repeated(const Subject& subject, std::int64_t first, bool same_request) {
    std::string number;
    TILL_TRY_VOID(tables_.each(
        "SELECT number FROM transactions WHERE event = ?",
        [&](const Row& row) { number = row.bytes(0); }, first));
    TILL_TRY(const JournalId journal, tables_.journal_id(journal_of(first)));
    const std::string where = (number.empty() ? "" : "receipt " + number + ", ") + "event "
                              + std::to_string(seq_of(first).value()) + " of journal "
                              + journal.value().text();
    const std::string& said_number = subject.said->numbers().receipt_number();
    const std::string here = said_number.empty() ? "this" : "receipt " + said_number;
    if (!same_request) {
        TILL_TRY_VOID(note(subject.event,
                           {"key used twice", "origin.key",
                            here + " has the key of another capture of this device (" + where
                                + "); both are counted",
                            false},
                           subject.day->id));
        return false;
    }
    TILL_TRY_VOID(note(subject.event,
                       {"captured twice", "origin.key",
                        here + " is the same capture as " + where
                            + ", stored again in another journal of the device; it is counted once",
                        true},
                       subject.day->id));
    TILL_TRY_VOID(tables_.run("INSERT OR IGNORE INTO duplicates VALUES(?, ?, ?)", subject.event,
                              subject.day->id, first));
    if (subject.said->has_retail_transaction())
        TILL_TRY_VOID(withhold(subject, subject.said->retail_transaction()));
    if (subject.said->has_post_void())
        TILL_TRY_VOID(withhold(subject, subject.said->post_void().reversal()));
    return true;
}

}  // namespace till::sync::detail
