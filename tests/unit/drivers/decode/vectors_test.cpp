#include "agent/tillctl/decode_rows.hpp"
#include "tests/unit/drivers/decode/shared_data.hpp"

#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <set>
#include <sstream>

using namespace till;
namespace json = boost::json;

namespace {

struct Outcome {
    std::size_t rows = 0;
    std::vector<std::string> differing;  // Ids, with what was answered.
};

Outcome run(const std::string& text, const drivers::Dictionary& dictionary) {
    const DecodeRows rows{dictionary, {}};
    Outcome out;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const auto row = json::parse(line).as_object();
        const auto expected = expected_answer(row);
        if (!expected) continue;
        ++out.rows;
        const auto answer = rows.answer(row);
        if (!disagreements(row, *expected, answer).empty())
            out.differing.push_back(line + " -> " + json::serialize(answer));
    }
    return out;
}

/// Rows that ask the same and expect different answers, because upstream's test answered them
/// with company-prefix look-ups of its own; without a look-up the answer is "valid".
bool is_prefix_lookup(const std::string& line) {
    const auto row = json::parse(line.substr(0, line.find(" -> "))).as_object();
    const auto& error = row.at("expect").as_object().at("error");
    return error == "GCP_DATASOURCE_OFFLINE" || error == "INVALID_GCP_PREFIX";
}

void check_file(const std::string& name, const drivers::Dictionary& dictionary) {
    const auto text = shared_file("gs1-vectors/" + name + ".jsonl");
    if (!text) {
        WARN("skipped: no gs1-vectors/" << name << ".jsonl; set TILL_SHARED");
        return;
    }
    const auto outcome = run(*text, dictionary);
    CHECK(outcome.rows > 30);
    for (const auto& line : outcome.differing) {
        CAPTURE(line);
        CHECK(is_prefix_lookup(line));
    }
}

}  // namespace

TEST_CASE("decode: every row of GS1's vectors agrees, with the table of the program", "[decode]") {
    const auto* name = GENERATE("engine", "linters", "fresh", "upce");
    check_file(name, drivers::Dictionary::builtin());
}

TEST_CASE("decode: every row agrees with GS1's released dictionary loaded instead", "[decode]") {
    const auto text = shared_file("gs1-syntax-dictionary/gs1-syntax-dictionary.txt");
    if (!text) {
        WARN("skipped: no gs1-syntax-dictionary.txt; set TILL_SHARED");
        return;
    }
    const auto dictionary = drivers::Dictionary::parse(*text);
    REQUIRE(dictionary);
    CHECK(dictionary->unknown_linters().empty());
    const auto* name = GENERATE("engine", "linters", "fresh", "upce");
    check_file(name, *dictionary);
}

TEST_CASE("decode: the table of the program says what GS1's release says", "[decode]") {
    const auto text = shared_file("gs1-syntax-dictionary/gs1-syntax-dictionary.txt");
    if (!text) {
        WARN("skipped: no gs1-syntax-dictionary.txt; set TILL_SHARED");
        return;
    }
    const auto released = drivers::Dictionary::parse(*text);
    REQUIRE(released);
    const auto& ours = drivers::Dictionary::builtin();
    REQUIRE(ours.entries().size() == released->entries().size());
    CHECK(ours.release() == released->release());
    for (const auto& entry : released->entries()) {
        CAPTURE(entry.ai);
        const auto* own = ours.find(entry.ai);
        REQUIRE(own != nullptr);
        CHECK(own->title == entry.title);
        CHECK(own->needs_separator == entry.needs_separator);
        CHECK(own->may_be_attribute == entry.may_be_attribute);
        CHECK(own->components.size() == entry.components.size());
        CHECK(own->requirements.size() == entry.requirements.size());
    }
}

TEST_CASE("decode: a row that makes no sense gets an error and its id back", "[decode]") {
    const DecodeRows rows{drivers::Dictionary::builtin(), {}};
    for (const auto* line :
         {R"({"id":7,"op":"nonsense","input":""})", R"({"id":7,"op":"lint"})",
          R"({"id":7,"op":"lint","linter":"none","input":"1"})", R"({"id":7,"input":5})",
          R"({"id":7,"input":"1","options":3})", R"({"id":7,"input":"1","options":{"x":true}})",
          R"({"id":7,"op":"dl_parse","input":"x","options":{"addCheckDigit":1}})"}) {
        CAPTURE(line);
        const auto answer = rows.answer_line(line);
        CHECK(answer.at("id") == 7);
        CHECK(answer.at("ok") == false);
        CHECK(answer.at("error").as_string().size() > 5);
    }
    CHECK(rows.answer_line("{broken").at("ok") == false);
    CHECK(rows.answer_line("[1]").at("ok") == false);
}
