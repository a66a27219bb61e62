#include "agent/tillctl/simulated_scanner.hpp"

#include "drivers/decode/element_string.hpp"
#include "drivers/decode/gtin.hpp"

#include <algorithm>
#include <array>

namespace till {

namespace {

constexpr char syn = '\x16', ack = '\x06', unknown = '\x05';
constexpr std::size_t command_bytes_max = 256;

/// What kind of symbol would carry this text, and the menu's tag for it.
struct Symbol {
    std::string_view aim, tag, name;
};
constexpr Symbol ean_13{"]E0", "E13ENA", "EAN13"}, ean_8{"]E4", "EA8ENA", "EAN8"};
constexpr Symbol data_matrix{"]d2", "IDMENA", "DM"}, code_128{"]C0", "128ENA", "Code128"};
constexpr std::array symbols{ean_13, ean_8, data_matrix, code_128};
constexpr std::array other_tags{"UPBENA", "UPEEN0", "C39ENA", "C93ENA", "CBRENA",
                                "I25ENA", "QRCENA", "PDFENA", "AZTENA", "RSSENA",
                                "RSLENA", "RSEENA", "BEPLVL", "TRGMOD"};

std::string replace_all(std::string text, std::string_view from, std::string_view with) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + with.size()))
        text.replace(at, from.size(), with);
    return text;
}

/// "(01)…(10)…" as a symbol holds it; empty when it is no such text.
std::string elements(std::string_view bracketed) {
    std::string storage;
    drivers::ElementList read;
    if (!drivers::read_bracketed(bracketed, drivers::Dictionary::builtin(), {}, false, storage,
                                 read))
        return {};
    return replace_all(drivers::write_raw(read).substr(1), "^", "\x1d");
}

const Symbol& symbol_of(std::string_view text) {
    const bool is_number = drivers::has_mod10_check_digit(text);
    if (is_number && (text.size() == 13 || text.size() == 12)) return ean_13;
    return is_number && text.size() == 8 ? ean_8 : code_128;
}

}  // namespace

SimulatedScanner::Outcome SimulatedScanner::scan(std::string_view typed) {
    std::string text = replace_all(std::string{typed}, "<GS>", "\x1d");
    if (text.empty()) return {};
    if (text.starts_with("]")) return {text + '\r', {"beep"}};
    const std::string gs1 = text.starts_with("(") ? elements(text) : "";
    const Symbol& symbol = gs1.empty() ? symbol_of(text) : data_matrix;
    if (!gs1.empty()) text = gs1;
    if (const auto found = reads_.find(symbol.tag); found != reads_.end() && !found->second)
        return {{}, {std::string{symbol.name} + " is switched off: not read"}};
    if (symbol.aim == ean_13.aim && text.size() == 12) text.insert(0, "0");  // UPC-A.
    return {(aim_identifiers_ ? std::string{symbol.aim} : "") + text + '\r', {"beep"}};
}

SimulatedScanner::Outcome SimulatedScanner::take(BytesView bytes) {
    Outcome outcome;
    for (const char each : bytes) {
        if (each == syn) begun_.clear();
        begun_ += each;
        const bool ends = each == '!' || each == '.';
        if (ends && begun_.starts_with("\x16M\r")) obey(begun_.substr(3), outcome);
        if (ends || begun_.size() > command_bytes_max) begun_.clear();
    }
    return outcome;
}

void SimulatedScanner::obey(const std::string& command, Outcome& outcome) {
    const std::string said = command.substr(0, command.size() - 1);
    const std::string_view tag = std::string_view{said}.substr(0, 6);
    const auto symbol = std::ranges::find(symbols, tag, &Symbol::tag);
    bool known = true;
    if (said == "BEPEXE1") {
        outcome.words.emplace_back("beep beep beep: the till looks for this scanner");
    } else if (said.starts_with("PRE")) {
        aim_identifiers_ = said.starts_with("PREBK2");
    } else if (symbol != symbols.end()) {
        reads_[std::string{tag}] = said.ends_with('1');
    } else {
        known = std::ranges::find(other_tags, tag) != other_tags.end();
    }
    if (said != "BEPEXE1")
        outcome.words.push_back((known ? "setting taken: " : "setting not known: ") + said);
    outcome.sent += said + (known ? ack : unknown) + command.back();
}

}  // namespace till
