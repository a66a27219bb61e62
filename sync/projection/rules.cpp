#include "sync/projection/rules.hpp"

#include "agent/core/decimal.hpp"
#include "agent/core/money.hpp"
#include "agent/crypto/hash.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace till::sync {

namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t amount_max = 100'000'000'000'000;  // So that no sum over a day overflows.

Digest hash_of(const google::protobuf::Message& message) {
    Bytes bytes;
    {
        google::protobuf::io::StringOutputStream out{&bytes};
        google::protobuf::io::CodedOutputStream coded{&out};
        coded.SetSerializationDeterministic(true);
        message.SerializeToCodedStream(&coded);
    }
    return sha256(bytes);
}

std::string number(Wide value) { return std::to_string(static_cast<std::int64_t>(value)); }

std::string indexed(const char* list, int index, const char* field) {
    return std::string{list} + "[" + std::to_string(index) + "]." + field;
}

class Checker {
public:
    explicit Checker(const v1::RetailTransaction& sale) : sale_{sale}, holds_{!sale.has_source()} {}

    std::vector<Finding> run() {
        if (check_currency() && check_bounds()) {
            check_lines();
            check_totals();
            check_tenders();
        }
        int doubt = 0;
        for (const v1::Doubt& each : sale_.source().doubts())
            found_.push_back(
                {"doubt " + std::to_string(++doubt), each.field(), each.detail(), false});
        return std::move(found_);
    }

private:
    void add(const char* code, std::string field, std::string cause, bool holds) {
        found_.push_back({code, std::move(field), std::move(cause), holds});
    }

    void equal(std::string field, const char* what, Wide said, Wide computed) {
        if (said == computed) return;
        add("arithmetic", std::move(field),
            std::string{what} + " come to " + number(computed) + ", but it says " + number(said),
            holds_);
    }

    bool check_currency() {
        const bool known =
            Currency::parse(sale_.currency(), static_cast<int>(sale_.currency_decimals()))
                .has_value();
        if (!known)
            add("currency", "currency",
                "'" + sale_.currency() + "' is no currency, so its amounts mean nothing", true);
        for (int i = 0; i < sale_.tenders_size(); ++i) {
            const v1::Tender& tender = sale_.tenders(i);
            if (tender.has_foreign() && tender.foreign().currency() == sale_.currency())
                add("mixed currencies", indexed("tenders", i, "foreign"),
                    "a foreign tender in the transaction's own currency", false);
        }
        return known;
    }

    bool check_bounds() {
        bool fits = true;
        const auto bounded = [&](const std::string& field, std::int64_t amount) {
            if (amount >= -amount_max && amount <= amount_max) return;
            fits = false;
            add("out of range", field,
                "no shop takes " + std::to_string(amount) + " minor units at once", true);
        };
        const v1::Totals& totals = sale_.totals();
        bounded("totals.gross", totals.gross());
        bounded("totals.net", totals.net());
        bounded("totals.tax", totals.tax());
        bounded("cash_rounding", sale_.cash_rounding());
        for (int i = 0; i < sale_.lines_size(); ++i) {
            bounded(indexed("lines", i, "amount"), sale_.lines(i).amount());
            bounded(indexed("lines", i, "extended_amount"), sale_.lines(i).extended_amount());
        }
        for (int i = 0; i < sale_.tenders_size(); ++i)
            bounded(indexed("tenders", i, "applied"), sale_.tenders(i).applied());
        return fits;
    }

    void check_lines() {
        Wide taken_off = 0, discounts = 0;
        for (int i = 0; i < sale_.lines_size(); ++i) {
            const v1::Line& line = sale_.lines(i);
            if (line.quantity().scale() > Decimal::scale_max
                || line.unit_price().scale() > Decimal::scale_max) {
                add("arithmetic", indexed("lines", i, "unit_price"), "more than nine decimals",
                    holds_);
                continue;
            }
            check_extended(line, i);
            Wide off = 0;
            for (const v1::Discount& each : line.discounts()) off += each.amount();
            if (!line.voided()) taken_off += Wide{line.extended_amount()} - off - line.amount();
        }
        for (const v1::Discount& each : sale_.discounts()) discounts += each.amount();
        equal("discounts", "the lines' shares of the discounts", discounts, taken_off);
    }

    void check_extended(const v1::Line& line, int i) {
        if (line.price_embedded()) return;
        const Decimal quantity{line.quantity().mantissa(),
                               static_cast<int>(line.quantity().scale())};
        const Decimal price{line.unit_price().mantissa(),
                            static_cast<int>(line.unit_price().scale())};
        const auto extended =
            multiply_rounded(quantity, price, static_cast<int>(sale_.currency_decimals()));
        equal(indexed("lines", i, "extended_amount"), "quantity and unit price",
              line.extended_amount(), extended.value_or(line.extended_amount()));
    }

    void check_totals() {
        Wide lines = 0, taxes = 0, on_top = 0;
        for (const v1::Line& line : sale_.lines())
            if (!line.voided()) lines += line.amount();
        for (const v1::Tax& tax : sale_.taxes()) {
            taxes += tax.amount();
            if (!tax.included()) on_top += tax.amount();
        }
        const v1::Totals& totals = sale_.totals();
        equal("totals.tax", "the taxes", totals.tax(), taxes);
        equal("totals.gross", "lines, taxes on top and cash rounding", totals.gross(),
              lines + on_top + sale_.cash_rounding());
        equal("totals.net", "gross less taxes and rounding", totals.net(),
              Wide{totals.gross()} - totals.tax() - sale_.cash_rounding());
    }

