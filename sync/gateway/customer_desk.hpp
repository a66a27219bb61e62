#pragma once

#include "sync/gateway/feed_desk.hpp"
#include "sync/gateway/projection_service.hpp"
#include "sync/ledger/ledger.hpp"
#include "sync/wire/frames.pb.h"

#include <chrono>

namespace till::sync {

/// What is to be done about customers beyond the tables: the tills are told whom they may meet, and sealed parts
/// of those who were erased go from the ledger.
///
/// A customer seen lately, wherever, is told to every store, for she may come to any; later only to the stores
/// where she bought. Works where the projection is. Thread: the loop that runs it.
class CustomerDesk {
public:
    CustomerDesk(Ledger& ledger, ProjectionService& projection, FeedDesk& feeds, Clock& clock,
                 std::chrono::milliseconds everywhere)
        : ledger_{ledger},
          projection_{projection},
          feeds_{feeds},
          clock_{clock},
          everywhere_{everywhere} {}

    /// Until it is cancelled.
    asio::awaitable<void> run();

private:
    asio::awaitable<Result<bool>> tell_tills();
    asio::awaitable<Result<bool>> erase_sealed();

    Ledger& ledger_;
    ProjectionService& projection_;
    FeedDesk& feeds_;
    Clock& clock_;
    std::chrono::milliseconds everywhere_;
};

/// Who that is, for a till that does not know.
asio::awaitable<v1::CustomerAnswer> who_is(ProjectionService& projection,
                                           v1::CustomerQuestion question);

}  // namespace till::sync
