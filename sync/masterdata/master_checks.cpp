#include "sync/masterdata/master_checks.hpp"

#include "agent/core/gtin.hpp"
#include "agent/core/money.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace till::sync::detail {

namespace {

constexpr std::size_t faults_max = 100, id_bytes_max = 64, name_bytes_max = 200;
constexpr std::array<std::string_view, 3> roles = {"pos", "stock", "administrator"};
constexpr std::array<std::string_view, 3> roundings = {"line", "rate", "receipt"};
constexpr std::array<std::string_view, 6> uses = {"return",  "discount",       "void",
                                                  "no_sale", "tender_control", "adjustment"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// What is wrong with one record, field by field.
class Judge {
public:
    Judge(const std::string& at, const MasterRules& rules, Faults& faults)
        : at_{at}, rules_{rules}, faults_{faults} {}

    void judge(const v1::MasterStore& store);
    void judge(const v1::MasterWorkstation& workstation);
    void judge(const v1::MasterOperator& person);
    void judge(const v1::MasterTaxRule& rule);
    void judge(const v1::MasterTender& tender);
    void judge(const v1::MasterReason& reason);
    void judge(const v1::MasterProduct& product);

private:
    void fault(std::string_view field, std::string detail, std::string allowed) {
        faults_.add(at_, field, std::move(detail), std::move(allowed));
    }
    void id(std::string_view field, const std::string& value, bool required = true) {
        const auto plain = [](char c) { return c > ' ' && c <= '~' && c != '/'; };
        if (value.empty() && !required) return;
        if (value.empty() || value.size() > id_bytes_max || !std::ranges::all_of(value, plain))
            fault(field, value.empty() ? "missing" : "\"" + value + "\"",
                  "1 to 64 letters, digits and signs, without blanks and \"/\"");
    }
    void name(std::string_view field, const std::string& value) {
        const auto control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
        if (value.size() > name_bytes_max || std::ranges::any_of(value, control))
            fault(field, "too long, or of more than one line", "one line of at most 200 bytes");
    }
    template <std::size_t N>
    void word(std::string_view field, const std::string& value,
              const std::array<std::string_view, N>& words, bool required) {
        if (value.empty() ? !required : among(words, value)) return;
        std::string list;
        for (const auto each : words) list.append(list.empty() ? "" : ", ").append(each);
        fault(field, value.empty() ? "missing" : "\"" + value + "\"", list);
    }
    /// A decimal that is not negative, when there is one.
    std::optional<Decimal> number(std::string_view field, const std::string& value, bool required,
                                  const char* allowed) {
        if (value.empty() && !required) return {};
        const auto parsed = Decimal::parse(value);
        if (parsed && !parsed->is_negative()) return *parsed;
        fault(field, value.empty() ? "missing" : "\"" + value + "\"", allowed);
        return {};
    }

    const std::string& at_;
    const MasterRules& rules_;
    Faults& faults_;
};

void Judge::judge(const v1::MasterStore& store) {
    id("store", store.store());
    name("name", store.name());
    name("tax_id", store.tax_id());
    if (!store.time_zone().empty() && !rules_.is_time_zone(store.time_zone()))
        fault("time_zone", "\"" + store.time_zone() + "\"", "an IANA name: \"Asia/Taipei\"");
    if (!store.cut_over().empty() && !cut_over_minutes(store.cut_over()))
        fault("cut_over", "\"" + store.cut_over() + "\"", "HH:MM, \"00:00\" to \"23:59\"");
    const auto decimals = store.currency_decimals();
    if (!store.currency().empty() && !Currency::parse(store.currency()))
        fault("currency", "\"" + store.currency() + "\"", "three capital letters (ISO 4217)");
    if (!decimals.empty() && (decimals.size() != 1 || decimals > "4" || decimals < "0"))
        fault("currency_decimals", "\"" + decimals + "\"", "0 to 4");
    number("cash_step", store.cash_step(), false, "a positive amount: \"0.05\"");
    if (const auto step = Decimal::parse(store.cash_step()); step && step->is_zero())
        fault("cash_step", "zero", "a positive amount, or nothing");
    if (!store.country().empty() && store.country().size() != 2)
        fault("country", "\"" + store.country() + "\"", "ISO 3166-1 alpha-2: \"TW\"");
    if (!store.gln().empty() && (store.gln().size() != 13 || gtin_number(store.gln()) == 0))
        fault("gln", "\"" + store.gln() + "\"", "13 digits with a valid check digit");
    word("tax_rounding", store.tax_rounding(), roundings, false);
}

void Judge::judge(const v1::MasterWorkstation& workstation) {
    id("store", workstation.store());
    id("workstation", workstation.workstation());
    name("name", workstation.name());
    name("drawer", workstation.drawer());
}

void Judge::judge(const v1::MasterOperator& person) {
    id("operator_id", person.operator_id());
    name("name", person.name());
    word("role", person.role(), roles, true);
    const auto& pin = person.pin();
    if (!pin.empty() && (pin.size() < 4 || pin.size() > 12 || !all_digits(pin)))
        fault("pin", "not a PIN", "4 to 12 digits");
    if (!person.pin_verifier().empty()) fault("pin_verifier", "made here, never imported", "a pin");
}

void Judge::judge(const v1::MasterTaxRule& rule) {
    id("code", rule.code());
    name("name", rule.name());
    const auto rate = number("rate", rule.rate(), true, "per cent: \"20\", \"5.5\"");
    if (rate && *rate > Decimal{1000, 0})
        fault("rate", "\"" + rule.rate() + "\"", "at most 1000 per cent");
}

void Judge::judge(const v1::MasterTender& tender) {
    if (tender.type() == v1::TENDER_TYPE_UNSPECIFIED)
        fault("type", "missing", "TENDER_TYPE_CASH, TENDER_TYPE_CARD, …");
    name("name", tender.name());
    number("max", tender.max(), false, "an amount");
}

void Judge::judge(const v1::MasterReason& reason) {
    id("code", reason.code());
    name("name", reason.name());
    word("use", reason.use(), uses, true);
}

void Judge::judge(const v1::MasterProduct& product) {
    if (product.gtin().empty() && product.sku().empty())
        fault("gtin", "missing", "a GTIN or a SKU");
    if (!product.gtin().empty() && gtin_number(product.gtin()) == 0)
        fault("gtin", "\"" + product.gtin() + "\"",
              "8, 12, 13 or 14 digits with a valid check digit");
    name("sku", product.sku());
    name("name", product.name());
    id("unit", product.unit(), false);
    number("unit_price", product.unit_price(), true, "a price: \"2.955\", at most nine decimals");
}

/// Whether a rule of that code would be there for whoever has the record: a store's own, or one for all.
bool has_tax(const MasterSet& set, const std::string& code, const std::string& store) {
    return set.contains({"tax_rule/" + code, ""}) || set.contains({"tax_rule/" + code, store});
}

}  // namespace

void Faults::add(const std::string& at, std::string_view field, std::string detail,
                 std::string allowed) {
    if (found_.size() >= faults_max) return;
    found_.push_back(
        {Errc::malformed, std::move(detail), at + "." + std::string{field}, std::move(allowed)});
}

void check_record(const v1::MasterRecord& record, const std::string& at, const MasterRules& rules,
                  Faults& faults) {
    Judge judge{at, rules, faults};
    switch (record.kind_case()) {
        case v1::MasterRecord::kStore:
            return judge.judge(record.store());
        case v1::MasterRecord::kWorkstation:
            return judge.judge(record.workstation());
        case v1::MasterRecord::kOperator:
            return judge.judge(record.operator_());
        case v1::MasterRecord::kTaxRule:
            return judge.judge(record.tax_rule());
        case v1::MasterRecord::kTender:
            return judge.judge(record.tender());
        case v1::MasterRecord::kReason:
            return judge.judge(record.reason());
        case v1::MasterRecord::kProduct:
            return judge.judge(record.product());
        case v1::MasterRecord::KIND_NOT_SET:
            return;
    }
}

void check_references(const MasterSet& set, const std::map<MasterKey, std::string>& where,
                      Faults& faults) {
    for (const auto& [key, record] : set) {
        const auto place = where.find(key);
        const std::string at = place != where.end() ? place->second
                               : key.store.empty()  ? key.key
                                                    : key.key + " in store " + key.store;
        if (!key.store.empty() && !set.contains({store_key(key.store), key.store}))
            faults.add(at, "store", "there is no store \"" + key.store + "\"",
                       "a store that is imported, or none");
        const bool of_product = record.has_product();
        const std::string& tax =
            of_product ? record.product().tax_code() : record.store().default_tax_code();
        if (!tax.empty() && tax != "-" && !has_tax(set, tax, key.store))
            faults.add(at, of_product ? "tax_code" : "default_tax_code",
                       "there is no tax rule \"" + tax + "\" for it", "the code of a tax rule");
    }
}

}  // namespace till::sync::detail
