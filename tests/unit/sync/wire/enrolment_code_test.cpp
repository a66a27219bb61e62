#include "sync/wire/enrolment_code.hpp"
#include "sync/wire/enrolment.pb.h"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

namespace {

std::string sample() {
    tillstream::v1::EnrolmentCode code;
    code.set_host("192.0.2.7");
    code.set_port(8443);
    code.set_server_name("gateway.example");
    code.set_ca_sha256(std::string(32, 'c'));
    code.set_secret(std::string(16, 's'));
    return enrolment_code_text(code);
}

}  // namespace

TEST_CASE("wire: an enrolment code reads back, also when it was wrapped over lines", "[wire]") {
    auto text = sample();
    text.insert(40, "\n   ");
    const auto code = parse_enrolment_code(text);
    REQUIRE(code);
    CHECK(code->port() == 8443);
    CHECK(code->server_name() == "gateway.example");
}

TEST_CASE("wire: an enrolment code with any one character changed or missing is refused",
          "[wire]") {
    const auto text = sample();
    for (std::size_t at = 0; at < text.size(); ++at) {
        CAPTURE(at);
        auto changed = text, cut = text;
        changed[at] = changed[at] == 'x' ? 'y' : 'x';
        cut.erase(at, 1);
        CHECK_FALSE(parse_enrolment_code(changed));
        CHECK((cut == text || !parse_enrolment_code(cut)));
    }
    CHECK(parse_enrolment_code("TS2-abcd").error().code == Errc::unsupported);
    CHECK_FALSE(parse_enrolment_code(""));
}
