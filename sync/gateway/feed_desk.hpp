#pragma once

#include "agent/core/result.hpp"
#include "sync/feeds/feed_store.hpp"
#include "sync/ledger/worker.hpp"
#include "sync/masterdata/master_plan.hpp"
#include "sync/vault/vault.hpp"
#include "sync/wire/customers.pb.h"

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace till::sync {

/// What goes down to the devices: they ask for pages of it, administrators change it. Every function may be
/// called from any thread; all work is done on a thread of the desk's own.
class FeedDesk {
public:
    /// `customers_key`: what customers are stored under, 32 bytes. The same at every gateway of a centre.
    static Result<std::unique_ptr<FeedDesk>> open(std::unique_ptr<FeedStore> store,
                                                  Secret customers_key);

    /// Of a feed, as this gateway last heard. No I/O: asked for every connection all the time.
    std::uint64_t master_version() const { return master_version_; }
    std::uint64_t customers_version() const { return customers_version_; }
    std::uint64_t erasures_version() const { return erasures_version_; }
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

    /// What the tills of some stores are to know of a customer; without `card`, or elsewhere: nothing any more.
    struct Customer {
        CustomerId id{Uuid{}};
        std::optional<v1::CustomerCard> card;
        std::set<std::string> stores;  ///< "" stands for all.
    };
    asio::awaitable<Result<void>> tell(std::vector<Customer> customers);

    /// A sealed part that the devices of a store must delete.
    struct Erasure {
        std::string key;  ///< "JOURNAL/SEQ"
        std::string store;
    };
    asio::awaitable<Result<void>> tell_erasures(std::vector<Erasure> erasures);
    /// At which version of the feed each key was changed last; keys that there are not are left out.
    asio::awaitable<Result<std::map<std::string, std::uint64_t>>> versions_of(
        std::string_view feed, std::vector<std::string> keys);

private:
    FeedDesk(std::unique_ptr<FeedStore> store, Secret customers_key)
        : store_{std::move(store)}, customers_key_{std::move(customers_key)} {}
    Result<void> learn_versions();
    Result<void> tell_now(const std::vector<Customer>& customers);
    Result<void> add_changes(const Customer& customer, std::vector<FeedChange>& changes);
    Result<void> open_card(v1::FeedRecord& record) const;
    Result<Outcome> import_now(const v1::MasterImport& import);

    std::unique_ptr<FeedStore> store_;
    Secret customers_key_;
    std::atomic<std::uint64_t> master_version_{0}, customers_version_{0}, erasures_version_{0};
    Worker worker_;  // Last: it uses the others.
};

}  // namespace till::sync
