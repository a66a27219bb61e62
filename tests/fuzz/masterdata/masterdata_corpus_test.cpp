#include "sync/wire/feed_page.hpp"
#include "tests/fuzz/damages.hpp"

using namespace till;

namespace {

Bytes page() {
    tillstream::v1::FeedRecords records;
    for (int i = 0; i < 50; ++i) {
        auto& record = *records.add_records();
        record.set_key("product/" + std::to_string(i));
        record.set_version(7);
        if (i % 5 != 0) record.set_body("a body");
    }
    tillstream::v1::FeedPage made;
    if (!sync::pack_records(records, made)) FAIL("a page of records");
    return "\x02!" + made.SerializeAsString();
}

/// An import, as its first two bytes say.
Bytes import_of(const char* json) { return std::string{"\x01!"} + json; }

std::vector<Bytes> corpus() {
    return {Bytes{"\0\6", 2}
                + "gtin,sku,name,unit_price,item_class\n"
                  "4006381333931,PEN,\"Pen, blue\",2.955,goods\n,BAG,,1,\n",
            Bytes{"\0\2", 2}
                + "operator_id,role,pin,disabled\r\n7,pos,4711,no\r\n8,stock,,yes\r\n",
            Bytes{"\0\4", 2} + "type,max,refused\ncash,100,no\nTENDER_TYPE_CARD,,1\n",
            import_of(R"({"stores":[{"store":"12","currency":"TWD","time_zone":"Asia/Taipei","cut_over":"04:00"}],)"
            R"("tax_rules":[{"code":"A","rate":"5"}],"whole":["products"],"products":[)"
            R"({"gtin":"4006381333931","unit_price":"2.955","tax_code":"A"},)"
            R"({"sku":"B","unit_price":"1","store":"12"}]})"),
            import_of(R"({"operators":[{"operator_id":"7","role":"pos","pin":"4711"}],"dry_run":true,)"
            R"("reasons":[{"code":"x","use":"void"}],"tenders":[{"type":"TENDER_TYPE_CASH"}]})"),
            page()};
}

}  // namespace

TEST_CASE("masterdata_parsers: the corpus and five hundred damages of each input are survived",
          "[fuzz]") {
    feed_damaged(corpus(), 500);
}
