#include "agent/api/scan_desk.hpp"

#include "drivers/decode/scan_report.hpp"

#include <algorithm>
#include <chrono>

namespace till {

namespace {

constexpr std::size_t card_digits_min = 8, card_digits_max = 19;
constexpr std::size_t told_max = 1000;  // As many unknown articles a day are news.

bool is_ascii(BytesView text) {
    return std::ranges::all_of(text, [](char each) { return static_cast<signed char>(each) >= 0; });
}

void tell(const drivers::ScanFacts& facts, const drivers::ScanMessage& message,
          v1::ScanFacts& into) {
    into.set_meaning(std::string{name(facts.meaning)});
    into.set_symbology(std::string{name(facts.symbology)});
    if (facts.item.gtin) into.set_gtin(std::string{facts.item.gtin->text()});
    if (is_ascii(facts.number)) into.set_number(std::string{facts.number});
    for (const drivers::Element& each : message.elements.all())
        if (is_ascii(each.value)) (*into.mutable_ai())[std::string{each.ai}] = each.value;
}

}  // namespace

v1::Scan scan_of(const v1::ReadScan& question) {
    v1::Scan scan;
    *scan.mutable_from() = question.from();
    scan.set_aim(question.aim());
    scan.set_data(question.data().empty() ? question.text() : question.data());
    return scan;
}

ScanDesk::ScanDesk(const IdentifierRules& identifiers) {
    for (const std::string& prefix : identifiers.loyalty_prefixes)
        rules_.numbers.push_back({.name = "loyalty card",
                                  .prefix = prefix,
                                  .length_min = card_digits_min,
                                  .length_max = card_digits_max});
}

Result<void> ScanDesk::read(v1::Scan& scan, WallTime now, MasterGate* gate) const {
    const Bytes whole = scan.aim() + scan.data();
    if (scan.data().empty()) return Error{Errc::malformed, "nothing was scanned", "data"};
    drivers::RawScan parts = drivers::split_aim(whole);
    scan.set_aim(std::move(parts.aim));
    if (is_ascii(parts.data)) scan.set_text(parts.data);
    scan.set_data(std::move(parts.data));
    const auto today = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{now.value()}});
    drivers::ScanMessage message;
    drivers::ScanFacts facts;
    const auto understood =
        read_facts(whole, static_cast<int>(std::chrono::year_month_day{today}.year()),
                   drivers::Dictionary::builtin(), rules_, message, facts);
    if (facts.meaning == drivers::Meaning::payment_card)
        return Error{Errc::unsupported, "what was scanned looks like a payment card", "data",
                     "anything else"};
    if (!understood) {
        scan.mutable_facts()->set_trouble(std::string{understood.error().sentence});
        return {};
    }
    tell(facts, message, *scan.mutable_facts());
    if (!facts.item.gtin || gate == nullptr || gate->data().version() == 0) return {};
    v1::FindProduct wanted;
    wanted.set_gtin(std::string{facts.item.gtin->text()});
    const auto product = gate->product(wanted);
    if (!product && product.error().code != Errc::not_found) return product.error();
    if (product) *scan.mutable_facts()->mutable_product() = *product;
    // A shop's own number may hold a price or a weight: no list has these.
    scan.mutable_facts()->set_unknown(!product && !drivers::is_restricted(*facts.item.gtin));
    return {};
}

std::optional<v1::RecordUnknownScan> ScanDesk::first_of(const v1::Scan& scan,
                                                        const std::string& day) {
    if (!scan.facts().unknown()) return std::nullopt;
    if (std::exchange(day_, day) != day) told_.clear();
    if (told_.size() >= told_max || !told_.insert(scan.facts().gtin()).second) return std::nullopt;
    v1::RecordUnknownScan command;
    command.set_gtin(scan.facts().gtin());
    command.set_aim(scan.aim());
    *command.mutable_from() = scan.from();
    return command;
}

}  // namespace till
