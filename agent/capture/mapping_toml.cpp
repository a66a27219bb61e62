#include "agent/capture/mapping.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>

namespace till {

namespace v1 = tillstream::v1;

namespace {

template <class T>
struct Word {
    std::string_view word;
    T value;
};

constexpr auto tender_words =
    std::to_array<Word<v1::TenderType>>({{"cash", v1::TENDER_TYPE_CASH},
                                         {"card", v1::TENDER_TYPE_CARD},
                                         {"voucher", v1::TENDER_TYPE_VOUCHER},
                                         {"gift_card", v1::TENDER_TYPE_GIFT_CARD},
                                         {"mobile", v1::TENDER_TYPE_MOBILE},
                                         {"account", v1::TENDER_TYPE_ACCOUNT},
                                         {"other", v1::TENDER_TYPE_OTHER}});
constexpr auto channel_words = std::to_array<Word<v1::Channel>>({{"store", v1::CHANNEL_STORE},
                                                                 {"web", v1::CHANNEL_WEB},
                                                                 {"phone", v1::CHANNEL_PHONE},
                                                                 {"app", v1::CHANNEL_APP}});
constexpr auto class_words =
    std::to_array<Word<v1::ItemClass>>({{"goods", v1::ITEM_CLASS_GOODS},
                                        {"fee", v1::ITEM_CLASS_FEE},
                                        {"adjustment", v1::ITEM_CLASS_ADJUSTMENT},
                                        {"gift_card", v1::ITEM_CLASS_GIFT_CARD},
                                        {"deposit", v1::ITEM_CLASS_DEPOSIT},
                                        {"service", v1::ITEM_CLASS_SERVICE}});
constexpr auto identifier_words = std::to_array<Word<v1::IdentifierType>>(
    {{"customer_number", v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER},
     {"loyalty_card", v1::IDENTIFIER_TYPE_LOYALTY_CARD},
     {"phone", v1::IDENTIFIER_TYPE_PHONE},
     {"email", v1::IDENTIFIER_TYPE_EMAIL},
     {"vat_number", v1::IDENTIFIER_TYPE_VAT_NUMBER},
     {"taiwan_carrier", v1::IDENTIFIER_TYPE_TAIWAN_CARRIER}});
constexpr auto negative_words = std::to_array<Word<NegativeLines>>(
    {{"adjustment", NegativeLines::adjustment}, {"return", NegativeLines::return_line}});

/// One table of the file: hands out its values, remembers the first fault, and knows which keys
/// nobody asked for.
class Section {
public:
    Section(std::string name, const toml::table* table, std::optional<Error>& fault)
        : name_{std::move(name)}, table_{table}, fault_{fault} {}

    template <class T>
    void read(std::string_view key, T& into, std::string_view allowed) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        if (const auto value = node->value_exact<T>())
            into = *value;
        else
            blame(*node, key, "has the wrong type", allowed);
    }

    /// One character, or "" for none.
    void read(std::string_view key, char& into, std::string_view allowed) {
        std::string text{into};
        read(key, text, allowed);
        if (text.size() > 1) blame(*find(key), key, "is not one character", allowed);
        into = text.empty() ? '\0' : text[0];
    }

    void read(std::string_view key, std::vector<std::string>& into) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        const toml::array* list = node->as_array();
        if (list == nullptr || !list->is_homogeneous(toml::node_type::string))
            return blame(*node, key, "has the wrong type", "a list of texts");
        for (const toml::node& text : *list) into.push_back(text.ref<std::string>());
    }

    template <class T, std::size_t n>
    void read_word(std::string_view key, T& into, const std::array<Word<T>, n>& words) {
        std::string text, all;
        read(key, text, "a text");
        if (text.empty()) return;
        for (const auto& [word, value] : words) {
            if (text == word) return void(into = value);
            all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", word);
        }
        blame(*find(key), key, fmt::format("\"{}\" is not known", text), all);
    }

    /// The source's own words, each with one of ours.
    template <class T, std::size_t n>
    void read_words(std::map<std::string, T>& into, const std::array<Word<T>, n>& words) {
        if (table_ == nullptr) return;
        for (const auto& [key, node] : *table_)
            read_word(key.str(), into[std::string{key.str()}], words);
    }

