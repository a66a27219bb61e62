#include "sync/gateway/feed_desk.hpp"

#include "agent/crypto/pin.hpp"
#include "sync/feeds/feed_answer.hpp"

#include <date/tz.h>

namespace till::sync {

namespace {

bool is_time_zone(const std::string& name) {
    try {
        return date::locate_zone(name) != nullptr;
    } catch (const std::exception&) {  // The library's only way to say no.
        return false;
    }
}

std::string verifier_of(const std::string& pin, const std::string& present) {
    const Secret secret{pin};
    return is_pin(secret, present) ? present : make_pin_verifier(secret);
}

}  // namespace

Result<std::unique_ptr<FeedDesk>> FeedDesk::open(std::unique_ptr<FeedStore> store) {
    std::unique_ptr<FeedDesk> desk{new FeedDesk{std::move(store)}};
    TILL_TRY_VOID(desk->learn_version());
    return desk;
}

Result<void> FeedDesk::learn_version() {
    TILL_TRY(version_, store_->version(master_feed));
    return {};
}

asio::awaitable<Result<void>> FeedDesk::refresh() {
    return worker_.run<void>([this] { return learn_version(); });
}

asio::awaitable<Result<v1::FeedPage>> FeedDesk::page(v1::FeedRequest request, std::string store) {
    return worker_.run<v1::FeedPage>(
        [this, request = std::move(request), store = std::move(store)] {
            return answer_feed(*store_, request, store);
        });
}

asio::awaitable<Result<MasterSet>> FeedDesk::master_set() {
    return worker_.run<MasterSet>([this]() -> Result<MasterSet> {
        TILL_TRY(const auto records, store_->all(master_feed));
        return read_master_set(records);
    });
}

asio::awaitable<Result<FeedDesk::Outcome>> FeedDesk::import(v1::MasterImport import) {
    return worker_.run<Outcome>([this, import = std::move(import)] { return import_now(import); });
}

Result<FeedDesk::Outcome> FeedDesk::import_now(const v1::MasterImport& import) {
    TILL_TRY(const std::uint64_t version, store_->version(master_feed));
    TILL_TRY(const auto records, store_->all(master_feed));
    TILL_TRY(MasterSet present, read_master_set(records));
    const MasterRules rules{.is_time_zone = is_time_zone, .verifier_of = verifier_of};
    MasterPlan plan = plan_import(import, std::move(present), rules);
    Outcome outcome{.summary = std::move(plan.summary), .faults = std::move(plan.faults)};
    outcome.summary.set_version(version);
    if (!outcome.faults.empty() || import.dry_run()) return outcome;
    outcome.summary.set_applied(true);
    if (plan.changes.empty()) return outcome;
    TILL_TRY(const std::uint64_t next, store_->change(master_feed, version, plan.changes));
    version_ = next;
    outcome.summary.set_version(next);
    return outcome;
}

}  // namespace till::sync
