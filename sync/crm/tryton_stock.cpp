#include "agent/core/decimal.hpp"
#include "sync/crm/tryton.hpp"
#include "sync/crm/tryton_json.hpp"

#include <cstdlib>

// Approved counts of a store, as inventories of its storage location.
namespace till::sync {

using namespace detail;

/// A quantity is absolute: what is there already is not counted again, however often this comes.
Result<void> Tryton::ensure_counted(const CrmEvent& event) {
    const auto& context = event.event.context();
    TILL_TRY(const auto stores, rows("stock.location",
                                     domain(clause("code", "=", json::string{context.store()}),
                                            clause("type", "=", "warehouse")),
                                     {"storage_location"}));
    if (stores.empty())
        return Error{Errc::not_found, "Tryton has no stock.location \"" + context.store() + "\"",
                     "context.store"};
    const auto location = integer(stores.front().as_object().if_contains("storage_location"));
    json::array lines;
    for (const auto& counted : event.counted) {
        v1::Item item;
        item.set_gtin(counted.gtin);
        item.set_sku(counted.sku);
        TILL_TRY(const std::int64_t id, product(item));
        if (id == 0)
            return Error{Errc::not_found,
                         "Tryton has no product "
                             + (counted.gtin != 0 ? std::to_string(counted.gtin) : counted.sku),
                         "lines.item"};
        json::array read;
        read.push_back(ids_of(id));
        read.push_back(texts({"quantity"}));
        json::array locations;
        locations.emplace_back(location);
        const json::object about{{"locations", std::move(locations)},
                                 {"stock_date_end", date(context.business_day())}};
        TILL_TRY(const auto there,
                 client_.call("model.product.product.read", std::move(read), about));
        const double wanted =
            std::strtod(Decimal{counted.quantity, counted.scale}.text().c_str(), nullptr);
        const auto* list = there.if_array();
        const auto* quantity =
            list && !list->empty() ? list->front().as_object().if_contains("quantity") : nullptr;
        if (quantity && quantity->is_number() && quantity->to_number<double>() == wanted) continue;
        lines.push_back(json::object{{"product", id}, {"quantity", wanted}});
    }
    if (lines.empty()) return {};
    json::array one, create;
    one.push_back(json::object{{"company", client_.company()},
                               {"location", location},
                               {"date", date(context.business_day())},
                               {"lines", created(std::move(lines))}});
    create.push_back(std::move(one));
    TILL_TRY(const auto made, client_.call("model.stock.inventory.create", std::move(create)));
    const auto* ids = made.if_array();
    if (!ids || ids->empty())
        return Error{Errc::outcome_unknown, "Tryton did not say which inventory"};
    json::array params;
    params.push_back(*ids);
    TILL_TRY_VOID(client_.call("model.stock.inventory.confirm", std::move(params)));
    return {};
}

}  // namespace till::sync