    /// Says so when a check made elsewhere failed.
    void check(std::string_view key, const Result<void>& outcome) {
        const toml::node* node = find(key);
        if (!outcome)
            blame(node ? *node : *table_, key, outcome.error().detail, outcome.error().allowed);
    }

    void refuse_unknown() {
        if (table_ == nullptr) return;
        for (const auto& [key, node] : *table_)
            if (!asked_.contains(std::string{key.str()}))
                blame(node, key.str(), "is not a key", known());
    }

    const toml::node* find(std::string_view key) {
        asked_.emplace(key);
        return table_ == nullptr ? nullptr : table_->get(key);
    }

    void blame(const toml::node& node, std::string_view key, std::string_view what,
               std::string_view allowed) {
        if (fault_) return;
        const std::string path =
            name_.empty() ? std::string{key} : fmt::format("{}.{}", name_, key);
        fault_ = Error{Errc::malformed,
                       fmt::format("line {}: {} {}", node.source().begin.line, path, what), path,
                       std::string{allowed}};
    }

private:
    std::string known() const { return fmt::format("{}", fmt::join(asked_, ", ")); }

    std::string name_;
    const toml::table* table_;
    std::optional<Error>& fault_;
    std::set<std::string> asked_;
};

Result<void> discard(auto&& result, auto& into) {
    if (!result) return result.error();
    into = *std::move(result);
    return {};
}

void read_file(Section section, CsvMapping& mapping) {
    std::string encoding = "auto";
    std::int64_t skipped = 0;
    section.read("encoding", encoding, "a text");
    section.check("encoding", discard(parse_charset(encoding), mapping.encoding));
    section.read("delimiter", mapping.csv.delimiter,
                 "one ASCII character, such as \";\" or \"\\t\"");
    section.read("quote", mapping.csv.quote, "one ASCII character, or \"\" for none");
    section.read("header", mapping.has_header, "true or false");
    section.read("rows_before_header", skipped, "0 to 100");
    if (skipped < 0 || skipped > 100 || mapping.csv.delimiter == 0)
        section.check(mapping.csv.delimiter == 0 ? "delimiter" : "rows_before_header",
                      Error{Errc::out_of_range, "is out of range"});
    mapping.rows_before_header = static_cast<int>(skipped);
    section.refuse_unknown();
}

void read_columns(Section section, CsvMapping& mapping) {
    for (std::size_t at = 0; at < column_count; ++at)
        section.read(name(Column(at)), mapping.columns[at],
                     "a header name, or \"#3\" for the third");
    for (const Column needed : {Column::number, Column::time})
        if (!mapping.has(needed)) section.check(name(needed), Error{Errc::malformed, "is missing"});
    if (!mapping.has(Column::unit_price) && !mapping.has(Column::amount))
        section.check("unit_price", Error{Errc::malformed, "is missing, and so is amount"});
    section.refuse_unknown();
}

void read_values(Section section, CsvMapping& mapping) {
    std::vector<std::string> formats;
    std::string zone = "UTC";
    section.read("time_formats", formats);
    for (const std::string& format : formats) {
        auto pattern = TimePattern::parse(format);
        if (pattern) mapping.times.push_back(*pattern);
        section.check("time_formats", pattern ? Result<void>{} : Result<void>{pattern.error()});
    }
    if (formats.empty()) section.check("time_formats", Error{Errc::malformed, "is missing"});
    section.read("time_zone", zone, "a text");
    section.check("time_zone", discard(SourceZone::open(zone), mapping.zone));
    section.read("decimal_mark", mapping.numbers.decimal_mark, "\".\" or \",\"");
    section.read("thousands_mark", mapping.numbers.thousands_mark, "one ASCII character, or \"\"");
    if (mapping.numbers.decimal_mark == mapping.numbers.thousands_mark)
        section.check("thousands_mark", Error{Errc::malformed, "is the decimal mark"});
    section.read("currency", mapping.currency, "three capital letters");
    section.read("numbers_restart_daily", mapping.numbers_restart_daily, "true or false");
    section.read("whole_customer_numbers", mapping.whole_customer_numbers, "true or false");
    section.read_word("customer_type", mapping.customer_type, identifier_words);
    section.read_word("default_tender", mapping.default_tender, tender_words);
    section.read_word("channel", mapping.channel, channel_words);
    section.refuse_unknown();
}

