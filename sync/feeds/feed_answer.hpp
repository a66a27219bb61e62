#pragma once

#include "sync/feeds/feed_store.hpp"

namespace till::sync {

/// The page that answers a device of `store`. Who names another epoch begins from the beginning. A
/// feed that there is not is empty. Fails as the store does.
Result<v1::FeedPage> answer_feed(FeedStore& feeds, const v1::FeedRequest& request,
                                 std::string_view store);

}  // namespace till::sync
