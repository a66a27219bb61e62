#include "tests/fuzz/damages.hpp"

#include "sync/wire/commands.pb.h"

using namespace till;

namespace {

Bytes call(auto&& fill) {
    tillstream::v1::Call call;
    fill(call);
    return '\x80' + call.SerializeAsString();
}

std::vector<Bytes> corpus() {
    const Bytes sale =
        R"({"currency":"GBP","lines":[{"gtin":"4006381333931","quantity":"2","unit_price":3.335,)"
        R"("discounts":[{"percent":"10"}]},{"kind":"LINE_KIND_RETURN","sku":"A","unit_price":"1.00",)"
        R"("reason":"broken","original":{"store":"12","line":1}}],"tenders":[{"type":)"
        R"("TENDER_TYPE_CASH","amount":"5.00"}],"customer":{"identifiers":[{"type":)"
        R"("IDENTIFIER_TYPE_PHONE","value":"07700 900123"}]},"end_time":"2026-11-23T10:00:00Z"})";
    const Bytes foreign =
        R"({"source":{"system":"x","number":"536365"},"lines":[{"sku":"85123A","description":"T\u00e9",)"
        R"("quantity":"-6","unit_price":"2.55","tax_rate":"20"}],"tenders":[]})";
    return {
        '\0' + sale,
        '\x40' + foreign,
        "\x01"
        R"({"receipt_number":"12-3-1-000001"})",
        "\x02"
        R"({"type":"TYPE_SHIFT_CLOSE"})",
        "\x03"
        R"({"type":"TYPE_FLOAT","amount":"50.00"})",
        "\x04"
        R"({"customer":{"identifiers":[{"type":"IDENTIFIER_TYPE_EMAIL","value":"a@b.c"}]}})",
        "\x05"
        R"({"customer":{"identifiers":[{"type":"IDENTIFIER_TYPE_VAT_NUMBER","value":"GB1"}],)"
        R"("given_name":"A"},"consents":[{"purpose":"PURPOSE_MARKETING","granted":true}]})",
        "\x06"
        R"({"customer":{},"consent":{"channel":"CONSENT_CHANNEL_SMS","granted":false}})",
        "\x07"
        R"({"session":"C","lines":[{"gtin":"4006381333931","quantity":"0"}]})",
        "\x08"
        R"({"lines":[{"sku":"A","quantity":"-2.5"}],"reason":"broken"})",
        "\x0b"
        R"({"after":"7","limit":3})",
        "\x81"
        "after=7&topics=capture.,sync&journal_id=",
        call([](auto& made) {
            made.mutable_record_transaction()->add_lines()->set_unit_price("1.00");
            made.mutable_record_transaction()->add_tenders()->set_amount("1.00");
        }),
        call([](auto& made) { made.mutable_post_void()->set_receipt_number("12-3-1-000001"); })};
}

}  // namespace

TEST_CASE("commands: the corpus and a thousand damages of each input are survived", "[fuzz]") {
    feed_damaged(corpus(), 1000);
}
