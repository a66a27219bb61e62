#include "sync/gateway/feed_desk.hpp"

#include "agent/crypto/pin.hpp"
#include "agent/crypto/sealing.hpp"
#include "sync/feeds/feed_answer.hpp"
#include "sync/wire/feed_page.hpp"

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

Result<std::unique_ptr<FeedDesk>> FeedDesk::open(std::unique_ptr<FeedStore> store,
                                                 Secret customers_key) {
    std::unique_ptr<FeedDesk> desk{new FeedDesk{std::move(store), std::move(customers_key)}};
    TILL_TRY_VOID(desk->learn_versions());
    return desk;
}

Result<void> FeedDesk::learn_versions() {
    TILL_TRY(master_version_, store_->version(master_feed));
    TILL_TRY(customers_version_, store_->version(customers_feed));
    TILL_TRY(erasures_version_, store_->version(erasures_feed));
    return {};
}

asio::awaitable<Result<void>> FeedDesk::refresh() {
    return worker_.run<void>([this] { return learn_versions(); });
}

asio::awaitable<Result<v1::FeedPage>> FeedDesk::page(v1::FeedRequest request, std::string store) {
    return worker_.run<v1::FeedPage>(
        [this, request = std::move(request), store = std::move(store)] {
            if (request.feed() != customers_feed) return answer_feed(*store_, request, store);
            const auto open = [this](v1::FeedRecord& record) { return open_card(record); };
            return answer_feed(*store_, request, store, open);
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
    master_version_ = next;
    outcome.summary.set_version(next);
    return outcome;
}

Result<void> FeedDesk::open_card(v1::FeedRecord& record) const {
    TILL_TRY(*record.mutable_body(), decrypt(customers_key_, record.body(), record.key()));
    return {};
}

asio::awaitable<Result<void>> FeedDesk::tell(std::vector<Customer> customers) {
    return worker_.run<void>(
        [this, customers = std::move(customers)] { return tell_now(customers); });
}

Result<void> FeedDesk::tell_now(const std::vector<Customer>& customers) {
    std::vector<FeedChange> changes;
    for (const Customer& one : customers) TILL_TRY_VOID(add_changes(one, changes));
    if (changes.empty()) return {};
    TILL_TRY(const std::uint64_t version, store_->version(customers_feed));
    TILL_TRY(customers_version_, store_->change(customers_feed, version, changes));
    return {};
}

/// Only what differs: a sale changes nothing of what a till knows of a customer it knows.
Result<void> FeedDesk::add_changes(const Customer& customer, std::vector<FeedChange>& changes) {
    const std::string key = customer.id.value().text();
    const Bytes wanted = customer.card ? customer.card->SerializeAsString() : Bytes{};
    auto stores = customer.card ? customer.stores : std::set<std::string>{};
    TILL_TRY(auto present, store_->find(customers_feed, key));
    for (v1::FeedRecord& record : present) {
        if (!record.has_body()) continue;
        TILL_TRY_VOID(open_card(record));
        const bool stays = stores.contains(record.store());
        if (stays && record.body() == wanted) stores.erase(record.store());
        if (stays) continue;
        record.clear_body();
        changes.push_back(std::move(record));
    }
    for (const std::string& store : stores) {
        FeedChange& change = changes.emplace_back();
        change.set_key(key);
        change.set_store(store);
        change.set_body(encrypt(customers_key_, wanted, key));
    }
    return {};
}

asio::awaitable<Result<void>> FeedDesk::tell_erasures(std::vector<Erasure> erasures) {
    return worker_.run<void>([this, erasures = std::move(erasures)]() -> Result<void> {
        std::vector<FeedChange> changes;
        for (const Erasure& one : erasures) {
            FeedChange& change = changes.emplace_back();
            change.set_key(one.key);
            change.set_store(one.store);
            change.set_body("erase");
        }
        if (changes.empty()) return {};
        TILL_TRY(const std::uint64_t version, store_->version(erasures_feed));
        TILL_TRY(erasures_version_, store_->change(erasures_feed, version, changes));
        return {};
    });
}

asio::awaitable<Result<std::map<std::string, std::uint64_t>>> FeedDesk::versions_of(
    std::string_view feed, std::vector<std::string> keys) {
    using Versions = std::map<std::string, std::uint64_t>;
    return worker_.run<Versions>([this, feed, keys = std::move(keys)]() -> Result<Versions> {
        Versions versions;
        for (const std::string& key : keys) {
            TILL_TRY(const auto records, store_->find(feed, key));
            for (const auto& record : records)
                versions[key] = std::max(versions[key], record.version());
        }
        return versions;
    });
}

}  // namespace till::sync
