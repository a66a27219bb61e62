#include "agent/capture/poslog_invoice.hpp"

#include "agent/capture/source_values.hpp"
#include "agent/core/calendar.hpp"
#include "agent/core/gtin.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace till {

namespace {

/// POSLog's own words, in lower case, for how something is paid.
struct TenderWord {
    std::string_view word;
    v1::TenderType type;
};
constexpr auto tender_words = std::to_array<TenderWord>({
    {"cash", v1::TENDER_TYPE_CASH},
    {"foreigncurrency", v1::TENDER_TYPE_CASH},
    {"creditdebit", v1::TENDER_TYPE_CARD},
    {"credit", v1::TENDER_TYPE_CARD},
    {"debit", v1::TENDER_TYPE_CARD},
    {"voucher", v1::TENDER_TYPE_VOUCHER},
    {"coupon", v1::TENDER_TYPE_VOUCHER},
    {"manufacturercoupon", v1::TENDER_TYPE_VOUCHER},
    {"storedvalue", v1::TENDER_TYPE_GIFT_CARD},
    {"giftcard", v1::TENDER_TYPE_GIFT_CARD},
    {"giftcertificate", v1::TENDER_TYPE_GIFT_CARD},
    {"mobilepayment", v1::TENDER_TYPE_MOBILE},
    {"mobile", v1::TENDER_TYPE_MOBILE},
    {"customeraccount", v1::TENDER_TYPE_ACCOUNT},
    {"account", v1::TENDER_TYPE_ACCOUNT},
    {"accountsreceivable", v1::TENDER_TYPE_ACCOUNT},
});

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

Error fault(std::string what) { return {Errc::malformed, std::move(what)}; }

/// As a source writes it: with an offset, or in the mapping's zone.
Result<std::string> time_text(const XmlElement& transaction, const char* element,
                              const PoslogMapping& mapping) {
    const std::string text = transaction.text_at(element);
    if (text.empty() || parse_rfc3339(text)) return text;
    static const auto pattern = *TimePattern::parse("%Y-%m-%dT%H:%M:%S");
    const auto local = pattern.read(text.substr(0, text.find('.')));
    if (!local) return fault(std::string{element} + " is no time");
    return mapping.zone->rfc3339(*local);
}

class Reader {
public:
    Reader(const XmlElement& transaction, const XmlElement& retail, const PoslogMapping& mapping)
        : transaction_{transaction}, retail_{retail}, mapping_{mapping} {}

    Result<v1::RecordTransaction> read() {
        TILL_TRY_VOID(read_head());
        for (const XmlElement& element : retail_.children) {
            if (element.name.local == "LineItem") {
                TILL_TRY_VOID(read_line_item(element));
            } else if (element.name.local == "Total") {
                read_total(element);
            } else if (element.name.local == "Customer") {
                read_customer(element);
            }
        }
        return std::move(out_);
    }

private:
    Result<void> read_head();
    Result<void> read_status();
    Result<void> read_line_item(const XmlElement& item);
    Result<void> read_goods(const XmlElement& goods, const XmlElement& item, v1::LineKind kind);
    Result<void> read_price(const XmlElement& goods, v1::CommandLine& line);
    void read_line_discounts(const XmlElement& goods, v1::CommandLine& line);
    void read_line_tax(const XmlElement& goods, v1::CommandLine& line);
    void read_original(const XmlElement& goods, v1::CommandLine& line);
    void read_tender(const XmlElement& tender, const XmlElement& item);
    void read_total(const XmlElement& total);
    void read_customer(const XmlElement& customer);
    void add_identifier(v1::IdentifierType type, std::string value);
    std::string& other(const std::string& key) {
        return (*out_.mutable_source()->mutable_stated()->mutable_other())[key];
    }

