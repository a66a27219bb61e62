#include "agent/core/decimal.hpp"
#include "sync/crm/tryton.hpp"
#include "sync/crm/tryton_json.hpp"

#include <cmath>
#include <cstdlib>

namespace till::sync {

using namespace detail;
using Outcome = CrmOutcome::Kind;

namespace {

/// The words of a constraint that somebody was there first.
bool is_there_already(const Error& error) {
    return error.code == Errc::malformed
           && (error.detail.find("unique") != std::string::npos
               || error.detail.find("duplicate") != std::string::npos);
}

CrmOutcome outcome_of(const Error& error) {
    switch (error.code) {
        case Errc::malformed:
        case Errc::out_of_range:
        case Errc::not_found:
            return {.kind = Outcome::refused, .field = error.field, .cause = error.detail};
        case Errc::outcome_unknown:
            return {.kind = Outcome::unknown, .cause = error.detail};
        default:
            return {.kind = Outcome::later, .cause = error.detail};
    }
}

bool is_counted(const v1::Event& event) {
    return event.stock_count_lines().state() == v1::StockCountLines::SESSION_STATE_APPROVED;
}

}  // namespace

bool Tryton::wants(const v1::Event& event) const {
    const bool sold = event.has_retail_transaction()
                      && event.retail_transaction().status() == v1::TRANSACTION_STATUS_COMPLETED;
    return sold || event.has_post_void() || event.has_customer_enrolled()
           || event.has_customer_identified() || event.has_consent_set()
           || event.has_customers_merged() || event.has_customer_erased() || is_counted(event)
           || (event.has_customer_changed() && event.customer_changed().source() != options_.name);
}

Result<std::vector<bool>> Tryton::look_up(std::span<const CrmEvent> events) {
    return std::vector<bool>(events.size(), false);
}

std::vector<CrmOutcome> Tryton::apply(std::span<const CrmEvent> events) {
    std::vector<CrmOutcome> outcomes;
    for (const CrmEvent& event : events) {
        auto done = ensure(event);
        // Somebody was faster, or changed what we read: once more it is found as it is.
        if (!done && (done.error().code == Errc::stale || is_there_already(done.error())))
            done = ensure(event);
        outcomes.push_back(done ? CrmOutcome{.kind = Outcome::applied} : outcome_of(done.error()));
        const auto kind = outcomes.back().kind;
        if (kind == Outcome::applied || kind == Outcome::refused) continue;
        outcomes.resize(events.size(), outcomes.back());
        break;
    }
    return outcomes;
}

/// What is news of her goes with whatever event comes first; of most there is none.
Result<void> Tryton::ensure(const CrmEvent& event) {
    if (event.event.has_customer_erased()) return erase(event);
    const bool is_news = event.fresh_person.ByteSizeLong() > 0 || !event.fresh_consents.empty();
    if (event.customer && (is_news || event.event.has_customers_merged())) {
        TILL_TRY(const Party party, ensure_party(event));
        TILL_TRY_VOID(ensure_consents(event, party));
    }
    if (event.event.has_retail_transaction()) {
        const auto& sale = event.event.retail_transaction();
        const std::string& own = event.event.numbers().receipt_number();
        return ensure_sale(event, sale, own.empty() ? sale.source().number() : own);
    }
    if (event.event.has_post_void())
        return ensure_sale(event, event.event.post_void().reversal(),
                           event.event.numbers().receipt_number());
    return is_counted(event.event) ? ensure_counted(event) : Result<void>{};
}

Result<json::array> Tryton::rows(const std::string& model, json::array wanted,
                                 std::initializer_list<std::string_view> fields) {
    json::array params;
    params.push_back(std::move(wanted));
    params.emplace_back(0);
    params.emplace_back(nullptr);
    params.emplace_back(nullptr);
    params.push_back(texts(fields));
    TILL_TRY(auto found, client_.call("model." + model + ".search_read", std::move(params)));
    if (auto* list = found.if_array()) return std::move(*list);
    return Error{Errc::outcome_unknown, "Tryton did not answer with a list"};
}

Result<std::vector<std::int64_t>> Tryton::search(const std::string& model, json::array wanted) {
    json::array params;
    params.push_back(std::move(wanted));
    params.emplace_back(0);
    params.emplace_back(2);
    params.emplace_back(nullptr);
    TILL_TRY(const auto found, client_.call("model." + model + ".search", std::move(params)));
    std::vector<std::int64_t> ids;
    if (const auto* list = found.if_array())
        for (const auto& each : *list) ids.push_back(integer(&each));
    return ids;
}

/// The id of something that must be set up in Tryton; `of` is the field of ours that names it.
Result<std::int64_t> Tryton::required(const std::string& model, const std::string& field,
                                      const std::string& value, const char* of) {
    std::int64_t& known = known_[model + "/" + value];
    if (known != 0) return known;
    auto wanted = domain(clause(field, "=", json::string{value}));
    if (model == "stock.location") wanted.push_back(clause("type", "=", "warehouse"));
    TILL_TRY(const auto ids, search(model, std::move(wanted)));
    if (ids.empty())
        return Error{Errc::not_found, "Tryton has no " + model + " \"" + value + "\"", of};
    return known = ids.front();
}

/// 0 when Tryton does not know it: then its words stand in the line.
Result<std::int64_t> Tryton::product(const v1::Item& item) {
    const std::string gtin = item.gtin() == 0 ? "" : std::to_string(item.gtin());
    const std::string key = "product/" + gtin + "/" + item.sku();
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    std::vector<std::int64_t> ids;
    if (!gtin.empty()) {
        TILL_TRY(ids, search("product.product",
                             domain(clause("identifiers.code", "=", json::string{gtin}))));
    }
    if (ids.empty() && !item.sku().empty()) {
        TILL_TRY(ids,
                 search("product.product", domain(clause("code", "=", json::string{item.sku()}))));
    }
    if (!ids.empty()) known_[key] = ids.front();  // One that is not there may come.
    return ids.empty() ? 0 : ids.front();
}

Result<void> Tryton::ensure_sale(const CrmEvent& event, const v1::RetailTransaction& sale,
                                 const std::string& number) {
    const auto& context = event.event.context();
    const std::string reference = "till:" + context.store() + "-" + context.workstation() + "-"
                                  + context.business_day() + "-" + number;
    json::array params;
    params.push_back(domain(clause("reference", "=", json::string{reference})));
    params.emplace_back(0);
    params.emplace_back(2);
    params.emplace_back(nullptr);
    params.push_back(texts({"state"}));
    TILL_TRY(const auto found, client_.call("model.sale.sale.search_read", std::move(params)));
    if (const auto* list = found.if_array(); list && !list->empty()) {
        const auto& there = list->front().as_object();
        const auto* state = there.if_contains("state");
        return finish_sale(integer(there.if_contains("id")),
                           state && state->is_string() ? std::string_view{state->as_string()} : "");
    }
    TILL_TRY(auto made, sale_of(event, sale, reference));
    json::array one, create;
    one.push_back(std::move(made));
    create.push_back(std::move(one));
    TILL_TRY(const auto ids, client_.call("model.sale.sale.create", std::move(create)));
    const auto* list = ids.if_array();
    if (!list || list->empty())
        return Error{Errc::outcome_unknown, "Tryton did not say which sale"};
    return finish_sale(integer(&list->front()), "draft");
}

/// quote gives it its number, confirm makes it done; both do nothing to one that is further.
Result<void> Tryton::finish_sale(std::int64_t id, std::string_view state) {
    for (const auto& [from, method] :
         {std::pair{"draft", "quote"}, std::pair{"quotation", "confirm"}}) {
        if (state != from) continue;
        json::array params;
        params.push_back(ids_of(id));
        TILL_TRY_VOID(client_.call(std::string{"model.sale.sale."} + method, std::move(params)));
        state = "quotation";
    }
    return {};
}

Result<json::object> Tryton::sale_of(const CrmEvent& event, const v1::RetailTransaction& sale,
                                     const std::string& reference) {
    const auto& context = event.event.context();
    TILL_TRY(const std::int64_t currency,
             required("currency.currency", "code", sale.currency(), "currency"));
    TILL_TRY(const std::int64_t warehouse,
             required("stock.location", "code", context.store(), "context.store"));
    TILL_TRY(const Party party, ensure_party(event));
    TILL_TRY(auto lines, lines_of(sale));
    return json::object{{"company", client_.company()},
                        {"currency", currency},
                        {"party", party.id},
                        {"invoice_address", party.address},
                        {"shipment_address", party.address},
                        {"warehouse", warehouse},
                        {"reference", reference},
                        {"sale_date", date(context.business_day())},
                        {"invoice_method", "manual"},
                        {"shipment_method", "manual"},
                        {"lines", created(std::move(lines))}};
}

/// What Tryton reckons of quantity and price it rounds for itself: one last line makes up to the cent.
Result<json::array> Tryton::lines_of(const v1::RetailTransaction& sale) {
    constexpr int price_decimals = 4, quantity_decimals = 2;  // What Tryton takes without a unit.
    const int decimals = static_cast<int>(sale.currency_decimals());
    json::array lines;
    std::int64_t sum = 0;
    for (const auto& line : sale.lines()) {
        if (line.voided()) continue;
        Decimal quantity{line.quantity().mantissa(), static_cast<int>(line.quantity().scale())};
        Decimal price{line.unit_price().mantissa(), static_cast<int>(line.unit_price().scale())};
        const auto& item = line.item();
        std::string words = !item.description().empty() ? item.description()
                            : !item.sku().empty()       ? item.sku()
                                                        : std::to_string(item.gtin());
        const auto short_enough = quantity.rounded_to(quantity_decimals);
        if (!short_enough || Decimal{*short_enough, quantity_decimals} != quantity) {
            words += ", " + quantity.text() + " " + line.quantity().unit();  // One, for its amount.
            price = Decimal{std::abs(line.amount()), decimals};
            quantity = Decimal{line.amount() < 0 ? -1 : 1, 0};
        }
        const auto rounded = price.rounded_to(price_decimals);
        if (!rounded) return Error{Errc::out_of_range, "a price is too large", "unit_price"};
        const auto amount = multiply_rounded(quantity, Decimal{*rounded, price_decimals}, decimals);
        if (!amount) return Error{Errc::out_of_range, "an amount is too large", "amount"};
        sum += *amount;
        json::object made{{"type", "line"},
                          {"description", std::move(words)},
                          {"quantity", std::strtod(quantity.text().c_str(), nullptr)},
                          {"unit_price", decimal(*rounded, price_decimals)}};
        const auto whole = quantity.rounded_to(0);
        if (whole
            && Decimal{*whole, 0} == quantity) {  // Of a product's unit only whole ones are sold.
            TILL_TRY(const std::int64_t id, product(item));
            if (id != 0) {
                made["product"] = id;
                TILL_TRY(made["unit"], required("product.uom", "symbol", "u", "unit"));
            }
        }
        lines.push_back(std::move(made));
    }
    if (const std::int64_t rest = sale.totals().gross() - sum; rest != 0)
        lines.push_back(json::object{{"type", "line"},
                                     {"description", "Discounts, tax on top, rounding"},
                                     {"quantity", 1.0},
                                     {"unit_price", decimal(rest, decimals)}});
    return lines;
}

}  // namespace till::sync
