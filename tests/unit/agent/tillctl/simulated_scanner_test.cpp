#include "agent/tillctl/simulated_scanner.hpp"

#include <catch2/catch.hpp>

using namespace till;

TEST_CASE("simulated scanner: what is typed is scanned as the symbol that would carry it",
          "[tillctl]") {
    SimulatedScanner scanner;
    CHECK(scanner.scan("4006381333931").sent == "]E04006381333931\r");
    CHECK(scanner.scan("036000291452").sent == "]E00036000291452\r");
    CHECK(scanner.scan("96385074").sent == "]E496385074\r");
    CHECK(scanner.scan("4006381333932").sent == "]C04006381333932\r");
    CHECK(scanner.scan("(01)04006381333931(10)AB(21)7").sent
          == "]d2010400638133393110AB\x1d"
             "217\r");
    CHECK(scanner.scan("(no elements)").sent == "]C0(no elements)\r");
    CHECK(scanner.scan("]Q1a<GS>b").sent == "]Q1a\x1d"
                                            "b\r");
    CHECK(scanner.scan("").sent.empty());
}

TEST_CASE("simulated scanner: it obeys its menu, and says what it does not know", "[tillctl]") {
    SimulatedScanner scanner;
    CHECK(scanner.take("\x16M\rE13").sent.empty());
    CHECK(scanner.take("ENA0!").sent == "E13ENA0\x06!");
    CHECK(scanner.scan("4006381333931").sent.empty());
    CHECK(scanner.take("\x16M\rE13ENA1!\x16M\rPRECA2!").sent == "E13ENA1\x06!PRECA2\x06!");
    CHECK(scanner.scan("4006381333931").sent == "4006381333931\r");
    CHECK(scanner.take("\x16M\rXYZABC1!").sent == "XYZABC1\x05!");
    CHECK(scanner.take("\x16M\rBEPEXE1!").words.size() == 1);
    CHECK(scanner.take("noise!" + std::string(10000, 'x')).sent.empty());
}
