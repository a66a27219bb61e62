#include "agent/capture/csv_reader.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

std::string show(const CsvRecord& record) {
    std::string text = std::to_string(record.line) + ":";
    if (!record.fault.empty()) return text + "!" + std::string{record.fault.substr(0, 7)};
    for (const auto field : record.fields) text += "<" + std::string{field} + ">";
    return text;
}

std::vector<std::string> read(std::string_view text, std::size_t piece, CsvFormat format = {}) {
    CsvReader reader{format};
    std::vector<std::string> records;
    const auto drain = [&] {
        while (const CsvRecord* record = reader.next()) records.push_back(show(*record));
    };
    for (std::size_t at = 0; at < text.size(); at += piece) {
        reader.feed(text.substr(at, piece));
        drain();
    }
    reader.finish();
    drain();
    return records;
}

using Records = std::vector<std::string>;

}  // namespace

TEST_CASE("capture: CSV reads as RFC 4180 says, however the text arrives", "[capture]") {
    const std::size_t piece = GENERATE(1, 2, 3, 100);
    CHECK(read("a,b\r\nc,d\r\n", piece) == Records{"1:<a><b>", "2:<c><d>"});
    CHECK(read("a,\"b,\"\"c\"\"\r\nd\"\r\ne", piece) == Records{"1:<a><b,\"c\"\r\nd>", "3:<e>"});
    CHECK(read("a,b\rc\r\r\nd\n\n\ne,", piece) == Records{"1:<a><b>", "2:<c>", "4:<d>", "7:<e><>"});
    CHECK(read("\"\",\"a\"", piece) == Records{"1:<><a>"});
    CHECK(read("", piece).empty());
}

TEST_CASE("capture: CSV that tills really write keeps its quotes", "[capture]") {
    const std::size_t piece = GENERATE(1, 4, 100);
    CHECK(read("10\" TAPE,1\nx", piece) == Records{"1:<10\" TAPE><1>", "2:<x>"});
    CHECK(read("\"a \"b\" c\",1\n", piece) == Records{"1:<a \"b\" c><1>"});
    CHECK(read("a; \"b\"\n", piece, {.delimiter = ';'}) == Records{"1:<a>< \"b\">"});
    CHECK(read("'a,b'\t\"c\n", piece, {.delimiter = '\t', .quote = 0})
          == Records{"1:<'a,b'><\"c>"});
}

TEST_CASE("capture: a quote that never closes costs its own line and no other", "[capture]") {
    const std::size_t piece = GENERATE(1, 5, 100'000);
    CHECK(read("a,\"b\nc,d\ne", piece) == Records{"1:!a quote", "2:<c><d>", "3:<e>"});
    std::string lines = "a,\"b\n";
    for (int at = 0; at < 200; ++at) lines += "x,y\n";
    const Records records = read(lines, piece);
    REQUIRE(records.size() == 201);
    CHECK(records[0] == "1:!a quote");
    CHECK(records[200] == "201:<x><y>");
}

TEST_CASE("capture: a line without end is set aside and the next one read", "[capture]") {
    const std::size_t piece = GENERATE(1000, 1'000'000);
    const std::string_view begin = GENERATE("", "\"");
    const std::string text = "a\n" + std::string{begin} + std::string(200'000, 'x') + "\r\nb\n";
    CHECK(read(text, piece) == Records{"1:<a>", "2:!longer ", "3:<b>"});
}
