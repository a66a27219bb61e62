#include "agent/crypto/hash.hpp"
#include "agent/journal/journal_reader.hpp"
#include "tests/sim/till.hpp"
#include "tests/support/events.hpp"

#include <algorithm>

// What is asked of a till, and what it was told to keep.
namespace till::sim {

using sync::UplinkSession;

namespace {
constexpr const char* caller = "pos";
}

Draft Till::draft_of(const Request& request, int attempt) const {
    auto event = sync::sale_of("", request.price, 1, prefix_.substr(3));
    event.clear_numbers();
    event.mutable_retail_transaction()->set_order_id(request.key);
    std::string key = request.key;
    if (mutant_ == Mutant::dedup_dropped) key += "#" + std::to_string(attempt);
    const Digest hash = sha256(std::to_string(request.price));
    event.mutable_origin()->set_caller(caller);
    event.mutable_origin()->set_key(key);
    event.mutable_origin()->set_request_hash(Bytes{view(hash).substr(0, 16)});
    Draft draft{.kind = sync::Kind{100},
                .body = event.SerializeAsString(),
                .sealed = {},
                .caller = caller,
                .key = std::move(key),
                .request_hash = event.origin().request_hash(),
                .numbering = Numbering::receipt,
                .state_after = {}};
    return draft;
}

bool Till::has_open_requests() const {
    return std::ranges::any_of(book_.requests(), [&](const Request& request) {
        return request.till == number_ && request.open;
    });
}

std::vector<Request*> Till::wanted() {
    std::vector<Request*> some;
    for (Request& request : book_.requests()) {
        if (request.till != number_) continue;
        if (request.open ? schedule_.one_in(2) : schedule_.one_in(30)) some.push_back(&request);
        if (some.size() == 8) break;
    }
    if (!selling_) return some;
    for (auto fresh = schedule_.between(1, 3); fresh-- > 0;)
        some.push_back(&book_.ask(number_,
                                  "t" + std::to_string(number_) + "-" + std::to_string(++asked_),
                                  static_cast<std::int64_t>(schedule_.between(1, 9'999))));
    return some;
}

void Till::capture() {
    auto requests = wanted();
    if (requests.empty()) return;
    std::vector<Draft> drafts;
    for (Request* request : requests) {
        request->denied = false;
        drafts.push_back(draft_of(*request, static_cast<int>(schedule_.now())));
    }
    auto results = on_disk([&] { return current().disk->commit(drafts); });
    if (!results) return;
    for (std::size_t i = 0; is_running() && i < requests.size(); ++i)
        answer(*requests[i], (*results)[i]);
    if (!is_running()) return;
    if (current().disk->damaged()) return set_aside_current("seen while selling");
    if (schedule_.one_in(10)) ask_otherwise(*requests[schedule_.below(requests.size())]);
    if (!is_running()) return;
    if (const auto* core = current().disk->peek()) {
        const Head head = core->head();
        feed(current(), UplinkSession::Grown{{head.seq, head.hash}, clock_.now()});
    }
}

void Till::answer(Request& request, const Result<Stored>& result) {
    schedule_.note(result ? result->seq.value()
                          : 1'000'000 + static_cast<std::uint64_t>(result.error().code));
    if (!result) {
        const bool unknown = result.error().code == Errc::outcome_unknown;
        if (result.error().code == Errc::conflict)
            throw Broken{"request " + request.key + " is called a conflict with itself"};
        request.denied = !unknown || mutant_ == Mutant::unknown_as_failed;
        return;
    }
    for (auto& journal : open_) {
        if (journal->identity.journal != result->journal) continue;
        auto* core = journal->disk->ready();
        if (core == nullptr) return;  // The answer is lost on its way: it will be asked again.
        const auto hash = on_disk([&] { return core->hash_at(result->seq); });
        if (!hash) return;
        // Let go of before its answer came: there is nothing left to compare.
        if (!*hash && result->seq <= core->kept_from().seq) request.open = request.denied = false;
        if (!*hash) return;
        ++schedule_.counts.events;
        return book_.stored(request, {.journal = result->journal,
                                      .seq = result->seq,
                                      .receipt = result->receipt_number,
                                      .hash = **hash,
                                      .off_disk = hurt_,
                                      .reads_failed = reads_failed_});
    }
}

/// The same key with another content: a conflict, or a replay of nothing.
void Till::ask_otherwise(Request& request) {
    const bool known = !request.given.empty() && !request.given.back().off_disk;
    if (!known) return;
    Request other = request;
    other.price += 1;
    const std::vector<Draft> drafts{draft_of(other, 0)};
    const auto results = on_disk([&] { return current().disk->commit(drafts); });
    if (results && (*results)[0] && mutant_ != Mutant::dedup_dropped)
        throw Broken{"request " + request.key + " was stored with two contents"};
}

void Till::check_disk() {
    auto* core = current().disk->ready();
    if (core == nullptr) return;
    for (const Request& request : book_.requests()) {
        if (request.till != number_ || (request.given.empty() && !request.denied)) continue;
        if (mutant_ == Mutant::dedup_dropped) break;  // Its keys are not the requests'.
        const auto found = on_disk([&] { return core->find(caller, request.key); });
        if (!found || !*found) return;
        const auto& stored = **found;
        if (request.denied && stored)
            throw Broken{"request " + request.key + " was called not stored, and is"};
        for (const Given& given : request.given) {
            const auto& newest = request.given.back();
            if (given.off_disk || newest.off_disk || hurt_) continue;
            // An earlier journal that the disk once refused to read is passed over.
            if (newest.reads_failed
                || (reads_failed_ && given.journal != current().identity.journal))
                continue;
            if (!stored || stored->journal != given.journal || stored->seq != given.seq
                || stored->receipt_number != given.receipt)
                throw Broken{
                    "request " + request.key + " was answered with " + text(given)
                    + " and the disk says "
                    + (stored ? "event " + std::to_string(stored->seq.value()) : "nothing")};
        }
    }
    for (const auto& journal : open_) {
        if (!schedule_.one_in(3)) continue;
        const auto walked = on_disk([&]() -> Result<Verification> {
            TILL_TRY(auto reader,
                     JournalReader::open(file(journal->identity.generation), disk_.name()));
            return reader.verify();
        });
        if (!walked || !*walked) return;
        // Another fault may meet this very reading.
        const auto says = (*walked)->summary();
        if (!hurt_ && !(*walked)->problems.empty() && !says.contains("I/O error"))
            throw Broken{"till " + std::to_string(number_) + ": " + says};
    }
}

}  // namespace till::sim
