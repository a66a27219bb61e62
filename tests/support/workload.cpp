#include "tests/support/workload.hpp"

#include "sync/wire/events.pb.h"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace till::support {

namespace {

namespace v1 = tillstream::v1;

constexpr std::int64_t day_ms = 86'400'000;
constexpr double zipf = 1.05;
constexpr std::array<const char*, 2> tax_codes = {"A", "B"};

std::uint64_t with_check_digit(std::uint64_t body12) {
    std::uint64_t sum = 0;
    std::uint64_t rest = body12;
    for (int i = 0; i < 12; ++i, rest /= 10) sum += rest % 10 * (i % 2 == 0 ? 3 : 1);
    return body12 * 10 + (10 - sum % 10) % 10;
}

std::string day_of(std::int64_t ms) {
    const date::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{ms}};
    return date::format("%F", date::floor<date::days>(at));
}

void put(v1::Decimal* into, std::int64_t mantissa, std::uint32_t scale) {
    into->set_mantissa(mantissa);
    into->set_scale(scale);
}

std::int64_t tax_in(std::int64_t gross, std::int64_t rate) {
    return gross - (gross * 200 + 100 + rate) / (2 * (100 + rate));
}

void put_tender(v1::RetailTransaction& sale, v1::TenderType type, std::int64_t tendered,
                std::int64_t applied) {
    v1::Tender& tender = *sale.add_tenders();
    tender.set_type(type);
    tender.set_state(v1::TENDER_STATE_APPROVED);
    tender.set_tendered(tendered);
    tender.set_applied(applied);
    tender.set_change(tendered - applied);
}

void put_totals(v1::RetailTransaction& sale, std::int64_t gross, std::int64_t tax,
                std::int64_t discount) {
    v1::Totals& totals = *sale.mutable_totals();
    totals.set_gross(gross);
    totals.set_net(gross - tax);
    totals.set_tax(tax);
    totals.set_discount(discount);
    for (const v1::Tender& tender : sale.tenders()) {
        totals.set_tendered(totals.tendered() + tender.tendered());
        totals.set_applied(totals.applied() + tender.applied());
        totals.set_change(totals.change() + tender.change());
    }
}

}  // namespace

std::vector<Shop> other_shops() {
    Shop vienna;
    vienna.caller = "kassa";
    vienna.store = 12;
    vienna.lane = 3;
    vienna.gtin_prefixes = {"900", "901", "910", "403", "560", "841"};
    vienna.catalogue = 3000;
    vienna.tax_rates = {20, 10};
    vienna.schemes = {"maestro", "visa", "mastercard", "amex"};
    vienna.card_share = 0.5;
    vienna.log_mean = 6.1;
    vienna.first_day_ms = 1'741'593'600'000;
    Shop taipei;
    taipei.caller = "register-2";
    taipei.store = 2031;
    taipei.lane = 2;
    taipei.currency = "TWD";
    taipei.decimals = 0;
    taipei.gtin_prefixes = {"471", "490", "880", "489"};
    taipei.tax_rates = {5, 0};
    taipei.schemes = {"visa", "jcb", "mastercard"};
    taipei.card_share = 0.45;
    taipei.loyalty_share = 0.55;
    taipei.log_mean = 4.4;
    taipei.first_day_ms = 1'755'734'400'000;
    Shop leeds;
    leeds.caller = "till";
    leeds.store = 88;
    leeds.lane = 6;
    leeds.currency = "GBP";
    leeds.gtin_prefixes = {"500", "501", "502", "505"};
    leeds.catalogue = 12000;
    leeds.tax_rates = {20, 0};
    leeds.schemes = {"visa", "mastercard", "amex"};
    leeds.card_share = 0.8;
    leeds.loyalty_share = 0.25;
    leeds.first_day_ms = 1'762'156'800'000;
    return {vienna, taipei, leeds};
}

Workload::Workload(Shop shop, std::uint64_t seed)
    : shop_{std::move(shop)}, engine_{seed}, now_ms_{shop_.first_day_ms}, booted_ms_{0} {
    for (std::size_t i = 0; i < shop_.catalogue; ++i) {
        const auto prefix = std::stoull(shop_.gtin_prefixes[below(shop_.gtin_prefixes.size())]);
        const double draw = std::exp(shop_.log_mean + shop_.log_deviation * gaussian());
        const auto price = static_cast<std::int64_t>(std::clamp(draw, 19.0, 19'999.0));
        items_.push_back({with_check_digit(prefix * 1'000'000'000 + below(1'000'000'000)),
                          price - price % 10 + 9, uniform() < 0.35 ? 0U : 1U});
    }
    double sum = 0;
    for (std::size_t k = 1; k <= items_.size(); ++k) {
        sum += 1.0 / std::pow(static_cast<double>(k), zipf);
        popularity_.push_back(sum);
    }
    booted_ms_ = now_ms_ - 600'000 - static_cast<std::int64_t>(below(600'000));
    boot_ = BootId{*Uuid::from_bytes(random_bytes(16))};
}

