#include "agent/tillctl/poslog_writer.hpp"

#include "agent/capture/xml_text.hpp"
#include "agent/core/calendar.hpp"
#include "agent/core/decimal.hpp"

#include <initializer_list>
#include <ostream>
#include <string_view>
#include <utility>

namespace till {

namespace {

namespace v1 = tillstream::v1;

/// Elements with their ends, indented.
class Xml {
public:
    explicit Xml(std::ostream& out, int depth) : out_{out}, depth_{depth} {}
    using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    void open(std::string_view name, Attributes attributes = {}) {
        tag(name, attributes);
        out_ << ">\n";
        ++depth_;
    }
    void close(std::string_view name) {
        --depth_;
        out_ << std::string(static_cast<std::size_t>(depth_), ' ') << "</" << name << ">\n";
    }
    /// Left out when there is nothing to say.
    void leaf(std::string_view name, std::string_view text, Attributes attributes = {}) {
        if (text.empty()) return;
        tag(name, attributes);
        out_ << '>' << xml_escaped(text) << "</" << name << ">\n";
    }

private:
    void tag(std::string_view name, Attributes attributes) {
        out_ << std::string(static_cast<std::size_t>(depth_), ' ') << '<' << name;
        for (const auto& [key, value] : attributes)
            if (!value.empty()) out_ << ' ' << key << "=\"" << xml_escaped(value) << '"';
    }

    std::ostream& out_;
    int depth_;
};

std::string text_of(const v1::Decimal& number) {
    return Decimal{number.mantissa(), static_cast<int>(number.scale())}.text();
}

std::string_view tender_word(v1::TenderType type) {
    switch (type) {
        case v1::TENDER_TYPE_CASH:
            return "Cash";
        case v1::TENDER_TYPE_CARD:
            return "CreditDebit";
        case v1::TENDER_TYPE_VOUCHER:
            return "Voucher";
        case v1::TENDER_TYPE_GIFT_CARD:
            return "GiftCard";
        case v1::TENDER_TYPE_MOBILE:
            return "MobilePayment";
        case v1::TENDER_TYPE_ACCOUNT:
            return "CustomerAccount";
        default:
            return "Other";
    }
}

std::string_view status_word(v1::TransactionStatus status, bool reverses) {
    if (reverses) return "PostVoided";
    if (status == v1::TRANSACTION_STATUS_SUSPENDED) return "Suspended";
    return status == v1::TRANSACTION_STATUS_CANCELLED ? "Canceled" : "Delivered";
}

std::string_view entry_word(v1::EntryMethod method) {
    if (method == v1::ENTRY_METHOD_SCANNED) return "Scanned";
    return method == v1::ENTRY_METHOD_KEYED ? "Keyed" : "";
}

class Writer {
public:
    Writer(std::ostream& out, const PoslogSource& source)
        : xml_{out, 1},
          event_{source.event},
          source_{source},
          reverses_{source.event.has_post_void()},
          sale_{reverses_ ? source.event.post_void().reversal()
                          : source.event.retail_transaction()} {}

    void write() {
        const auto& context = event_.context();
        xml_.open(
            "Transaction",
            {{"TrainingModeFlag", sale_.training() ? "true" : ""},
             {"CancelFlag", sale_.status() == v1::TRANSACTION_STATUS_CANCELLED ? "true" : ""}});
        xml_.open("BusinessUnit");
        xml_.leaf("UnitID", context.store());
        xml_.close("BusinessUnit");
        xml_.leaf("WorkstationID", context.workstation());
        xml_.leaf("TillID", context.drawer());
        const auto sequence = event_.numbers().transaction_number();
        xml_.leaf("SequenceNumber", sequence == 0 ? source_.number : std::to_string(sequence));
        xml_.leaf("TransactionID", source_.number);
        xml_.leaf("OperatorID", context.operator_id());
        xml_.leaf("CurrencyCode", sale_.currency());
        write_retail();
        xml_.leaf("BusinessDayDate", context.business_day());
        xml_.leaf("BeginDateTime", rfc3339(WallTime{sale_.begin_ms()}));
        xml_.leaf("EndDateTime", rfc3339(WallTime{sale_.end_ms()}));
        xml_.close("Transaction");
    }

private:
    std::string amount(std::int64_t minor) const {
        return Decimal{minor, static_cast<int>(sale_.currency_decimals())}.text();
    }

