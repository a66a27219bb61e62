#include "agent/tillctl/shop_simulator.hpp"

#include "agent/core/decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace till {

namespace v1 = tillstream::v1;

namespace {

constexpr std::array things = {"Mug",    "Candle", "Notebook", "Tea towel", "Lantern", "Umbrella",
                               "Puzzle", "Vase",   "Scarf",    "Clock",     "Basket",  "Cushion",
                               "Teapot", "Apron",  "Frame",    "Lamp"};
constexpr std::array colours = {"red",   "blue",  "green",  "oak",
                                "slate", "ivory", "copper", "striped"};
constexpr std::array given_names = {"Ada", "Bo",  "Chen", "Dara", "Eli",
                                    "Fay", "Gus", "Hana", "Ivo",  "June"};
constexpr std::array family_names = {"Able", "Birch", "Crane", "Dove",
                                     "Elm",  "Finch", "Grove", "Hill"};

std::string with_check_digit(const std::string& twelve) {
    int sum = 0;
    for (std::size_t i = 0; i < twelve.size(); ++i) sum += (twelve[i] - '0') * (i % 2 ? 3 : 1);
    return twelve + static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string money(std::int64_t minor) { return Decimal{minor, 2}.text(); }

}  // namespace

ShopSimulator::ShopSimulator(SimulatedDay day) : day_{std::move(day)}, random_{day_.seed} {
    // The catalogue belongs to the shop, so every lane of a seed sells the same goods.
    double weight = 0;
    for (int i = 0; i < 800; ++i) {
        const auto twelve = fmt::format("50{:010}", below(10'000'000'000ULL));
        const auto pence = static_cast<std::int64_t>(
            std::exp(3.5 + 4.0 * static_cast<double>(below(1000)) / 1000));
        // Wholesale lists have three decimals; a few of these do, too.
        const auto price =
            i % 25 == 7 ? Decimal{pence * 10 + 5, 3}.text() : money(pence - pence % 10 + 9);
        products_.push_back(
            {with_check_digit(twelve),
             fmt::format("{} {}", things[below(things.size())], colours[below(colours.size())]),
             price, below(10) < 7 ? "A" : "B"});
        weight += 1 / std::pow(i + 1, 1.05);
        popularity_.push_back(weight);
    }
    random_.seed(day_.seed * 1'000'003 + static_cast<std::uint64_t>(day_.lane));
}

std::uint64_t ShopSimulator::below(std::uint64_t bound) { return random_() % bound; }
bool ShopSimulator::chance(double share) {
    return static_cast<double>(below(1'000'000)) < share * 1e6;
}

const ShopSimulator::Product& ShopSimulator::product() {
    const double at = popularity_.back() * static_cast<double>(below(1'000'000)) / 1e6;
    const auto found = std::ranges::lower_bound(popularity_, at);
    return products_[static_cast<std::size_t>(found - popularity_.begin())];
}

v1::CommandIdentifier ShopSimulator::customer() {
    // Few customers come often, many seldom. The same person may show a card, a phone or an e-mail.
    const auto person = below(20) < 12 ? below(40) : below(600);
    v1::CommandIdentifier identifier;
    switch (below(4)) {
        case 0:
            identifier.set_type(v1::IDENTIFIER_TYPE_PHONE);
            identifier.set_value(
                fmt::format("07700 900{:03}", person));  // Ofcom's range for drama.
            break;
        case 1:
            identifier.set_type(v1::IDENTIFIER_TYPE_EMAIL);
            identifier.set_value(fmt::format("shopper{:03}@example.com", person));
            break;
        default:
            identifier.set_type(v1::IDENTIFIER_TYPE_LOYALTY_CARD);
            identifier.set_value(with_check_digit(fmt::format("2999{:08}", person)));
    }
    return identifier;
}

void ShopSimulator::pay(v1::RecordTransaction& transaction, std::int64_t total) {
    auto& tender = *transaction.add_tenders();
    const auto way = below(100);
    if (total < 0) {
        tender.set_type(v1::TENDER_TYPE_CASH);
        tender.set_amount(money(total));
    } else if (way < 62) {
        tender.set_type(v1::TENDER_TYPE_CARD);
        tender.set_amount(money(total));
        tender.set_card_scheme(below(2) ? "visa" : "mastercard");
        tender.set_card_last4(fmt::format("{:04}", below(10'000)));
        tender.set_authorisation(fmt::format("{:06}", below(1'000'000)));
    } else if (way < 96) {
        tender.set_type(v1::TENDER_TYPE_CASH);
        tender.set_amount(money((total + 499) / 500 * 500));
    } else {
        const auto voucher = std::min<std::int64_t>(total, 1000);
        tender.set_type(v1::TENDER_TYPE_VOUCHER);
        tender.set_amount(money(voucher));
        tender.set_reference(fmt::format("V{:010}", below(10'000'000'000ULL)));
        if (total > voucher) {
            auto& rest = *transaction.add_tenders();
            rest.set_type(v1::TENDER_TYPE_CASH);
            rest.set_amount(money(total - voucher));
        }
    }
}

v1::RecordTransaction ShopSimulator::sale(int number) {
    v1::RecordTransaction transaction;
    transaction.set_currency(day_.currency);
    transaction.set_channel(chance(0.03) ? v1::CHANNEL_WEB : v1::CHANNEL_STORE);
    const auto order = fmt::format("L{}-{:05}", day_.lane, number);
    transaction.set_order_id(order);
    std::int64_t total = 0;
    const auto lines = 1 + std::min(below(12), below(12));
    for (std::uint32_t i = 1; i <= lines; ++i) {
        const Product& chosen = product();
        auto& line = *transaction.add_lines();
        const auto quantity = static_cast<std::int64_t>(chance(0.82) ? 1 : 2 + below(5));
        line.set_gtin(chosen.gtin);
        line.set_description(chosen.name);
        line.set_quantity(std::to_string(quantity));
        line.set_unit_price(chosen.price);
        line.set_tax_code(chosen.tax_code);
        line.set_entry_method(chance(0.95) ? v1::ENTRY_METHOD_SCANNED : v1::ENTRY_METHOD_KEYED);
        const auto extended =
            multiply_rounded({quantity, 0}, Decimal::parse(chosen.price).value_or(Decimal{}), 2)
                .value_or(0);
        const auto off = chance(0.04) ? extended / 10 : 0;
        if (off > 0) {
            auto& discount = *line.add_discounts();
            discount.set_amount(money(off));
            discount.set_reason("10% off");
        } else if (sold_.size() < 200) {
            sold_.push_back({order, line, i});
        }
        total += extended - off;
    }
    pay(transaction, total);
    if (chance(day_.customers)) *transaction.mutable_customer()->add_identifiers() = customer();
    return transaction;
}

v1::RecordTransaction ShopSimulator::back(int number) {
    const auto at = static_cast<std::ptrdiff_t>(below(sold_.size()));
    const Sold earlier = sold_[static_cast<std::size_t>(at)];
    sold_.erase(sold_.begin() + at);  // A line comes back once.
    v1::RecordTransaction transaction;
    transaction.set_currency(day_.currency);
    transaction.set_channel(v1::CHANNEL_STORE);
    transaction.set_order_id(fmt::format("L{}-{:05}", day_.lane, number));
    auto& line = *transaction.add_lines();
    line = earlier.line;
    line.set_kind(v1::LINE_KIND_RETURN);
    line.set_reason("unwanted");
    auto& original = *line.mutable_original();
    original.set_business_day(day_.business_day);
    original.set_transaction(earlier.order);
    original.set_line(earlier.number);
    const auto total = multiply_rounded(Decimal::parse(line.quantity()).value_or(Decimal{}),
                                        Decimal::parse(line.unit_price()).value_or(Decimal{}), 2)
                           .value_or(0);
    pay(transaction, -total);
    return transaction;
}

v1::EnrolCustomer ShopSimulator::enrolment(int number) {
    v1::EnrolCustomer command;
    const auto person = 600 + number % 400;
    auto& data = *command.mutable_customer();
    data.set_given_name(given_names[below(given_names.size())]);
    data.set_family_name(family_names[below(family_names.size())]);
    data.set_country("GB");
    auto& card = *data.add_identifiers();
    card.set_type(v1::IDENTIFIER_TYPE_LOYALTY_CARD);
    card.set_value(with_check_digit(fmt::format("2999{:08}", person)));
    auto& mail = *data.add_identifiers();
    mail.set_type(v1::IDENTIFIER_TYPE_EMAIL);
    mail.set_value(fmt::format("shopper{:03}@example.com", person));
    auto& consent = *command.add_consents();
    consent.set_purpose(v1::ConsentSet::PURPOSE_MARKETING);
    consent.set_channel(v1::ConsentSet::CONSENT_CHANNEL_EMAIL);
    consent.set_granted(chance(0.6));
    consent.set_text_version("2026-01");
    consent.set_proof("signature");
    return command;
}

void ShopSimulator::add(std::string path, const google::protobuf::Message& command) {
    std::shared_ptr<google::protobuf::Message> copy{command.New()};
    copy->CopyFrom(command);
    auto key = fmt::format("sim-{}-{}-{}-{:05}", day_.seed, day_.business_day, day_.lane,
                           calls_.size() + 1);
    calls_.push_back({std::move(path), std::move(key), std::move(copy)});
}

void ShopSimulator::control(v1::ControlTransaction::Type type, const std::string& operator_id) {
    v1::RecordControl command;
    command.set_type(type);
    if (type == v1::ControlTransaction::TYPE_DAY_OPEN) command.set_business_day(day_.business_day);
    if (type == v1::ControlTransaction::TYPE_NO_SALE) command.set_reason("change for a customer");
    command.set_operator_id(operator_id);
    add("/v1/controls", command);
}

void ShopSimulator::cash(v1::TenderControl::Type type, const std::string& amount,
                         const std::string& reason) {
    v1::RecordTenderControl command;
    command.set_type(type);
    command.set_amount(amount);
    command.set_currency(day_.currency);
    command.set_tender(v1::TENDER_TYPE_CASH);
    command.set_reason(reason);
    add("/v1/tender-controls", command);
}

std::vector<SimulatedCall> ShopSimulator::calls() {
    using Control = v1::ControlTransaction;
    calls_.clear();
    const std::string early = fmt::format("{}", 1001 + below(20)),
                      late = fmt::format("{}", 1101 + below(20));
    control(Control::TYPE_DAY_OPEN, early);
    control(Control::TYPE_SIGN_ON, early);
    control(Control::TYPE_SHIFT_OPEN, early);
    cash(v1::TenderControl::TYPE_FLOAT, "150.00", "opening float");
    for (int i = 1; i <= day_.transactions; ++i) {
        const bool returning = sold_.size() > 20 && chance(day_.returns);
        add("/v1/transactions", returning ? back(i) : sale(i));
        if (chance(0.01)) control(Control::TYPE_NO_SALE, i * 2 < day_.transactions ? early : late);
        if (chance(0.02)) add("/v1/customers", enrolment(i));
        if (i % 150 == 0) cash(v1::TenderControl::TYPE_PICKUP, "200.00", "to the safe");
        if (i == (day_.transactions + 1) / 2) {
            control(Control::TYPE_SHIFT_CLOSE, early);
            control(Control::TYPE_SIGN_OFF, early);
            control(Control::TYPE_SIGN_ON, late);
            control(Control::TYPE_SHIFT_OPEN, late);
        }
    }
    v1::RecordCount count;
    count.set_session(fmt::format("{}-{}", day_.business_day, day_.lane));
    count.set_location("shop floor");
    count.set_scope("bay " + std::to_string(day_.lane));
    count.set_state(v1::StockCountLines::SESSION_STATE_SUBMITTED);
    for (std::size_t i = 0; i < 12; ++i) {
        auto& line = *count.add_lines();
        line.set_gtin(products_[i].gtin);
        line.set_quantity(std::to_string(below(30)));
    }
    add("/v1/stock/counts", count);
    control(Control::TYPE_SHIFT_CLOSE, late);
    control(Control::TYPE_SIGN_OFF, late);
    control(Control::TYPE_DAY_CLOSE, late);
    return std::move(calls_);
}

}  // namespace till
