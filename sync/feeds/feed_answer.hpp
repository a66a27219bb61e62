#pragma once

#include "sync/feeds/feed_store.hpp"

#include <functional>

namespace till::sync {

/// Turns a record as it is stored into what a device is sent.
using OpenRecord = std::function<Result<void>(v1::FeedRecord&)>;

/// The page that answers a device of `store`. Who names another epoch begins from the beginning. A
/// feed that there is not is empty. Fails as the store and `open` do.
Result<v1::FeedPage> answer_feed(FeedStore& feeds, const v1::FeedRequest& request,
                                 std::string_view store, const OpenRecord& open = {});

}  // namespace till::sync