double Workload::uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

std::uint64_t Workload::below(std::uint64_t bound) { return engine_() % bound; }

double Workload::gaussian() {
    const double radius = std::sqrt(-2 * std::log(1.0 - uniform()));
    return radius * std::cos(2 * 3.141592653589793 * uniform());
}

std::string Workload::random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(engine_() & 0xff);
    return bytes;
}

const Workload::Item& Workload::pick() {
    const auto at = std::ranges::lower_bound(popularity_, uniform() * popularity_.back());
    return items_[static_cast<std::size_t>(at - popularity_.begin())];
}

std::size_t Workload::basket_size() {
    static constexpr std::array weights = {10, 11, 13, 14, 13, 11, 9, 7, 5, 3, 2, 2};
    auto draw = static_cast<int>(below(100));
    std::size_t size = 0;
    while (draw >= weights[size]) draw -= weights[size++];
    return size + 1;
}

void Workload::open_day_when_full() {
    if (today_ >= shop_.sales_a_day) {
        today_ = 0;
        const std::int64_t days = (now_ms_ - shop_.first_day_ms) / day_ms + 1;
        now_ms_ = shop_.first_day_ms + days * day_ms;
        booted_ms_ = now_ms_ - 600'000 - static_cast<std::int64_t>(below(600'000));
        boot_ = BootId{*Uuid::from_bytes(random_bytes(16))};
    }
    if (today_ % 180 == 0) cashier_ = 1000 + below(60);
    ++today_;
}

std::string Workload::body(std::size_t lines, std::int64_t begin_ms, std::int64_t end_ms,
                           bool loyal) {
    v1::Event event;
    put_origin(event, end_ms);
    if (loyal) {
        event.mutable_sealed()->set_key_id(1);
        event.mutable_sealed()->add_identifiers(v1::IDENTIFIER_TYPE_LOYALTY_CARD);
    }
    v1::RetailTransaction& sale = *event.mutable_retail_transaction();
    sale.set_status(v1::TRANSACTION_STATUS_COMPLETED);
    sale.set_currency(shop_.currency);
    sale.set_currency_decimals(shop_.decimals);
    sale.set_channel(v1::CHANNEL_STORE);
    sale.set_fulfilment(v1::FULFILMENT_CARRY_OUT);
    sale.set_begin_ms(begin_ms);
    sale.set_end_ms(end_ms);
    for (std::uint32_t i = 1; i <= lines; ++i) put_line(sale, i);
    std::int64_t gross = 0;
    std::int64_t tax = 0;
    std::int64_t off = 0;
    for (std::size_t code = 0; code < shop_.tax_rates.size(); ++code) put_tax(sale, code);
    for (const v1::Tax& sum : sale.taxes()) tax += sum.amount();
    for (const v1::Line& line : sale.lines()) {
        gross += line.amount();
        off += line.extended_amount() - line.amount();
    }
    put_tenders(sale, gross);
    put_totals(sale, gross, tax, off);
    return event.SerializeAsString();
}

void Workload::put_origin(v1::Event& event, std::int64_t at_ms) {
    event.mutable_origin()->set_caller(shop_.caller);
    event.mutable_origin()->set_key(
        fmt::format("pos-{:04}-{:02}-{}", shop_.store, shop_.lane, seq_));
    event.mutable_origin()->set_request_hash(random_bytes(16));
    event.set_trace_id(random_bytes(16));
    v1::Context& context = *event.mutable_context();
    context.set_store(std::to_string(shop_.store));
    context.set_workstation(fmt::format("{}/{}", shop_.store, shop_.lane));
    context.set_business_day(day_of(at_ms));
    context.set_business_day_source(v1::BUSINESS_DAY_SOURCE_EXPLICIT);
    context.set_shift(1);
    context.set_operator_id(std::to_string(cashier_));
    context.set_utc_offset_minutes(60);
    event.mutable_numbers()->set_receipt_number(
        fmt::format("{}-{}-1-{:06}", shop_.store, shop_.lane, seq_));
    event.mutable_numbers()->set_transaction_number(seq_);
}

