#include "agent/api/receipt_search.hpp"

#include "agent/core/limits.hpp"

#include <algorithm>

namespace till {

namespace {

namespace v1 = tillstream::v1;

constexpr std::uint64_t chunk = 512;

Error refusal(std::string detail, std::string allowed) {
    return {Errc::out_of_range, std::move(detail), "receipt_number", std::move(allowed)};
}

enum class Verdict : std::uint8_t { look_further, found, other_day };

/// One pass backwards over the events, newest first.
class Search {
public:
    Search(std::string receipt_number, std::string business_day)
        : receipt_{std::move(receipt_number)}, day_{std::move(business_day)} {}

    Result<Verdict> look_at(const v1::Event& event) const {
        const std::string of_day = "a receipt of business day " + day_;
        const bool is_it = event.numbers().receipt_number() == receipt_;
        if (event.has_post_void()) {
            if (is_it) return refusal("a post-void cannot be reversed", "the receipt of a sale");
            if (event.post_void().receipt_number() == receipt_)
                return refusal("already post-voided by " + event.numbers().receipt_number(),
                               "a receipt that is not reversed yet");
        }
        const bool ours =
            event.has_retail_transaction() && !event.retail_transaction().has_source();
        if (!ours) return Verdict::look_further;
        if (event.context().business_day() != day_) {
            return is_it ? refusal("of business day " + event.context().business_day(), of_day)
                         : Result<Verdict>{Verdict::other_day};
        }
        if (!is_it) return Verdict::look_further;
        if (event.retail_transaction().status() != v1::TRANSACTION_STATUS_COMPLETED)
            return refusal("not a completed sale", "the receipt of a completed sale");
        return Verdict::found;
    }

    Error unknown() const {
        return refusal("no such receipt in business day " + day_,
                       "a receipt of business day " + day_);
    }

private:
    std::string receipt_, day_;
};

/// The events after `from` up to `to`, however many reads that takes.
asio::awaitable<Result<std::vector<sync::Envelope>>> read_range(Journal& journal,
                                                                std::uint64_t from,
                                                                std::uint64_t to) {
    std::vector<sync::Envelope> all;
    while (from < to) {
        const Seq after{from};
        TILL_CO_TRY(auto some, co_await journal.read(after, limits::batch_bytes_max, to - from));
        if (some.empty()) break;
        from = some.back().seq.value();
        std::ranges::move(some, std::back_inserter(all));
    }
    co_return all;
}

}  // namespace

asio::awaitable<Result<FoundReceipt>> find_receipt(Journal& journal, std::string receipt_number,
                                                   std::string business_day) {
    const Search search{std::move(receipt_number), std::move(business_day)};
    const std::uint64_t head = journal.head().seq.value();
    const std::uint64_t end = head - std::min<std::uint64_t>(head, receipt_search_max);
    for (std::uint64_t to = head; to > end;) {
        const std::uint64_t from = std::max(end, to - std::min(to, chunk));
        TILL_CO_TRY(const auto envelopes, co_await read_range(journal, from, to));
        for (auto it = envelopes.rbegin(); it != envelopes.rend(); ++it) {
            FoundReceipt candidate{.seq = it->seq, .event = {}};
            if (!candidate.event.ParseFromString(it->body)) continue;  // A newer build's.
            TILL_CO_TRY(const Verdict verdict, search.look_at(candidate.event));
            if (verdict == Verdict::found) co_return candidate;
            if (verdict == Verdict::other_day) co_return search.unknown();
        }
        to = from;
    }
    co_return search.unknown();
}

}  // namespace till
