#pragma once

#include "sync/feeds/feed_store.hpp"

#include <memory>

namespace till::sync {

/// Where the feeds of one test case live: each program of tests links one kind.
class FeedsHouse {
public:
    static std::unique_ptr<FeedsHouse> make();
    virtual ~FeedsHouse() = default;
    /// Another store on the same data.
    virtual std::unique_ptr<FeedStore> open() = 0;
};

}  // namespace till::sync
