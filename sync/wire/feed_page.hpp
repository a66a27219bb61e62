#pragma once

#include "agent/core/result.hpp"
#include "sync/wire/frames.pb.h"

namespace till::sync {

/// The feed of CustomerCards, by the customers' ids.
inline constexpr std::string_view customers_feed = "customers";

/// The feed of sealed parts that devices must delete: keys are "JOURNAL/SEQ".
inline constexpr std::string_view erasures_feed = "erasures";

/// What a feed's records are cut into, before compression; one record may be larger.
inline constexpr std::size_t feed_page_bytes_target = 32 * 1024;

/// Puts `records` into `page`, compressed where that is shorter. Fails with out_of_range when they are
/// more than a frame takes.
Result<void> pack_records(const tillstream::v1::FeedRecords& records,
                          tillstream::v1::FeedPage& page);

/// The reverse, for a page of any origin. Fails with malformed, unsupported (codec) or out_of_range.
Result<tillstream::v1::FeedRecords> unpack_records(const tillstream::v1::FeedPage& page);

}  // namespace till::sync
