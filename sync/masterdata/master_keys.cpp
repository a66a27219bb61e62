#include "sync/masterdata/master_keys.hpp"

#include "agent/core/gtin.hpp"

namespace till::sync {

namespace {

std::string under(std::string_view kind, std::string_view name) {
    return std::string{kind}.append("/").append(name);
}

std::string key_of(const v1::MasterProduct& product) {
    const std::uint64_t gtin = gtin_number(product.gtin());
    return gtin != 0 ? product_key(gtin) : under("product", "sku:" + product.sku());
}

}  // namespace

std::string store_key(std::string_view store) { return under("store", store); }
std::string workstation_key(std::string_view name) { return under("workstation", name); }
std::string operator_key(std::string_view id) { return under("operator", id); }
std::string sku_alias(std::string_view sku) { return under("sku", sku); }

std::string product_key(std::uint64_t gtin) {
    const std::string digits = std::to_string(gtin);
    return under("product", std::string(14 - digits.size(), '0') + digits);
}

MasterKey key_of(const v1::MasterRecord& record) {
    switch (record.kind_case()) {
        case v1::MasterRecord::kStore:
            return {store_key(record.store().store()), record.store().store()};
        case v1::MasterRecord::kWorkstation:
            return {workstation_key(record.workstation().workstation()),
                    record.workstation().store()};
        case v1::MasterRecord::kOperator:
            return {operator_key(record.operator_().operator_id()), record.operator_().store()};
        case v1::MasterRecord::kTaxRule:
            return {under("tax_rule", record.tax_rule().code()), record.tax_rule().store()};
        case v1::MasterRecord::kTender:
            return {under("tender", v1::TenderType_Name(record.tender().type())),
                    record.tender().store()};
        case v1::MasterRecord::kReason:
            return {under("reason", record.reason().use() + "/" + record.reason().code()),
                    record.reason().store()};
        case v1::MasterRecord::kProduct:
            return {key_of(record.product()), record.product().store()};
        case v1::MasterRecord::KIND_NOT_SET:
            break;
    }
    return {};
}

std::string alias_of(const v1::MasterRecord& record) {
    return record.has_product() && !record.product().sku().empty()
               ? sku_alias(record.product().sku())
               : std::string{};
}

}  // namespace till::sync
