#pragma once

#include "agent/core/result.hpp"
#include "agent/journal/journal.hpp"
#include "sync/wire/events.pb.h"

#include <string>

namespace till {

/// A completed sale of this journal, found by its receipt.
struct FoundReceipt {
    Seq seq{0};
    tillstream::v1::Event event;
};

/// How far back a search goes: beyond any shop's day.
inline constexpr std::size_t receipt_search_max = 100'000;

/// Finds the sale that a post-void wants to reverse. Reads the journal backwards from its head, so
/// the cost is the events since that sale, and of a receipt that does not exist those of the business
/// day (some milliseconds a thousand, on the disk thread between commits).
///
/// Refuses, naming receipt_number: unknown, of another business day, already post-voided,
/// training or not completed, or itself a post-void.
asio::awaitable<Result<FoundReceipt>> find_receipt(Journal& journal, std::string receipt_number,
                                                   std::string business_day);

}  // namespace till