    const XmlElement& transaction_;
    const XmlElement& retail_;
    const PoslogMapping& mapping_;
    v1::RecordTransaction out_;
};

Result<void> Reader::read_status() {
    const std::string status = lower(retail_.attribute("TransactionStatus"));
    if (status == "postvoided") return fault("TransactionStatus is PostVoided: mend it by hand");
    if (status == "suspended") {
        out_.set_status(v1::TRANSACTION_STATUS_SUSPENDED);
    } else if (status == "failed" || status == "canceled" || status == "cancelled"
               || status == "voided" || transaction_.is_set("CancelFlag")) {
        out_.set_status(v1::TRANSACTION_STATUS_CANCELLED);
    } else if (status == "inprocess") {
        return fault("TransactionStatus is InProcess: it may still change");
    } else {
        out_.set_status(v1::TRANSACTION_STATUS_COMPLETED);
    }
    return {};
}

Result<void> Reader::read_head() {
    v1::CommandSource& source = *out_.mutable_source();
    source.set_system(mapping_.system);
    source.set_number(poslog_number(transaction_));
    if (source.number().empty()) return fault("TransactionID and SequenceNumber are missing");
    source.set_workstation(transaction_.text_at("WorkstationID"));
    source.set_business_day(transaction_.text_at("BusinessDayDate").substr(0, 10));
    if (const auto unit = transaction_.text_at("BusinessUnit/UnitID"); !unit.empty())
        other("business_unit") = unit;
    const auto sequence = transaction_.text_at("SequenceNumber");
    if (!sequence.empty() && sequence != source.number()) other("sequence_number") = sequence;
    out_.set_operator_id(transaction_.text_at("OperatorID"));
    out_.set_training(transaction_.is_set("TrainingModeFlag"));
    std::string currency = transaction_.text_at("CurrencyCode");
    if (currency.empty()) currency = mapping_.currency;
    out_.set_currency(currency);
    TILL_TRY_VOID(read_status());
    TILL_TRY(const std::string begin, time_text(transaction_, "BeginDateTime", mapping_));
    TILL_TRY(const std::string end, time_text(transaction_, "EndDateTime", mapping_));
    if (begin.empty() && end.empty()) return fault("BeginDateTime and EndDateTime are missing");
    out_.set_begin_time(begin.empty() ? end : begin);
    out_.set_end_time(end.empty() ? begin : end);
    return {};
}

Result<void> Reader::read_line_item(const XmlElement& item) {
    for (const XmlElement& what : item.children) {
        const std::string& kind = what.name.local;
        if (kind == "Sale" || kind == "SaleForDelivery") {
            TILL_TRY_VOID(read_goods(what, item, v1::LINE_KIND_SALE));
        } else if (kind == "Return") {
            TILL_TRY_VOID(read_goods(what, item, v1::LINE_KIND_RETURN));
        } else if (kind == "Tender") {
            read_tender(what, item);
        } else if (kind == "Discount") {
            v1::CommandDiscount& discount = *out_.add_discounts();
            discount.set_amount(what.text_at("Amount"));
            discount.set_reason(what.text_at("ReasonCode"));
        } else if (kind == "Tax") {
            std::string& stated = *out_.mutable_source()->mutable_stated()->mutable_tax();
            if (stated.empty()) stated = what.text_at("Amount");
        } else if (kind == "CustomerOrderForPickup" || kind == "LoyaltyReward"
                   || kind == "Rounding") {
            other(kind) = what.text_at("Amount");
        }
    }
    return {};
}

Result<void> Reader::read_goods(const XmlElement& goods, const XmlElement& item,
                                v1::LineKind kind) {
    v1::CommandLine& line = *out_.add_lines();
    line.set_kind(kind);
    line.set_voided(item.is_set("VoidFlag"));
    const std::string entry = lower(item.attribute("EntryMethod"));
    line.set_entry_method(entry == "scanned" ? v1::ENTRY_METHOD_SCANNED
                          : entry == "keyed" ? v1::ENTRY_METHOD_KEYED
                                             : v1::ENTRY_METHOD_IMPORTED);
    line.set_sku(goods.text_at("POSIdentity/POSItemID"));
    if (line.sku().empty()) line.set_sku(goods.text_at("ItemID"));
    for (const char* place : {"GTIN", "POSIdentity/POSItemID", "ItemID"}) {
        const std::string digits = goods.text_at(place);
        if (line.gtin().empty() && gtin_number(digits) != 0) line.set_gtin(digits);
    }
    if (line.gtin() == line.sku()) line.clear_sku();
    line.set_description(goods.text_at("Description"));
    line.set_serial(goods.text_at("SerialNumber"));
    line.set_reason(goods.text_at("ReasonCode"));
    line.set_quantity(goods.text_at("Quantity"));
    if (const XmlElement* quantity = goods.find("Quantity"))
        line.set_unit(quantity->attribute("UnitOfMeasureCode"));
    for (const ItemRule& rule : mapping_.items)
        if (line.item_class() == v1::ITEM_CLASS_GOODS && fits(rule.codes, line.sku()))
            line.set_item_class(rule.item_class);
    if (lower(goods.attribute("ItemType")) == "giftcertificate"
        || goods.find("GiftCard") != nullptr)
        line.set_item_class(v1::ITEM_CLASS_GIFT_CARD);
    TILL_TRY_VOID(read_price(goods, line));
    read_line_discounts(goods, line);
    read_line_tax(goods, line);
    read_original(goods, line);
    return {};
}

Result<void> Reader::read_price(const XmlElement& goods, v1::CommandLine& line) {
    const std::string regular = goods.text_at("RegularSalesUnitPrice");
    const std::string extended = goods.text_at("ExtendedAmount");
    line.set_unit_price(goods.text_at("ActualSalesUnitPrice"));
    if (line.unit_price().empty()) line.set_unit_price(regular);
    if (!regular.empty() && regular != line.unit_price()) line.set_regular_price(regular);
    if (!extended.empty())
        other("lines[" + std::to_string(out_.lines_size() - 1) + "].extended_amount") = extended;
    if (!line.unit_price().empty()) return {};
    const auto amount = Decimal::parse(extended);
    const auto quantity = Decimal::parse(line.quantity().empty() ? "1" : line.quantity());
    if (!amount || !quantity || quantity->is_zero())
        return fault("ActualSalesUnitPrice is missing, and ExtendedAmount does not tell it");
    TILL_TRY(const Decimal price, unit_price_of(*amount, *quantity));
    line.set_unit_price(price.is_negative() ? price.negated().text() : price.text());
    return {};
}

void Reader::read_line_discounts(const XmlElement& goods, v1::CommandLine& line) {
    for (const XmlElement& modifier : goods.children) {
        if (modifier.name.local != "RetailPriceModifier") continue;
        const XmlElement* amount = modifier.find("Amount");
        if (!amount || lower(amount->attribute("Action")) == "add") continue;
        v1::CommandDiscount& discount = *line.add_discounts();
        discount.set_amount(modifier.text_at("Amount"));
        discount.set_reason(modifier.text_at("ReasonCode"));
        discount.set_promotion_id(modifier.text_at("PromotionID"));
    }
    const std::string all = goods.text_at("ExtendedDiscountAmount");
    const auto amount = Decimal::parse(all);
    if (line.discounts().empty() && amount && !amount->is_zero())
        line.add_discounts()->set_amount(amount->is_negative() ? amount->negated().text() : all);
}

void Reader::read_line_tax(const XmlElement& goods, v1::CommandLine& line) {
    const XmlElement* tax = goods.find("Tax");
    if (!tax) return;
    line.set_tax_code(tax->text_at("TaxRuleID"));
    if (line.tax_code().empty()) line.set_tax_code(tax->attribute("TaxGroupID"));
    line.set_tax_rate(tax->text_at("Percent"));
    line.set_tax_amount(tax->text_at("Amount"));
    // A return's amounts are positive there, and take back here.
    const auto amount = Decimal::parse(line.tax_amount());
    if (line.kind() == v1::LINE_KIND_RETURN && amount && !amount->is_negative())
        line.set_tax_amount(amount->negated().text());
    const XmlElement* taxable = tax->find("TaxableAmount");
    const std::string flag =
        taxable ? taxable->attribute("TaxIncludedInTaxableAmountFlag") : std::string{};
    if (!flag.empty()) line.set_tax_included(taxable->is_set("TaxIncludedInTaxableAmountFlag"));
}

void Reader::read_original(const XmlElement& goods, v1::CommandLine& line) {
    const XmlElement* link = goods.find("TransactionLink");
    if (!link || line.kind() != v1::LINE_KIND_RETURN) return;
    v1::OriginalLine& original = *line.mutable_original();
    original.set_store(link->text_at("BusinessUnit/UnitID"));
    original.set_workstation(link->text_at("WorkstationID"));
    original.set_business_day(link->text_at("BusinessDayDate").substr(0, 10));
    original.set_transaction(poslog_number(*link));
    const auto number = link->text_at("LineItemSequenceNumber");
    original.set_line(static_cast<std::uint32_t>(std::strtoul(number.c_str(), nullptr, 10)));
}

void Reader::read_tender(const XmlElement& from, const XmlElement& item) {
    const std::string word = from.attribute("TenderType");
    v1::CommandTender& tender = *out_.add_tenders();
    const auto own = mapping_.tenders.find(word);
    const auto known = std::ranges::find(tender_words, lower(word), &TenderWord::word);
    if (own != mapping_.tenders.end()) {
        tender.set_type(own->second);
    } else if (known != tender_words.end()) {
        tender.set_type(known->type);
    } else {
        tender.set_type(word.empty() ? mapping_.default_tender : v1::TENDER_TYPE_OTHER);
        tender.set_reference(word);  // Nothing that the source said is lost.
    }
    tender.set_amount(from.text_at("Amount"));
    const auto amount = Decimal::parse(tender.amount());
    if (lower(from.attribute("TypeCode")) == "refund" && amount && !amount->is_negative())
        tender.set_amount(amount->negated().text());
    if (item.is_set("VoidFlag")) tender.set_state(v1::TENDER_STATE_REVERSED);
    // A card's number is never looked for; what is kept of it says nothing.
    tender.set_authorisation(from.text_at("Authorization/AuthorizationCode"));
    tender.set_card_scheme(
        from.find("CreditDebit") ? from.find("CreditDebit")->attribute("CardType") : std::string{});
    if (const XmlElement* foreign = from.find("ForeignCurrency")) {
        tender.set_foreign_currency(foreign->text_at("CurrencyCode"));
        tender.set_foreign_amount(foreign->text_at("OriginalFaceAmount"));
        tender.set_foreign_rate(foreign->text_at("ExchangeRate"));
    }
}

void Reader::read_total(const XmlElement& total) {
    const std::string type = total.attribute("TotalType");
    const std::string value{trimmed_lines(total.text)};
    v1::StatedTotals& stated = *out_.mutable_source()->mutable_stated();
    if (type == "TransactionGrandAmount")
        stated.set_gross(value);
    else if (type == "TransactionNetAmount")
        stated.set_net(value);
    else if (type == "TransactionTaxAmount")
        stated.set_tax(value);
    else if (!type.empty())
        other(type) = value;
}

void Reader::add_identifier(v1::IdentifierType type, std::string value) {
    if (value.empty()) return;
    v1::CommandIdentifier& identifier = *out_.mutable_customer()->add_identifiers();
    identifier.set_type(type);
    identifier.set_value(std::move(value));
}

void Reader::read_customer(const XmlElement& customer) {
    add_identifier(v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER, customer.text_at("CustomerID"));
    for (const char* place : {"LoyaltyID", "LoyaltyAccount/LoyaltyAccountID"})
        add_identifier(v1::IDENTIFIER_TYPE_LOYALTY_CARD, customer.text_at(place));
    for (const char* place : {"eMail/EMailAddress", "EMail", "eMail"})
        if (const XmlElement* mail = customer.find(place); mail && mail->children.empty())
            add_identifier(v1::IDENTIFIER_TYPE_EMAIL, customer.text_at(place));
    for (const char* place : {"TelephoneNumber/FullTelephoneNumber", "TelephoneNumber"})
        if (const XmlElement* phone = customer.find(place); phone && phone->children.empty())
            add_identifier(v1::IDENTIFIER_TYPE_PHONE, customer.text_at(place));
}

}  // namespace

std::string poslog_number(const XmlElement& transaction) {
    std::string id = transaction.text_at("TransactionID");
    return id.empty() ? transaction.text_at("SequenceNumber") : id;
}

Result<v1::RecordTransaction> poslog_transaction(const XmlElement& transaction,
                                                 const PoslogMapping& mapping) {
    const XmlElement* retail = transaction.find("RetailTransaction");
    if (!retail) return fault("holds no RetailTransaction");
    return Reader{transaction, *retail, mapping}.read();
}

XmlElement without_customer(XmlElement transaction) {
    for (XmlElement& child : transaction.children)
        if (child.name.local == "RetailTransaction")
            std::erase_if(child.children,
                          [](const XmlElement& part) { return part.name.local == "Customer"; });
    return transaction;
}

}  // namespace till
