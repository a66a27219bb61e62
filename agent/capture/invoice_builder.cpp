#include "agent/capture/invoice_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace till {

namespace v1 = tillstream::v1;

namespace {

Decimal absolute(const Decimal& value) { return value.is_negative() ? value.negated() : value; }

std::string whole(const std::string& number) {
    const std::size_t point = number.find('.');
    const bool zeros =
        point != number.npos && number.find_first_not_of('0', point + 1) == number.npos;
    return zeros ? number.substr(0, point) : number;
}

template <class T>
T translate(const std::map<std::string, T>& words, const std::string& word, T otherwise) {
    const auto found = words.find(word);
    return found == words.end() ? otherwise : found->second;
}

}  // namespace

Result<void> InvoiceMapper::Builder::begin(const Row& row) {
    currency_ = row.at(Column::currency).empty() ? mapping_.currency : row.at(Column::currency);
    if (!currency_.empty()) {
        auto money = Currency::parse(currency_);
        if (!money) return Error{Errc::malformed, "currency is not an ISO 4217 code"};
        money_ = *money;
    }
    begun_ = true;
    number_ = row.at(Column::number);
    workstation_ = row.at(Column::workstation);
    business_day_ = row.at(Column::business_day);
    if (business_day_.empty()) business_day_ = row.time.date();
    if (mapping_.has(Column::business_day))
        if (auto day = parse_time(business_day_, mapping_.times)) business_day_ = day->date();
    first_ = last_ = row.time;
    const auto fits_number = [this](const std::string& pattern) { return fits(pattern, number_); };
    is_return_ = std::ranges::any_of(mapping_.return_numbers, fits_number);
    return {};
}

Result<InvoicePart> InvoiceMapper::Builder::add(const Row& row) {
    if (!begun_) TILL_TRY_VOID(begin(row));
    if (!row.at(Column::currency).empty() && row.at(Column::currency) != currency_)
        return Error{Errc::malformed, "currency differs from the transaction's first row"};
    Decimal price = row.price.value_or(Decimal{});
    if (!row.price) { TILL_TRY(price, unit_price_of(*row.amount, row.quantity)); }
    note_common(row);
    const bool negative = row.quantity.is_negative();
    if (!is_return_ && negative && mapping_.negative_lines == NegativeLines::adjustment) {
        add_adjustment(row, price);
        return InvoicePart::adjustment;
    }
    add_line(row, price, negative || (is_return_ && mapping_.unsigned_returns));
    return InvoicePart::transaction;
}

void InvoiceMapper::Builder::note_common(const Row& row) {
    first_ = std::min(first_, row.time);
    last_ = std::max(last_, row.time);
    const auto keep = [&row](std::string& into, Column column) {
        if (into.empty()) into = row.at(column);
    };
    keep(country_, Column::country);
    keep(total_, Column::total);
    keep(operator_id_, Column::operator_id);
    keep(channel_words_, Column::channel);
    add_identifiers(row);
    if (row.at(Column::tender).empty() && !row.tender_amount) return;
    Tender tender{std::string{row.at(Column::tender)}, row.tender_amount};
    // Exports repeat a transaction's tender on each of its rows.
    if (std::ranges::find(tenders_, tender) == tenders_.end())
        tenders_.push_back(std::move(tender));
}

void InvoiceMapper::Builder::add_identifiers(const Row& row) {
    using Pair = std::pair<Column, v1::IdentifierType>;
    const auto kinds = std::to_array<Pair>({{Column::customer, mapping_.customer_type},
                                            {Column::card, v1::IDENTIFIER_TYPE_LOYALTY_CARD},
                                            {Column::phone, v1::IDENTIFIER_TYPE_PHONE},
                                            {Column::email, v1::IDENTIFIER_TYPE_EMAIL}});
    std::string cells;
    for (const auto& [column, type] : kinds) cells.append(row.at(column)).append(1, '\0');
    if (cells == std::string(kinds.size(), '\0') || cells == customer_cell_) return;
    if (!customer_cell_.empty()) return void(customers_differ_ = true);
    customer_cell_ = cells;
    if (!invoice_.transaction) invoice_.transaction.emplace();
    for (const auto& [column, type] : kinds) {
        std::string value{row.at(column)};
        if (column == Column::customer && mapping_.whole_customer_numbers) value = whole(value);
        if (value.empty()) continue;
        if (type == v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER) invoice_.customer = value;
        v1::CommandIdentifier& identifier =
            *invoice_.transaction->mutable_customer()->add_identifiers();
        identifier.set_type(type);
        identifier.set_value(std::move(value));
    }
}

v1::ItemClass InvoiceMapper::Builder::class_of(std::string_view code) const {
    for (const ItemRule& rule : mapping_.items)
        if (fits(rule.codes, code)) return rule.item_class;
    return v1::ITEM_CLASS_GOODS;
}

