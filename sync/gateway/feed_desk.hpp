#pragma once

#include "agent/core/result.hpp"
#include "sync/feeds/feed_store.hpp"
#include "sync/ledger/worker.hpp"
#include "sync/masterdata/master_plan.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace till::sync {

/// What goes down to the devices: they ask for pages of it, administrators change it. Every function may be
/// called from any thread; all work is done on a thread of the desk's own.
class FeedDesk {
public:
    static Result<std::unique_ptr<FeedDesk>> open(std::unique_ptr<FeedStore> store);

    /// Of the master data, as this gateway last heard. No I/O: asked for every connection all the time.
    std::uint64_t version() const { return version_; }
    /// Reads it anew: another gateway may have changed it.
    asio::awaitable<Result<void>> refresh();

    asio::awaitable<Result<v1::FeedPage>> page(v1::FeedRequest request, std::string store);
    asio::awaitable<Result<MasterSet>> master_set();

    /// What an import came to: `faults` is empty, or nothing was changed.
    struct Outcome {
        v1::MasterImported summary;
        std::vector<Error> faults;
    };
    asio::awaitable<Result<Outcome>> import(v1::MasterImport import);

private:
    explicit FeedDesk(std::unique_ptr<FeedStore> store) : store_{std::move(store)} {}
    Result<void> learn_version();
    Result<Outcome> import_now(const v1::MasterImport& import);

    std::unique_ptr<FeedStore> store_;
    std::atomic<std::uint64_t> version_{0};
    Worker worker_;  // Last: it uses the others.
};

}  // namespace till::sync
