#include "tests/bench/kit/sales.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <cmath>

namespace till::bench {

namespace {

namespace v1 = tillstream::v1;

constexpr std::uint64_t cards = 20'000;

std::string rfc3339(std::int64_t ms) {
    return date::format("%FT%TZ",
                        date::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{ms}});
}

void put_line(v1::RecordTransaction& command, const v1::Line& line, int decimals) {
    v1::CommandLine& out = *command.add_lines();
    out.set_gtin(fmt::format("{:013}", line.item().gtin()));
    out.set_quantity(std::to_string(line.quantity().mantissa()));
    out.set_unit_price(Decimal{line.unit_price().mantissa(), decimals}.text());
    out.set_tax_code(line.tax_code());
    out.set_entry_method(line.entry_method());
    for (const v1::Discount& discount : line.discounts())
        out.add_discounts()->set_amount(Decimal{discount.amount(), decimals}.text());
}

void put_tender(v1::RecordTransaction& command, const v1::Tender& tender, int decimals) {
    v1::CommandTender& out = *command.add_tenders();
    out.set_type(tender.type());
    out.set_amount(Decimal{tender.tendered(), decimals}.text());
    out.set_reference(tender.reference());
    out.set_card_scheme(tender.card_scheme());
    out.set_card_last4(tender.card_last4());
    out.set_authorisation(tender.authorisation());
}

v1::RecordTransaction command_of(const v1::Event& event) {
    const v1::RetailTransaction& sale = event.retail_transaction();
    const auto decimals = static_cast<int>(sale.currency_decimals());
    v1::RecordTransaction command;
    command.set_currency(sale.currency());
    for (const v1::Line& line : sale.lines()) put_line(command, line, decimals);
    for (const v1::Tender& tender : sale.tenders()) put_tender(command, tender, decimals);
    command.set_channel(sale.channel());
    command.set_fulfilment(sale.fulfilment());
    command.set_begin_time(rfc3339(sale.begin_ms()));
    command.set_end_time(rfc3339(sale.end_ms()));
    command.set_operator_id(event.context().operator_id());
    command.set_total(Decimal{sale.totals().gross(), decimals}.text());
    return command;
}

}  // namespace

std::vector<Sale> sales(std::size_t count) {
    support::Workload workload{support::Shop{}, 42};
    std::mt19937_64 random{42};
    std::vector<Sale> all(count);
    for (Sale& sale : all) {
        sync::Envelope envelope = workload.next();
        v1::Event event;
        event.ParseFromString(envelope.body);
        sale.command = command_of(event);
        sale.fact = std::move(envelope.body);
        if (!event.has_sealed()) continue;
        const double draw = static_cast<double>((random() >> 11) + 1) * 0x1p-53;
        const double rank = std::min(std::pow(draw, -1 / 0.6), static_cast<double>(cards)) - 1;
        v1::CommandIdentifier& card = *sale.command.mutable_customer()->add_identifiers();
        card.set_type(v1::IDENTIFIER_TYPE_LOYALTY_CARD);
        card.set_value(fmt::format("928{:010}", static_cast<std::uint64_t>(rank) * 467'293));
    }
    return all;
}

WorkstationSettings shop(const SealingKey& key) {
    return {.store = "417",
            .workstation = "1",
            .drawer = {},
            .sale = {.currency = *Currency::parse("EUR"),
                     .taxes = {{"A", Decimal{19, 0}, true}, {"B", Decimal{7, 0}, true}},
                     .default_tax = "A"},
            .limits = {},
            .time_zone = "Europe/Berlin",
            .identifiers = {.default_country = "DE", .loyalty_prefixes = {"928"}},
            .sealing_key = key};
}

}  // namespace till::bench
