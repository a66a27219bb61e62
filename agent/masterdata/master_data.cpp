#include "agent/masterdata/master_data.hpp"

#include "agent/core/gtin.hpp"
#include "sync/masterdata/master_keys.hpp"

namespace till {

Result<std::unique_ptr<MasterData>> MasterData::open(const std::filesystem::path& file,
                                                     const std::string& store,
                                                     std::string workstation) {
    TILL_TRY(auto copy, FeedCopy::open({file, std::string{sync::master_feed}, store}));
    std::unique_ptr<MasterData> data{
        new MasterData{std::move(copy), store, std::move(workstation)}};
    TILL_TRY_VOID(data->read_lists());
    return data;
}

Result<FeedCopy::Taken> MasterData::take(const v1::FeedPage& page, WallTime now) {
    const auto keep = [](const v1::FeedRecord& record) -> Result<FeedCopy::Kept> {
        FeedCopy::Kept kept{.body = record.body(), .names = {}};
        if (!record.alias().empty()) kept.names.push_back(record.alias());
        return kept;
    };
    TILL_TRY(const auto taken, copy_->take(page, now, keep));
    if (taken == FeedCopy::Taken::applied) TILL_TRY_VOID(read_lists());
    return taken;
}

Result<std::optional<v1::MasterRecord>> MasterData::find(std::string_view key) {
    TILL_TRY(const auto body, copy_->find(key));
    if (!body) return std::optional<v1::MasterRecord>{};
    v1::MasterRecord record;
    if (!record.ParseFromString(*body)) return Error{Errc::corrupt, "a record of the master data"};
    return std::optional{std::move(record)};
}

Result<std::optional<v1::MasterOperator>> MasterData::find_operator(std::string_view operator_id) {
    TILL_TRY(const auto record, find(sync::operator_key(operator_id)));
    return record ? std::optional{record->operator_()} : std::nullopt;
}

Result<std::optional<v1::MasterProduct>> MasterData::find_product(std::string_view gtin,
                                                                  std::string_view sku) {
    using Found = std::optional<v1::MasterProduct>;
    if (const std::uint64_t number = gtin_number(gtin)) {
        TILL_TRY(const auto record, find(sync::product_key(number)));
        if (record) return Found{record->product()};
    }
    if (sku.empty()) return Found{};
    TILL_TRY(const auto keys, copy_->keys_named(sync::sku_alias(sku)));
    for (const auto& key : keys) {
        TILL_TRY(const auto record, find(key));
        if (record && record->product().sku() == sku) return Found{record->product()};
    }
    return Found{};
}

Result<void> MasterData::read_lists() {
    lists_.Clear();
    lists_.set_version(copy_->version());
    lists_.set_applied_ms(copy_->applied().value());
    // Neither operators nor products, which may be many; all else begins with a later letter.
    TILL_TRY(const auto keys, copy_->keys("product0", "~"));
    for (const auto& key : keys) {
        TILL_TRY(const auto record, find(key));
        if (!record) continue;
        if (record->has_store() && key == sync::store_key(store_))
            *lists_.mutable_store() = record->store();
        else if (record->has_workstation() && key == sync::workstation_key(workstation_))
            *lists_.mutable_workstation() = record->workstation();
        else if (record->has_tax_rule())
            *lists_.add_tax_rules() = record->tax_rule();
        else if (record->has_tender())
            *lists_.add_tenders() = record->tender();
        else if (record->has_reason())
            *lists_.add_reasons() = record->reason();
    }
    has_operators_ = false;
    TILL_TRY(const auto people, copy_->keys("operator/", "operator0"));
    for (std::size_t i = 0; !has_operators_ && i < people.size(); ++i) {
        TILL_TRY(const auto record, find(people[i]));
        has_operators_ = record.has_value();
    }
    return {};
}

}  // namespace till
