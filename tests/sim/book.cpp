#include "tests/sim/book.hpp"

#include <algorithm>

namespace till::sim {

std::string text(const Given& given) {
    return "event " + std::to_string(given.seq.value()) + " of journal "
           + given.journal.value().text().substr(0, 8) + ", receipt " + given.receipt;
}

Request& Book::ask(int till, std::string key, std::int64_t price) {
    return requests_.emplace_back(Request{.till = till, .key = std::move(key), .price = price});
}

void Book::stored(Request& request, Given given) {
    request.denied = false;
    request.open = false;
    for (const Given& before : request.given) {
        const bool same = before.journal == given.journal && before.seq == given.seq
                          && before.receipt == given.receipt && before.hash == given.hash;
        if (same) return;
        // An older journal that cannot be read is passed over: a till sells on (decision 0100).
        const bool passed_over = given.reads_failed && before.journal != given.journal;
        if (!before.off_disk && !passed_over)
            throw Broken{"request " + request.key + " was answered twice: " + text(before)
                         + ", then " + text(given)};
    }
    const auto [entry, fresh] = receipts_.emplace(given.receipt, &request);
    if (!fresh && entry->second != &request && !is_cloned(request.till))
        throw Broken{"receipt " + given.receipt + " was given to " + entry->second->key + " and to "
                     + request.key};
    request.given.push_back(std::move(given));
}

void Book::acknowledged(const JournalId& journal, Seq seq, const Digest& hash, const Bytes& epoch) {
    Acknowledged& known = acks_[journal];
    if (known.epoch == epoch && seq < known.seq) return;
    known = {seq, hash, epoch};
}

void Book::set_back(int till, const JournalId& journal, Seq upto) {
    const auto acknowledged = acks_.find(journal);
    for (Request& request : requests_) {
        for (Given& given : request.given) {
            const bool gone = request.till == till && given.journal == journal && given.seq > upto;
            if (!gone || given.off_disk) continue;
            given.off_disk = true;
            // Of a cloned journal the other disk's events may be what was acknowledged.
            if (!is_cloned(till) && acknowledged != acks_.end()
                && given.seq <= acknowledged->second.seq)
                given.safe_at = acknowledged->second.epoch;
        }
    }
}

std::size_t Book::let_go(int till, const JournalId& journal, Seq upto, const Bytes& epoch) {
    std::size_t count = 0;
    for (Request& request : requests_) {
        if (request.till != till) continue;
        for (Given& given : request.given) {
            if (given.journal != journal || given.seq > upto || given.let_go) continue;
            given.let_go = true;
            ++count;
            if (!given.off_disk) given.safe_at = epoch;
        }
    }
    return count;
}

bool Book::is_cloned(int till) const { return std::ranges::find(cloned_, till) != cloned_.end(); }

}  // namespace till::sim