void Workload::put_line(v1::RetailTransaction& sale, std::uint32_t number) {
    const Item& item = pick();
    const std::int64_t quantity = uniform() < 0.82 ? 1 : static_cast<std::int64_t>(2 + below(5));
    v1::Line& line = *sale.add_lines();
    line.set_number(number);
    line.set_kind(v1::LINE_KIND_SALE);
    line.mutable_item()->set_gtin(item.gtin);
    line.mutable_quantity()->set_mantissa(quantity);
    put(line.mutable_unit_price(), item.price, shop_.decimals);
    line.set_extended_amount(quantity * item.price);
    line.set_amount(line.extended_amount());
    if (uniform() < 0.04) {
        line.add_discounts()->set_amount(line.extended_amount() / 10);
        line.set_amount(line.extended_amount() - line.extended_amount() / 10);
    }
    line.set_tax_code(tax_codes[item.tax]);
    line.set_entry_method(v1::ENTRY_METHOD_SCANNED);
    v1::LineTax& tax = *line.mutable_tax();
    put(tax.mutable_rate(), shop_.tax_rates[item.tax], 0);
    tax.set_amount(tax_in(line.amount(), shop_.tax_rates[item.tax]));
    tax.set_taxable(line.amount() - tax.amount());
    tax.set_included(true);
}

void Workload::put_tax(v1::RetailTransaction& sale, std::size_t code) const {
    v1::Tax sum;
    sum.set_code(tax_codes[code]);
    put(sum.mutable_rate(), shop_.tax_rates[code], 0);
    sum.set_included(true);
    for (const v1::Line& line : sale.lines()) {
        if (line.tax_code() != sum.code()) continue;
        sum.set_taxable(sum.taxable() + line.tax().taxable());
        sum.set_amount(sum.amount() + line.tax().amount());
    }
    if (sum.taxable() != 0) *sale.add_taxes() = sum;
}

void Workload::put_tenders(v1::RetailTransaction& sale, std::int64_t total) {
    const double how = uniform();
    if (how < shop_.card_share) {
        put_tender(sale, v1::TENDER_TYPE_CARD, total, total);
        v1::Tender& card = *sale.mutable_tenders(0);
        card.set_card_scheme(shop_.schemes[below(shop_.schemes.size())]);
        card.set_card_last4(fmt::format("{:04}", below(10'000)));
        card.set_authorisation(fmt::format("{:06}", below(1'000'000)));
    } else if (how < 1 - shop_.voucher_share) {
        put_tender(sale, v1::TENDER_TYPE_CASH, (total + 499) / 500 * 500, total);
    } else {
        const std::int64_t voucher = std::min<std::int64_t>(total, 1000);
        put_tender(sale, v1::TENDER_TYPE_VOUCHER, voucher, voucher);
        sale.mutable_tenders(0)->set_reference(fmt::format("{:012}", below(1'000'000'000'000)));
        put_tender(sale, v1::TENDER_TYPE_CASH, total - voucher, total - voucher);
    }
}

sync::Envelope Workload::next() {
    open_day_when_full();
    ++seq_;
    const std::size_t lines = basket_size();
    const auto wait = static_cast<std::int64_t>(-12'000 * std::log(1.0 - uniform()));
    const std::int64_t begin = now_ms_ + wait + 1500;
    const auto scanning = static_cast<std::int64_t>(1500 + below(2500));
    now_ms_ = begin + 4000 + static_cast<std::int64_t>(lines) * scanning
              + static_cast<std::int64_t>(below(15'000));
    const bool loyal = uniform() < shop_.loyalty_share;
    sync::Envelope envelope;
    envelope.seq = Seq{seq_};
    envelope.kind = sync::Kind{100};
    const auto captured = now_ms_ + static_cast<std::int64_t>(2 + below(4));
    envelope.times = {WallTime{captured},
                      BootTime{static_cast<std::uint64_t>(captured - booted_ms_)}, boot_};
    envelope.body = body(lines, begin, now_ms_, loyal);
    // libsodium's sealed box is 48 bytes longer than the 19 of a Personal with one card.
    if (loyal) envelope.sealed = random_bytes(48 + 19);
    return envelope;
}

std::vector<sync::Envelope> Workload::take(std::size_t count) {
    std::vector<sync::Envelope> taken;
    taken.reserve(count);
    while (taken.size() < count) taken.push_back(next());
    return taken;
}

}  // namespace till::support
