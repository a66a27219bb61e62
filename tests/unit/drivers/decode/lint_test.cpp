#include "drivers/decode/lint.hpp"

#include "drivers/decode/dictionary.hpp"

#include <catch2/catch.hpp>

using namespace till::drivers;

TEST_CASE("decode: a linter says what is wrong and where", "[decode]") {
    const auto check = [](const char* linter, const char* value, const char* error,
                          const char* marked) {
        CAPTURE(linter, value);
        const auto found = find_linter(linter);
        REQUIRE(found != nullptr);
        const auto fault = found(value);
        REQUIRE(fault);
        CHECK(fault->error->name == error);
        CHECK(highlight(value, *fault) == marked);
    };
    check("csum", "4006381333932", "INCORRECT_CHECK_DIGIT", "400638133393*2*");
    check("yymmdd", "261301", "ILLEGAL_MONTH", "26*13*01");
    check("yymmdd", "260229", "ILLEGAL_DAY", "2602*29*");
    check("iso4217", "975", "NOT_ISO4217", "*975*");
    check("iban", "XX361234567890", "ILLEGAL_IBAN_COUNTRY_CODE", "*XX*361234567890");
    check("pieceoftotal", "0302", "PIECE_NUMBER_EXCEEDS_TOTAL", "*0302*");
    check("posinseqslash", "1/02", "ILLEGAL_ZERO_PREFIX", "1/*02*");
    check("iso3166list", "528000", "NOT_ISO3166", "528*000*");
    check("latitude", "1800000001", "INVALID_LATITUDE", "*1800000001*");
}

TEST_CASE("decode: good values pass their linters", "[decode]") {
    for (const auto& [linter, value] : {std::pair{"csum", "4006381333931"},
                                        {"yymmd0", "260200"},
                                        {"yyyymmdd", "20240229"},
                                        {"iso4217", "924"},
                                        {"iban", "GB98MIDL07009312345678"},
                                        {"packagetype", "APE"},
                                        {"csumalpha", "1987654Ad4X4bL5ttr2310c2K"},
                                        {"gcppos2", "09506000134352"},
                                        {"mediatype", "80"},
                                        {"importeridx", "_"},
                                        {"iso5218", "0"}}) {
        CAPTURE(linter, value);
        REQUIRE(find_linter(linter) != nullptr);
        CHECK_FALSE(find_linter(linter)(value));
    }
    CHECK(find_linter("nothing") == nullptr);
    CHECK(find_linter("") == nullptr);
}

TEST_CASE("decode: no linter trips over any short string of bytes", "[decode]") {
    for (const auto& entry : Dictionary::builtin().entries())
        for (const auto& component : entry.components)
            for (const auto linter : component.linters)
                for (int byte = 0; byte < 256; ++byte) {
                    const std::string text(static_cast<std::size_t>(byte % 5),
                                           static_cast<char>(byte));
                    const auto fault = linter(text);
                    if (fault) REQUIRE(fault->position + fault->length <= text.size());
                }
}
