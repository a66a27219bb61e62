#include "agent/daemon/erasures.hpp"

#include "agent/journal/erasing.hpp"
#include "sync/wire/feed_page.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace till {

namespace {

using Orders = std::map<JournalId, std::vector<Seq>>;

Orders read(const std::vector<std::string>& keys) {
    Orders orders;
    for (const std::string& key : keys) {
        const auto slash = key.find('/');
        const auto journal = Uuid::parse(key.substr(0, slash));
        std::uint64_t seq = 0;
        if (!journal || slash == std::string::npos) continue;
        std::from_chars(key.data() + slash + 1, key.data() + key.size(), seq);
        orders[JournalId{*journal}].push_back(Seq{seq});
    }
    return orders;
}

}  // namespace

Result<std::unique_ptr<Erasures>> Erasures::open(Home& home, Journal& journal,
                                                 const std::string& store,
                                                 std::function<bool(const JournalId&)> is_open) {
    TILL_TRY(auto copy, FeedCopy::open({.file = home / "erasures.db",
                                        .feed = std::string{sync::erasures_feed},
                                        .store = store}));
    return std::unique_ptr<Erasures>{
        new Erasures{home, journal, std::move(copy), std::move(is_open)}};
}

Result<FeedCopy::Taken> Erasures::take(const v1::FeedPage& page, WallTime now) {
    const auto keep = [](const v1::FeedRecord&) -> Result<FeedCopy::Kept> {
        return FeedCopy::Kept{};  // The key says it all.
    };
    return copy_->take(page, now, keep);
}

asio::awaitable<Result<void>> Erasures::obey() {
    const std::uint64_t version = copy_->version();
    if (version == done_) co_return Result<void>{};
    TILL_CO_TRY(const auto keys, copy_->keys("", "~"));
    bool all = true;
    for (auto& [journal, events] : read(keys)) {
        TILL_CO_TRY(const bool done, co_await erase(journal, std::move(events)));
        all &= done;
    }
    if (all) done_ = version;
    co_return Result<void>{};
}

/// Nothing to do for a journal of another device of the store.
asio::awaitable<Result<bool>> Erasures::erase(const JournalId& journal, std::vector<Seq> events) {
    if (journal == journal_.identity().journal) {
        TILL_CO_TRY_VOID(co_await journal_.erase_sealed(std::move(events)));
        co_return true;
    }
    TILL_CO_TRY(const auto begun, home_.begun());
    const auto ours = std::ranges::find(begun, journal, &Home::Begun::journal);
    if (ours == begun.end()) co_return true;
    if (is_open_(journal)) co_return false;
    const auto file = home_.journal_file(ours->generation);
    if (!std::filesystem::exists(file)) co_return true;
    TILL_CO_TRY_VOID(erase_sealed(file, events));
    co_return true;
}

}  // namespace till
