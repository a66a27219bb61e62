#include "agent/tillctl/decode_rows.hpp"

#include "agent/tillctl/json_text.hpp"
#include "drivers/decode/digital_link.hpp"
#include "drivers/decode/scan_message.hpp"
#include "drivers/decode/upce.hpp"
#include "drivers/decode/uri_text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace till {

namespace {

namespace json = boost::json;
using namespace drivers;

/// What an op is given.
struct Asked {
    const json::object& row;
    const Dictionary& dictionary;
    DecodeOptions options;
    const DecodeRows::Setting& setting;
    std::string input;

    std::string_view text(std::string_view key) const {
        const auto* value = row.if_contains(key);
        return value != nullptr && value->is_string() ? std::string_view{value->get_string()}
                                                      : std::string_view{};
    }
};

void refuse(const Fault& fault, json::object& out) {
    out["ok"] = false;
    out["error"] = json_text(fault.sentence);
    if (!fault.markup.empty()) out["error_markup"] = json_text(fault.markup);
}

void tell_elements(const Asked& asked, const ElementList& elements, json::object& out) {
    if (elements.empty()) return;
    out["ai"] = write_bracketed(elements);
    auto& lines = out["hri"].emplace_array();
    for (const auto& element : elements.all())
        lines.emplace_back(write_hri(element, asked.options.data_titles));
    if (auto uri = write_digital_link(elements, canonical_stem, asked.options))
        out["dl_uri"] = std::move(*uri);
}

/// Reads the input as a scan; `associations` says whether its elements must go together, too.
void scan(const Asked& asked, bool associations, json::object& out) {
    ScanMessage message;
    auto good = read_scan(asked.input, asked.dictionary, asked.options, message);
    if (good && associations) good = check_associations(message.elements, asked.options);
    if (!good) return refuse(good.error(), out);
    out["ok"] = true;
    out["symbology"] = name(message.symbology);
    out["data"] = json_text(message_data(message));
    if (!associations) return;
    tell_elements(asked, message.elements, out);
    for (const auto parameter : message.ignored)
        out.emplace("dl_ignored", json::array{}).first->value().as_array().emplace_back(parameter);
}

void scan_full(const Asked& asked, json::object& out) { scan(asked, true, out); }
void scan_parse(const Asked& asked, json::object& out) { scan(asked, false, out); }

void scan_for_till(const Asked& asked, json::object& out) {
    scan(asked, true, out);
    auto meaning =
        till_answer(asked.input, asked.dictionary, asked.setting.rules, asked.setting.now);
    // Card numbers are not repeated, not even to the one who asked: output ends up in files.
    if (const auto* what = meaning.if_contains("meaning"); what && *what == "payment_card")
        out.erase("data");
    out["till"] = std::move(meaning);
}

void scan_generate(const Asked& asked, json::object& out) {
    const auto symbology = find_symbology(asked.text("symbology"));
    const auto sent = symbology
                          ? write_scan(*symbology, asked.input, asked.dictionary, asked.options)
                          : Decoded<std::string>{Fault{"Unknown symbology"}};
    if (!sent) refuse(sent.error(), out);
    out["ok"] = sent.has_value();
    out["scan"] = sent ? json::value(json_text(*sent)) : json::value(nullptr);
}

void bracketed_full(const Asked& asked, json::object& out) {
    std::string storage;
    ElementList elements;
    auto good =
        read_bracketed(asked.input, asked.dictionary, asked.options, true, storage, elements);
    if (good) good = check_associations(elements, asked.options);
    if (!good) return refuse(good.error(), out);
    out["ok"] = true;
    out["symbology"] = nullptr;
    out["data"] = write_raw(elements);
    tell_elements(asked, elements, out);
}

void bracketed_to_raw(const Asked& asked, json::object& out) {
    std::string storage;
    ElementList elements;
    const auto good =
        read_bracketed(asked.input, asked.dictionary, asked.options, false, storage, elements);
    if (!good) return refuse(good.error(), out);
    out["ok"] = true;
    out["data"] = write_raw(elements);
}

void bracketed_lint(const Asked& asked, json::object& out) {
    std::string storage;
    ElementList elements;
    const auto good =
        read_bracketed(asked.input, asked.dictionary, asked.options, false, storage, elements);
    if (good) return void(out["ok"] = true);
    refuse(good.error(), out);
    if (!good.error().lint.empty()) out["error"] = good.error().lint;
}

void raw_element_string(const Asked& asked, json::object& out) {
    ElementList elements;
    const std::string_view data = asked.input;
    const auto good =
        data.starts_with(fnc1)
            ? read_elements(data.substr(1), fnc1, asked.dictionary, asked.options, elements)
            : Decoded<void>{Fault{"Missing FNC1 in first position"}};
    if (!good) return refuse(good.error(), out);
    out["ok"] = true;
}

void ai_association(const Asked& asked, json::object& out) {
    constexpr std::array<std::string_view, 4> rules{"mutex", "requisites", "repeats",
                                                    "digsig_serialised"};
    const auto* const rule = std::ranges::find(rules, asked.text("rule"));
    if (rule == rules.end())
        return refuse({"unknown rule; allowed: mutex, requisites, repeats, digsig_serialised"},
                      out);
    std::string storage;
    ElementList elements;
    auto good =
        read_bracketed(asked.input, asked.dictionary, asked.options, false, storage, elements);
    if (good) good = check_association(static_cast<Association>(rule - rules.begin()), elements);
    if (!good) return refuse(good.error(), out);
    out["ok"] = true;
}

void dl_parse(const Asked& asked, json::object& out) {
    std::string storage;
    ElementList elements;
    std::vector<std::string_view> ignored;
    const auto good =
        read_digital_link(asked.input, asked.dictionary, asked.options, storage, elements, ignored);
    if (!good) return refuse(good.error(), out);
    out["ok"] = true;
    out["data"] = write_raw(elements);
}

void dl_generate(const Asked& asked, json::object& out) {
    std::string storage;
    ElementList elements;
    auto good =
        read_bracketed(asked.input, asked.dictionary, asked.options, false, storage, elements);
    if (good) good = check_associations(elements, asked.options);
    if (!good) return refuse(good.error(), out);
    const auto stem = asked.text("stem");
    auto uri = write_digital_link(elements, stem.empty() ? canonical_stem : stem, asked.options);
    if (!uri) return refuse(uri.error(), out);
    out["ok"] = true;
    out["uri"] = std::move(*uri);
}

void uri_escape_both(const Asked& asked, json::object& out) {
    const auto bytes = utf8_to_latin1(asked.input);
    out["path"] = uri_escape(bytes, UriPart::path);
    out["query"] = uri_escape(bytes, UriPart::query);
}

void uri_unescape_both(const Asked& asked, json::object& out) {
    const auto bytes = utf8_to_latin1(asked.input);
    std::string path;
    std::string query;
    uri_unescape(bytes, UriPart::path, path);
    uri_unescape(bytes, UriPart::query, query);
    out["path"] = latin1_to_utf8(path);
    out["query"] = latin1_to_utf8(query);
}

void lint_value(const Asked& asked, json::object& out) {
    const auto linter = find_linter(asked.text("linter"));
    if (linter == nullptr)
        return refuse({"unknown linter '" + std::string{asked.text("linter")} + "'"}, out);
    const auto bytes = utf8_to_latin1(asked.input);
    const auto fault = linter(bytes);
    out["ok"] = !fault;
    if (!fault) return;
    out["error"] = fault->error->name;
    const auto marked = highlight(bytes, *fault);
    out["highlight"] = bytes == asked.input ? json_text(marked) : latin1_to_utf8(marked);
}

void upce(const Asked& asked, json::object& out) {
    const auto gtin12 = expand_upce(asked.input);
    if (!gtin12) return refuse({gtin12.error().detail}, out);
    const std::string digits(gtin12->begin(), gtin12->end());
    out["ok"] = true;
    out["gtin12"] = digits;
    out["gtin14"] = "00" + digits;
}

struct Op {
    std::string_view name;
    void (*run)(const Asked&, json::object&);
};

constexpr std::array ops{
    Op{"scan", scan_for_till},
    Op{"scan_full", scan_full},
    Op{"scan_parse", scan_parse},
    Op{"scan_generate", scan_generate},
    Op{"bracketed_full", bracketed_full},
    Op{"bracketed_to_raw", bracketed_to_raw},
    Op{"bracketed_lint", bracketed_lint},
    Op{"err_markup", bracketed_full},
    Op{"raw_element_string", raw_element_string},
    Op{"ai_association", ai_association},
    Op{"dl_parse", dl_parse},
    Op{"dl_generate", dl_generate},
    Op{"uri_escape", uri_escape_both},
    Op{"uri_unescape", uri_unescape_both},
    Op{"lint", lint_value},
    Op{"upce", upce},
};

struct Option {
    std::string_view name;
    bool DecodeOptions::* field;
};

constexpr std::array options{
    Option{"permitUnknownAIs", &DecodeOptions::permit_unknown_ais},
    Option{"requisiteAIs", &DecodeOptions::requisite_ais},
    Option{"validateAIassociations", &DecodeOptions::requisite_ais},  // Its older name.
    Option{"unknownAInotDLattr", &DecodeOptions::unknown_ai_not_attribute},
    Option{"permitZeroSuppressedGTINinDLuris", &DecodeOptions::zero_suppressed_gtin},
    Option{"convenienceAlphas", &DecodeOptions::convenience_alphas},
    Option{"permitConvenienceAlphas", &DecodeOptions::convenience_alphas},
    Option{"addCheckDigit", &DecodeOptions::add_check_digit},
    Option{"includeDataTitlesInHRI", &DecodeOptions::data_titles},
};

/// Sets what the row asks for; says what is wrong with it, if anything is.
std::optional<Fault> read_options(const json::object& row, DecodeOptions& out) {
    const auto* value = row.if_contains("options");
    if (value == nullptr || value->is_null()) return {};
    if (!value->is_object()) return Fault{"options: must be an object"};
    for (const auto& [key, setting] : value->get_object()) {
        const auto* const option = std::ranges::find(options, std::string_view{key}, &Option::name);
        if (option == options.end()) return Fault{"options: unknown option " + std::string{key}};
        if (!setting.is_bool())
            return Fault{"options." + std::string{key} + ": must be true or false"};
        out.*(option->field) = setting.get_bool();
    }
    return {};
}

}  // namespace