    void write_retail() {
        xml_.open("RetailTransaction",
                  {{"TransactionStatus", status_word(sale_.status(), reverses_)}});
        for (const auto& line : sale_.lines()) write_line(line);
        int number = sale_.lines_size();
        for (const auto& discount : sale_.discounts()) {
            xml_.open("LineItem");
            xml_.open("Discount");
            xml_.leaf("Amount", amount(discount.amount()));
            xml_.leaf("ReasonCode", discount.reason());
            xml_.close("Discount");
            end_line(++number);
        }
        for (const auto& tax : sale_.taxes()) {
            xml_.open("LineItem");
            write_tax(tax.code(), tax.rate(), tax.taxable(), tax.amount(), tax.included());
            end_line(++number);
        }
        for (const auto& tender : sale_.tenders()) write_tender(tender, ++number);
        if (sale_.cash_rounding() != 0) {
            xml_.open("LineItem");
            xml_.open("Rounding");
            xml_.leaf("Amount", amount(sale_.cash_rounding()));
            xml_.close("Rounding");
            end_line(++number);
        }
        write_totals();
        if (!source_.customer.empty()) {
            xml_.open("Customer");
            xml_.leaf("CustomerID", source_.customer);
            xml_.close("Customer");
        }
        if (reverses_) write_reversed();
        xml_.close("RetailTransaction");
    }

    void end_line(int number) {
        xml_.leaf("SequenceNumber", std::to_string(number));
        xml_.close("LineItem");
    }

    void write_line(const v1::Line& line) {
        const bool back = line.kind() == v1::LINE_KIND_RETURN;
        const int sign = back ? -1 : 1;
        const auto& item = line.item();
        xml_.open("LineItem", {{"EntryMethod", entry_word(line.entry_method())},
                               {"VoidFlag", line.voided() ? "true" : ""}});
        const auto* kind = back ? "Return" : "Sale";
        const bool liability = item.item_class() == v1::ITEM_CLASS_GIFT_CARD;
        xml_.open(kind, {{"ItemType", liability ? "GiftCertificate" : "Stock"}});
        const std::string gtin = item.gtin() == 0 ? "" : std::to_string(item.gtin());
        const std::string fourteen = gtin.empty() ? "" : std::string(14 - gtin.size(), '0') + gtin;
        xml_.open("POSIdentity");
        xml_.leaf("POSItemID", !item.sku().empty() ? item.sku()
                               : gtin.empty()      ? std::string{"-"}
                                                   : fourteen);
        xml_.close("POSIdentity");
        xml_.leaf("GTIN", fourteen);
        xml_.leaf("Description", item.description());
        xml_.leaf("SerialNumber", item.serial());
        if (line.has_regular_price())
            xml_.leaf("RegularSalesUnitPrice", text_of(line.regular_price()));
        xml_.leaf("ActualSalesUnitPrice", text_of(line.unit_price()));
        xml_.leaf("ExtendedAmount", amount(sign * line.extended_amount()));
        const v1::Decimal quantity = [&] {
            v1::Decimal value;
            value.set_mantissa(std::abs(line.quantity().mantissa()));
            value.set_scale(line.quantity().scale());
            return value;
        }();
        xml_.leaf("Quantity", text_of(quantity), {{"UnitOfMeasureCode", line.quantity().unit()}});
        for (const auto& discount : line.discounts()) {
            xml_.open("RetailPriceModifier");
            xml_.leaf("Amount", amount(sign * discount.amount()), {{"Action", "Subtract"}});
            xml_.leaf("PromotionID", discount.promotion_id());
            xml_.leaf("ReasonCode", discount.reason());
            xml_.close("RetailPriceModifier");
        }
        if (line.has_tax())
            write_tax(line.tax_code(), line.tax().rate(), sign * line.tax().taxable(),
                      sign * line.tax().amount(), line.tax().included());
        if (line.has_original()) write_link("Return", line.original());
        xml_.leaf("ReasonCode", line.reason());
        xml_.close(kind);
        end_line(static_cast<int>(line.number()));
    }