void InvoiceMapper::Builder::add_line(const Row& row, const Decimal& price, bool is_return) {
    if (!invoice_.transaction) invoice_.transaction.emplace();
    v1::CommandLine& line = *invoice_.transaction->add_lines();
    line.set_kind(is_return ? v1::LINE_KIND_RETURN : v1::LINE_KIND_SALE);
    line.set_sku(std::string{row.at(Column::item)});
    line.set_gtin(std::string{row.at(Column::gtin)});
    line.set_description(std::string{row.at(Column::description)});
    line.set_quantity(absolute(row.quantity).text());
    line.set_unit(std::string{row.at(Column::unit)});
    line.set_unit_price(price.text());
    line.set_item_class(class_of(line.sku()));
    line.set_entry_method(v1::ENTRY_METHOD_IMPORTED);
    if (row.tax_rate) line.set_tax_rate(row.tax_rate->text());
    if (row.tax_amount) line.set_tax_amount(row.tax_amount->text());
    reconcile_amount(row, price, line);
}

void InvoiceMapper::Builder::reconcile_amount(const Row& row, const Decimal& price,
                                              v1::CommandLine& line) {
    const int decimals = money_ ? money_->decimals() : 2;
    const auto extended = multiply_rounded(absolute(row.quantity), price, decimals);
    if (!extended) return;  // The command table says what is wrong with it.
    const bool is_return = line.kind() == v1::LINE_KIND_RETURN;
    std::int64_t owed = *extended;
    if (row.price && row.amount) {
        const Decimal stated = is_return ? absolute(*row.amount) : *row.amount;
        const auto minor = stated.rounded_to(decimals);
        const bool exact = minor && Decimal{*minor, decimals} == stated;
        if (exact && *minor < owed) {
            line.add_discounts()->set_amount(Decimal{owed - *minor, decimals}.text());
            line.mutable_discounts(0)->set_reason("stated line amount");
            owed = *minor;
        } else if (!exact || *minor != owed) {
            const int number = invoice_.transaction->lines_size();
            stated_[fmt::format("lines[{}].amount", number - 1)] =
                std::string{row.at(Column::amount)};
        }
    }
    sum_minor_ += is_return ? -owed : owed;
}

void InvoiceMapper::Builder::add_adjustment(const Row& row, const Decimal& price) {
    if (!invoice_.adjustment) invoice_.adjustment.emplace();
    v1::CommandAdjustmentLine& line = *invoice_.adjustment->add_lines();
    const std::string words{row.at(Column::description)};
    line.set_sku(std::string{row.at(Column::item)});
    line.set_gtin(std::string{row.at(Column::gtin)});
    line.set_description(words);
    line.set_quantity(row.quantity.text());
    line.set_unit(std::string{row.at(Column::unit)});
    line.set_unit_value(price.text());
    line.set_reason(words.empty() ? "not stated by the source" : words);
}

v1::CommandTender InvoiceMapper::Builder::make_tender(const Tender& from) const {
    v1::CommandTender tender;
    const bool known = mapping_.tenders.contains(from.words);
    tender.set_type(from.words.empty()
                        ? mapping_.default_tender
                        : translate(mapping_.tenders, from.words, v1::TENDER_TYPE_OTHER));
    // Words that nobody translated are kept, so that nothing the source said is lost.
    if (!from.words.empty() && !known) tender.set_reference(from.words);
    if (from.amount) tender.set_amount(from.amount->text());
    return tender;
}

void InvoiceMapper::Builder::add_tenders() {
    const auto total = parse_number(total_, mapping_.numbers);
    const std::string owed =
        total ? total->text() : Decimal{sum_minor_, money_ ? money_->decimals() : 2}.text();
    if (tenders_.empty()) tenders_.emplace_back();
    const bool one = tenders_.size() == 1;
    for (const Tender& tender : tenders_) {
        v1::CommandTender made = make_tender(tender);
        if (made.amount().empty() && one) made.set_amount(owed);
        const auto amount = Decimal::parse(made.amount());
        if (amount && !amount->is_zero()) *invoice_.transaction->add_tenders() = std::move(made);
    }
}

void InvoiceMapper::Builder::describe_source(v1::CommandSource& source) const {
    source.set_system(mapping_.system);
    source.set_number(number_);
    source.set_business_day(business_day_);
    source.set_workstation(workstation_);
    source.set_country(country_);
}

void InvoiceMapper::Builder::finish() {
    const SourceZone& zone = *mapping_.zone;
    invoice_.begin_ms = zone.unix_ms(first_);
    if (invoice_.adjustment) {
        v1::RecordAdjustment& adjustment = *invoice_.adjustment;
        adjustment.set_reason(adjustment.lines(0).reason());
        adjustment.set_time(zone.rfc3339(first_));
        describe_source(*adjustment.mutable_source());
    }
    if (invoice_.transaction && invoice_.transaction->lines().empty()) invoice_.transaction.reset();
    if (!invoice_.transaction) return;
    v1::RecordTransaction& transaction = *invoice_.transaction;
    transaction.set_currency(currency_);
    transaction.set_status(v1::TRANSACTION_STATUS_COMPLETED);
    transaction.set_begin_time(zone.rfc3339(first_));
    transaction.set_end_time(zone.rfc3339(last_));
    transaction.set_operator_id(operator_id_);
    transaction.set_channel(translate(mapping_.channels, channel_words_, mapping_.channel));
    describe_source(*transaction.mutable_source());
    v1::StatedTotals& stated = *transaction.mutable_source()->mutable_stated();
    stated.set_gross(total_);
    if (customers_differ_) stated_["customers"] = "the rows name more than one";
    stated.mutable_other()->swap(stated_);
    add_tenders();
}

}  // namespace till