json::object DecodeRows::answer(const json::object& row) const {
    json::object out;
    if (const auto* id = row.if_contains("id")) out["id"] = *id;
    Asked asked{row, dictionary_, setting_.defaults, setting_, {}};
    if (const auto fault = read_options(row, asked.options)) {
        refuse(*fault, out);
        return out;
    }
    const bool bare_upce = !row.contains("op") && row.contains("upce8");
    const auto named = asked.text("op");
    const auto op_name = bare_upce ? "upce" : named.empty() ? "scan" : named;
    const auto* const op = std::ranges::find(ops, op_name, &Op::name);
    const auto* input = row.if_contains(bare_upce ? "upce8" : "input");
    if (op == ops.end()) {
        refuse({"unknown op '" + std::string{op_name} + "'"}, out);
    } else if (input == nullptr || !input->is_string()) {
        refuse({"input: must be a text"}, out);
    } else {
        asked.input = input->get_string();
        op->run(asked, out);
    }
    return out;
}

json::object DecodeRows::answer_line(std::string_view line) const {
    if (!line.starts_with('{')) return answer({{"input", line}});
    boost::system::error_code failed;
    const auto row = json::parse(line, failed);
    if (!failed && row.is_object()) return answer(row.get_object());
    return {{"ok", false}, {"error", "not a JSON object: " + failed.message()}};
}

std::optional<json::object> expected_answer(const json::object& row) {
    if (const auto* expect = row.if_contains("expect"); expect != nullptr && expect->is_object())
        return expect->get_object();
    json::object numbers;
    for (const std::string_view key : {"gtin12", "gtin14"})
        if (const auto* value = row.if_contains(key)) numbers[key] = *value;
    if (numbers.empty()) return {};
    return numbers;
}

std::vector<std::string> disagreements(const json::object& row, const json::object& expected,
                                       const json::object& answer) {
    const auto* op = row.if_contains("op");
    const bool error_is_a_name = op != nullptr && (*op == "lint" || *op == "bracketed_lint");
    std::vector<std::string> out;
    for (const auto& [key, value] : expected) {
        if (key == "error" && !error_is_a_name) continue;
        const auto* given = answer.if_contains(key);
        if (given == nullptr || *given != value) out.emplace_back(key);
    }
    return out;
}

}  // namespace till