void read_items(const toml::node& node, std::vector<ItemRule>& items, std::optional<Error>& fault) {
    const toml::array* list = node.as_array();
    Section outside{"", nullptr, fault};
    if (list == nullptr) return outside.blame(node, "item", "is not a list", "[[item]]");
    for (const toml::node& one : *list) {
        if (!one.is_table()) return outside.blame(one, "item", "is not a table", "[[item]]");
        Section section{"item", one.as_table(), fault};
        std::vector<std::string> codes;
        v1::ItemClass item_class = v1::ITEM_CLASS_GOODS;
        section.read("codes", codes);
        section.read_word("class", item_class, class_words);
        section.refuse_unknown();
        for (std::string& code : codes) items.push_back({std::move(code), item_class});
    }
}

bool names_a_system(std::string_view text) {
    const auto fine = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, fine);
}

void read_system(Section& top, std::string& system) {
    top.read("system", system, "a text");
    if (!names_a_system(system))
        top.check("system", Error{Errc::malformed,
                                  "does not name the source",
                                  {},
                                  "1 to 32 of a to z, 0 to 9, \".\", \"_\", \"-\""});
}

Result<Mapping> read_poslog_mapping(const toml::table& file) {
    PoslogMapping mapping;
    std::optional<Error> fault;
    Section top{"", &file, fault};
    std::string format, zone = "UTC";
    top.read("format", format, "\"csv\" or \"poslog\"");
    read_system(top, mapping.system);
    Section values{"values", file["values"].as_table(), fault};
    top.find("values");
    values.read("time_zone", zone, "a text");
    values.check("time_zone", discard(SourceZone::open(zone), mapping.zone));
    values.read("currency", mapping.currency, "three capital letters");
    values.read_word("default_tender", mapping.default_tender, tender_words);
    values.refuse_unknown();
    top.find("tenders");
    Section{"tenders", file["tenders"].as_table(), fault}.read_words(mapping.tenders, tender_words);
    if (const toml::node* items = top.find("item")) read_items(*items, mapping.items, fault);
    top.refuse_unknown();
    if (fault) return *fault;
    return mapping;
}

Result<Mapping> read_mapping(const toml::table& file) {
    const auto format = file["format"].value<std::string>();
    if (format == "poslog") return read_poslog_mapping(file);
    CsvMapping mapping;
    std::optional<Error> fault;
    Section top{"", &file, fault};
    const auto table = [&](std::string_view name) -> Section {
        const toml::node* node = top.find(name);
        if (node != nullptr && !node->is_table())
            top.blame(*node, name, "is not a table", fmt::format("[{}]", name));
        return {std::string{name}, node ? node->as_table() : nullptr, fault};
    };
    std::string word = "csv";
    top.read("format", word, "\"csv\" or \"poslog\"");
    if (word != "csv")
        top.check("format", Error{Errc::malformed, "is not known", {}, "\"csv\" or \"poslog\""});
    read_system(top, mapping.system);
    for (const char* needed : {"columns", "values"})
        if (!top.find(needed)) top.check(needed, Error{Errc::malformed, "is missing"});
    if (fault) return *fault;
    read_file(table("file"), mapping);
    read_columns(table("columns"), mapping);
    read_values(table("values"), mapping);
    Section returns = table("returns");
    returns.read("numbers", mapping.return_numbers);
    returns.read("unsigned_quantities", mapping.unsigned_returns, "true or false");
    returns.read_word("negative_lines", mapping.negative_lines, negative_words);
    returns.refuse_unknown();
    table("tenders").read_words(mapping.tenders, tender_words);
    table("channels").read_words(mapping.channels, channel_words);
    if (const toml::node* items = top.find("item")) read_items(*items, mapping.items, fault);
    top.refuse_unknown();
    if (fault) return *fault;
    return mapping;
}

}  // namespace

Result<Mapping> parse_mapping(std::string_view toml) {
    try {  // The library's only way to report a syntax error.
        return read_mapping(toml::parse(toml));
    } catch (const toml::parse_error& bad) {
        return Error{Errc::malformed,
                     fmt::format("line {}: {}", bad.source().begin.line, bad.description())};
    }
}

Result<CsvMapping> parse_csv_mapping(std::string_view toml) {
    TILL_TRY(auto mapping, parse_mapping(toml));
    if (auto* csv = std::get_if<CsvMapping>(&mapping)) return std::move(*csv);
    return Error{Errc::malformed, "not a mapping of CSV", "format", "\"csv\""};
}

}  // namespace till