    void write_tax(const std::string& code, const v1::Decimal& rate, std::int64_t taxable,
                   std::int64_t tax, bool included) {
        xml_.open("Tax");
        xml_.leaf("TaxableAmount", amount(taxable),
                  {{"TaxIncludedInTaxableAmountFlag", included ? "true" : "false"}});
        xml_.leaf("Amount", amount(tax));
        xml_.leaf("Percent", text_of(rate));
        xml_.leaf("TaxRuleID", code);
        xml_.close("Tax");
    }

    void write_link(std::string_view reason, const v1::OriginalLine& original) {
        xml_.open("TransactionLink", {{"ReasonCode", reason}});
        if (!original.store().empty()) {
            xml_.open("BusinessUnit");
            xml_.leaf("UnitID", original.store());
            xml_.close("BusinessUnit");
        }
        xml_.leaf("WorkstationID", original.workstation());
        xml_.leaf("BusinessDayDate", original.business_day());
        xml_.leaf("TransactionID", original.transaction());
        if (original.line() != 0)
            xml_.leaf("LineItemSequenceNumber", std::to_string(original.line()));
        xml_.close("TransactionLink");
    }

    void write_tender(const v1::Tender& tender, int number) {
        const bool reversed = tender.state() == v1::TENDER_STATE_REVERSED;
        xml_.open("LineItem", {{"VoidFlag", reversed ? "true" : ""}});
        const bool refund = tender.tendered() < 0;
        xml_.open("Tender", {{"TenderType", tender_word(tender.type())},
                             {"TypeCode", refund ? "Refund" : "Sale"}});
        xml_.leaf("Amount", amount(refund ? -tender.tendered() : tender.tendered()),
                  {{"Currency", sale_.currency()}});
        if (tender.change() != 0) {
            xml_.open("TenderChange");
            xml_.leaf("Amount", amount(tender.change()));
            xml_.close("TenderChange");
        }
        if (!tender.authorisation().empty()) {
            xml_.open("Authorization");
            xml_.leaf("AuthorizationCode", tender.authorisation());
            xml_.close("Authorization");
        }
        xml_.close("Tender");
        end_line(number);
    }

    void write_totals() {
        const auto& totals = sale_.totals();
        const auto total = [&](const char* type, std::int64_t value) {
            xml_.leaf("Total", amount(value), {{"TotalType", type}});
        };
        total("TransactionGrandAmount", totals.gross());
        total("TransactionNetAmount", totals.net());
        total("TransactionTaxAmount", totals.tax());
        total("TransactionTenderApplied", totals.applied());
        if (totals.discount() != 0) total("TransactionTotalSavings", totals.discount());
    }

    void write_reversed() {
        v1::OriginalLine reversed;
        reversed.set_workstation(event_.context().workstation());
        reversed.set_business_day(event_.post_void().business_day());
        reversed.set_transaction(event_.post_void().receipt_number());
        write_link("PostVoid", reversed);
    }

    Xml xml_;
    const v1::Event& event_;
    const PoslogSource& source_;
    bool reverses_;
    const v1::RetailTransaction& sale_;
};

}  // namespace

void poslog_begin(std::ostream& out) {
    out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<POSLog xmlns=\"http://www.nrf-arts.org/IXRetail/namespace/\" MajorVersion=\"6\" "
           "MinorVersion=\"0\" FixVersion=\"0\">\n";
}

void poslog_transaction(std::ostream& out, const PoslogSource& source) {
    Writer{out, source}.write();
}

void poslog_end(std::ostream& out) { out << "</POSLog>\n"; }

}  // namespace till
