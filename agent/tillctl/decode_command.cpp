#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/decode_rows.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

namespace till {

namespace {

constexpr std::size_t line_bytes_max = 64 * 1024;  // A code holds 7,089 characters at most.

struct DecodeArguments {
    std::vector<std::string> files;
    std::string dictionary;
    std::string rules;
    std::string today;
    bool titles = false;
    bool check = false;
};

/// The next line without its end, of bounded size whatever comes: what is too long is dropped
/// and `too_long` set.
bool next_line(std::istream& in, std::string& line, bool& too_long) {
    line.clear();
    too_long = false;
    auto& buffer = *in.rdbuf();
    for (auto c = buffer.sbumpc(); c != std::char_traits<char>::eof(); c = buffer.sbumpc()) {
        if (c == '\n') {
            if (line.ends_with('\r')) line.pop_back();
            return true;
        }
        if (line.size() == line_bytes_max) too_long = true;
        if (!too_long) line += static_cast<char>(c);
    }
    return !line.empty() || too_long;
}

/// Reads a file whole and makes of it what `parse` makes; errors name the file.
template <class Parse>
auto load(const std::string& path, Parse&& parse) -> decltype(parse(std::string_view{})) {
    std::ifstream in{path, std::ios::binary};
    if (!in) return Error{Errc::io, "cannot read " + path};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    auto made = parse(std::string_view{text});
    if (!made) made.error().detail = path + ": " + made.error().detail;
    return made;
}

/// The machine's own day, in UTC: `--today` says otherwise.
drivers::SaleMoment utc_now() {
    const auto now = std::chrono::system_clock::now();
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const auto minute = std::chrono::duration_cast<std::chrono::minutes>(now - day).count();
    return {std::chrono::year_month_day{day}, static_cast<int>(minute)};
}

Result<DecodeRows::Setting> make_setting(const DecodeArguments& arguments) {
    DecodeRows::Setting setting{{.data_titles = arguments.titles}, {}, utc_now()};
    if (!arguments.rules.empty()) {
        TILL_TRY(setting.rules, load(arguments.rules, read_shop_rules));
    }
    if (!arguments.today.empty()) {
        TILL_TRY(const auto day, read_day(arguments.today));
        setting.now = {day, 0};
    }
    return setting;
}

Exit say(const Error& error) {
    std::cerr << "tillctl decode: " << error.detail;
    if (!error.field.empty()) std::cerr << " (" << error.field << ')';
    if (!error.allowed.empty()) std::cerr << "; allowed: " << error.allowed;
    std::cerr << '\n';
    return Exit::usage;
}

/// Counts, for --check, how many rows agree with the "expect" they carry.
struct Tally {
    std::size_t rows = 0;
    std::size_t agree = 0;
    std::size_t without = 0;

    void count(const std::string& line, const boost::json::object& answer) {
        boost::system::error_code failed;
        const auto row = boost::json::parse(line, failed);
        const auto* object = failed ? nullptr : row.if_object();
        const auto expected = object == nullptr ? std::nullopt : expected_answer(*object);
        if (!expected) {
            ++without;
            return;
        }
        const auto differing = disagreements(*object, *expected, answer);
        ++rows;
        agree += differing.empty();
        if (differing.empty()) return;
        boost::json::object report{{"row", row}, {"answer", answer}};
        auto& keys = report["differs"].emplace_array();
        for (const auto& key : differing) keys.emplace_back(key);
        std::cout << boost::json::serialize(report) << '\n';
    }
};

void decode_stream(std::istream& in, const DecodeRows& rows, bool check, Tally& tally) {
    std::string line;
    for (bool too_long = false; next_line(in, line, too_long);) {
        if (line.empty()) continue;
        const auto answer =
            too_long ? boost::json::object{{"ok", false}, {"error", "the line is too long"}}
                     : rows.answer_line(line);
        if (check) {
            tally.count(line, answer);
            continue;
        }
        std::cout << boost::json::serialize(answer) << '\n';
        // Someone who types, or a scanner on a pipe, waits for the answer; a file does not.
        if (in.rdbuf()->in_avail() <= 0) std::cout.flush();
    }
}

Exit run_decode(const DecodeArguments& arguments) {
    std::optional<drivers::Dictionary> loaded;
    if (!arguments.dictionary.empty()) {
        auto dictionary = load(arguments.dictionary, drivers::Dictionary::parse);
        if (!dictionary) return say(dictionary.error());
        for (const auto& linter : dictionary->unknown_linters())
            std::cerr << "tillctl decode: linter '" << linter
                      << "' is newer than this program and is skipped\n";
        loaded.emplace(std::move(*dictionary));
    }
    auto setting = make_setting(arguments);
    if (!setting) return say(setting.error());
    const DecodeRows rows{loaded ? *loaded : drivers::Dictionary::builtin(), std::move(*setting)};
    Tally tally;
    if (arguments.files.empty()) decode_stream(std::cin, rows, arguments.check, tally);
    for (const auto& path : arguments.files) {
        std::ifstream in{path, std::ios::binary};
        if (!in) {
            std::cerr << "tillctl decode: cannot read " << path << '\n';
            return Exit::usage;
        }
        decode_stream(in, rows, arguments.check, tally);
    }
    std::cout.flush();
    if (!arguments.check) return Exit::ok;
    std::cerr << tally.agree << " of " << tally.rows << " rows agree";
    if (tally.without > 0) std::cerr << "; " << tally.without << " say nothing to agree with";
    std::cerr << '\n';
    return tally.agree == tally.rows ? Exit::ok : Exit::no;
}

}  // namespace

void add_decode_commands(CLI::App& app, Exit& outcome) {
    auto* command = app.add_subcommand("decode", "Say what scans mean, one JSON object a line.");
    command->footer(
        "Input: one scan a line (with its AIM identifier, GS as byte 1D), or one JSON object\n"
        "{\"id\",\"op\",\"input\",\"options\"}; the ops are listed in drivers/decode/README.md.");
    const auto arguments = std::make_shared<DecodeArguments>();
    command->add_option("files", arguments->files, "Files to read; none: standard input");
    command->add_option("--dictionary", arguments->dictionary,
                        "A GS1 Barcode Syntax Dictionary to use instead of the built-in table");
    command->add_option("--rules", arguments->rules,
                        "The shop's patterns and recalls, a JSON file (drivers/decode/README.md)");
    command->add_option("--today", arguments->today,
                        "The day to judge dates by, as 2026-11-23; none: today in UTC");
    command->add_flag("--titles", arguments->titles, "Write data titles into the readable text");
    command->add_flag("--check", arguments->check,
                      "Compare with each row's \"expect\" and print only what differs");
    command->callback([arguments, &outcome] {
        std::ios::sync_with_stdio(false);
        outcome = run_decode(*arguments);
    });
}

}  // namespace till