    void check_tenders() {
        for (int i = 0; i < sale_.tenders_size(); ++i) {
            const v1::Tender& tender = sale_.tenders(i);
            if (tender.state() == v1::TENDER_STATE_APPROVED)
                equal(indexed("tenders", i, "applied"), "tendered less change", tender.applied(),
                      Wide{tender.tendered()} - tender.change());
        }
    }

    const v1::RetailTransaction& sale_;
    const bool
        holds_;  // Our own till computed it: if it does not add up, no figure of it is right.
    std::vector<Finding> found_;
};

const v1::RetailTransaction* transaction_of(const v1::Event& event) {
    if (event.has_retail_transaction()) return &event.retail_transaction();
    if (event.has_post_void()) return &event.post_void().reversal();
    return nullptr;
}

}  // namespace

BusinessKey business_key(const v1::Event& event, const JournalId& journal, Seq seq) {
    const v1::Context& context = event.context();
    BusinessKey key{context.store(), context.workstation(), context.business_day(), "", ""};
    const v1::ForeignSource* source = nullptr;
    if (event.has_retail_transaction() && event.retail_transaction().has_source())
        source = &event.retail_transaction().source();
    if (event.has_stock_adjustment() && event.stock_adjustment().has_source())
        source = &event.stock_adjustment().source();
    if (source != nullptr) {
        key.system = source->system();
        key.number = source->number();
    } else if (transaction_of(event) != nullptr) {
        key.number = event.numbers().receipt_number();
    }
    if (key.number.empty()) key.number = journal.value().text() + "/" + std::to_string(seq.value());
    return key;
}

Digest content_hash(v1::RetailTransaction& spent) {
    if (spent.has_source()) spent.mutable_source()->clear_doubts();
    spent.clear_begin_ms();
    spent.clear_end_ms();
    spent.clear_versions();
    for (v1::Line& line : *spent.mutable_lines()) line.clear_entry_method();
    return hash_of(spent);
}

Digest content_hash(v1::StockAdjustment& spent) {
    if (spent.has_source()) spent.mutable_source()->clear_doubts();
    spent.clear_at_ms();
    return hash_of(spent);
}

v1::SalvagedEvent innermost(v1::SalvagedEvent said) {
    // Far more than a device is ever damaged before it is heard; a sender's time is bounded, ours too.
    constexpr int nested_max = 64;
    v1::Event inner;
    for (int depth = 0; depth < nested_max; ++depth) {
        if (!inner.ParseFromString(said.body()) || !inner.has_salvaged_event()) break;
        const bool proved = said.proved();
        said = v1::SalvagedEvent{inner.salvaged_event()};
        if (!proved) said.set_proved(false);
    }
    return said;
}

bool unwrap_salvaged(v1::Event& event) {
    return !event.has_salvaged_event()
           || event.ParseFromString(Bytes{innermost(event.salvaged_event()).body()});
}

bool has_capture_key(const v1::Event& event) {
    if (event.origin().key().empty() || event.origin().caller() == "agent") return false;
    return !event.retail_transaction().has_source() && !event.stock_adjustment().has_source()
           && !event.has_foreign_rows_set_aside();
}

Digest capture_key(const Uuid& device, const v1::Origin& origin) {
    return Sha256{}
        .add(device.bytes())
        .add_u32(static_cast<std::uint32_t>(origin.caller().size()))
        .add(origin.caller())
        .add(origin.key())
        .finish();
}

bool is_known(Kind kind) {
    const auto* field = v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(kind.value()));
    return field != nullptr && field->containing_oneof() != nullptr;
}

std::vector<Finding> check(const v1::RetailTransaction& sale) { return Checker{sale}.run(); }

bool counts(const v1::RetailTransaction& sale) {
    return sale.status() == v1::TRANSACTION_STATUS_COMPLETED && !sale.training();
}

bool only_returns(const v1::RetailTransaction& sale) {
    bool any = false;
    for (const v1::Line& line : sale.lines()) {
        if (line.voided()) continue;
        if (line.kind() != v1::LINE_KIND_RETURN) return false;
        any = true;
    }
    return any;
}

std::string line_key(const v1::OriginalLine& original) {
    if (original.transaction().empty()) return {};
    const char unit_separator = '\x1f';
    return original.store() + unit_separator + original.workstation() + unit_separator
           + original.business_day() + unit_separator + original.transaction() + unit_separator
           + std::to_string(original.line());
}

std::string tender_name(int type) {
    constexpr std::string_view prefix = "TENDER_TYPE_";
    if (!v1::TenderType_IsValid(type)) return "TENDER " + std::to_string(type);
    return v1::TenderType_Name(static_cast<v1::TenderType>(type)).substr(prefix.size());
}

Measures measures(const v1::RetailTransaction& sale) {
    Measures found;
    if (!counts(sale)) return found;
    found["transactions"] = 1;
    found["gross"] = sale.totals().gross();
    found["net"] = sale.totals().net();
    found["tax"] = sale.totals().tax();
    for (const v1::Tender& tender : sale.tenders()) {
        if (tender.state() != v1::TENDER_STATE_APPROVED) continue;
        found[tender_name(tender.type()) + " count"] += 1;
        found[tender_name(tender.type()) + " applied"] += tender.applied();
    }
    return found;
}

}  // namespace till::sync
