// What a command table makes of master data; that it comes down whole is agent/masterdata's.

#include "agent/crypto/pin.hpp"
#include "sync/feeds/feed_answer.hpp"
#include "sync/masterdata/master_keys.hpp"
#include "tests/unit/agent/api/shop.hpp"

using namespace till;

namespace {

/// A shop whose centre sends down these records.
struct Chain : Shop {
    explicit Chain(const std::vector<std::string>& records) {
        auto feeds = *sync::FeedStore::open(scratch.path / "feeds.db", random);
        std::vector<v1::FeedRecord> changes;
        for (const auto& text : records) {
            v1::MasterRecord record;
            REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &record));
            if (record.has_operator_() && !record.operator_().pin().empty()) {
                record.mutable_operator_()->set_pin_verifier(
                    make_pin_verifier(Secret{record.operator_().pin()}));
                record.mutable_operator_()->clear_pin();
            }
            auto& change = changes.emplace_back();
            change.set_key(sync::key_of(record).key);
            change.set_alias(sync::alias_of(record));
            change.set_body(record.SerializeAsString());
        }
        REQUIRE(feeds->change(sync::master_feed, 0, changes));
        data = *MasterData::open(scratch.path / "master.db", "12", "3");
        while (*data->take(*sync::answer_feed(*feeds, data->request(), "12"), WallTime{1})
               == MasterData::Taken::more) {}
        REQUIRE(data->version() == 1);
        table->obey(*data);
    }
    ~Chain() { table.reset(); }

    std::unique_ptr<MasterData> data;
};

const std::vector<std::string> people = {
    R"(operator { operator_id: "7" role: "pos" pin: "4711" })",
    R"(operator { operator_id: "8" role: "administrator" })",
    R"(operator { operator_id: "9" role: "pos" disabled: true })"};

}  // namespace

TEST_CASE("api: a PIN is neither part of a command's key nor stored", "[api]") {
    Chain shop{people};
    REQUIRE(shop.control("SIGN_ON", R"(operator_id: "7" pin: "4711")", "on"));
    CHECK(shop.last_event().DebugString().find("4711") == std::string::npos);
    const auto again = shop.control("SIGN_ON", R"(operator_id: "7" pin: "4712")", "on");
    REQUIRE(again);
    CHECK(again->replayed());
}

TEST_CASE("api: after five wrong PINs an operator waits a minute, others do not", "[api]") {
    Chain shop{people};
    for (int i = 0; i < 5; ++i)
        CHECK(shop.control("SIGN_ON", R"(operator_id: "7" pin: "0000")").error().field == "pin");
    const auto locked = shop.control("SIGN_ON", R"(operator_id: "7" pin: "4711")");
    CHECK(locked.error().code == Errc::forbidden);
    CHECK(locked.error().detail == "too many wrong PINs");
    REQUIRE(shop.control("SIGN_ON", R"(operator_id: "8")"));
    REQUIRE(shop.control("SIGN_OFF"));
    shop.clock.ms += 61'000;
    CHECK(shop.control("SIGN_ON", R"(operator_id: "7" pin: "4711")"));
}

TEST_CASE("api: the limits of whoever is signed on count, not those of the program", "[api]") {
    Chain shop{people};
    auto settings = shop_settings(shop.centre.key);
    settings.limits[Role::pos].discount_percent_max = Decimal{10, 0};
    REQUIRE(shop.table->reconfigure(settings));
    const std::string sale = R"(lines { sku: "A" unit_price: "2.00" discounts { percent: "50" } }
        tenders { type: TENDER_TYPE_CASH amount: "5" })";
    CHECK_FALSE(shop.call<v1::RecordTransaction>(sale));
    REQUIRE(shop.control("SIGN_ON", R"(operator_id: "8")"));
    CHECK(shop.call<v1::RecordTransaction>(sale));
    CHECK_FALSE(shop.call<v1::RecordTransaction>(sale + R"( operator_id: "7")"));
}

TEST_CASE("api: another system's sale passes whatever master data says", "[api]") {
    Chain shop{{people[0], R"(tender { type: TENDER_TYPE_CASH })",
                R"(product { sku: "A" unit_price: "9.99" })"}};
    const auto sale = shop.call<v1::RecordTransaction>(
        R"(lines { sku: "A" quantity: "1" } operator_id: "stranger"
           tenders { type: TENDER_TYPE_CARD amount: "5" }
           source { system: "old" number: "1" })",
        {}, Role::foreign_pos);
    REQUIRE(sale);
    const auto fact = shop.last_event().retail_transaction();
    CHECK(fact.lines(0).unit_price().mantissa() == 0);
    CHECK(fact.source().doubts_size() > 0);
}

TEST_CASE("api: what a line leaves out is the product's; what it says stands", "[api]") {
    Chain shop{{R"(tax_rule { code: "S" rate: "20" })", R"(tax_rule { code: "R" rate: "5" })",
                R"(product { sku: "A" unit_price: "1.505" tax_code: "R" unit: "KGM" })",
                R"(product { sku: "CARD" unit_price: "10" item_class: ITEM_CLASS_GIFT_CARD })"}};
    auto settings = shop_settings(shop.centre.key);
    settings.sale.taxes.push_back({"R", Decimal{5, 0}, true});
    REQUIRE(shop.table->reconfigure(settings));
    const auto sale = shop.call<v1::RecordTransaction>(
        R"(lines { sku: "A" quantity: "3" } lines { sku: "A" unit_price: "1.00" tax_code: "S" }
           lines { sku: "CARD" } tenders { type: TENDER_TYPE_CASH amount: "20" })");
    REQUIRE(sale);
    CHECK(sale->total() == "15.52");
    const auto fact = shop.last_event().retail_transaction();
    CHECK(fact.lines(0).tax_code() == "R");
    CHECK(fact.lines(0).quantity().unit() == "KGM");
    CHECK(fact.lines(1).tax_code() == "S");
    CHECK(fact.lines(2).item().item_class() == v1::ITEM_CLASS_GIFT_CARD);
    CHECK(fact.versions().master_data() == 1);
    const auto unknown = shop.call<v1::RecordTransaction>(
        R"(lines { sku: "Z" } tenders { type: TENDER_TYPE_CASH amount: "20" })");
    CHECK(unknown.error().field == "lines[0].unit_price");
}

TEST_CASE("api: once reasons are listed for a use, only those will do there", "[api]") {
    Chain shop{{R"(reason { code: "waste" use: "adjustment" })",
                R"(reason { code: "change" use: "no_sale" })",
                R"(reason { code: "bank" use: "tender_control" })"}};
    REQUIRE(shop.control("SIGN_ON", R"(operator_id: "1")"));
    CHECK(shop.control("NO_SALE").error().allowed == "change");
    CHECK(shop.control("NO_SALE", R"(reason: "change")"));
    const auto pickup = [&](const char* reason) {
        return shop.call<v1::RecordTenderControl>(
            std::string{R"(type: TYPE_PICKUP amount: "5" tender: TENDER_TYPE_CASH reason: ")"}
            + reason + "\"");
    };
    CHECK(pickup("fun").error().field == "reason");
    CHECK(pickup("bank"));
    const auto adjust = [&](const char* line, const char* whole) {
        return shop.call<v1::RecordAdjustment>(
            std::string{R"(lines { sku: "A" quantity: "-1" reason: ")"} + line + "\" } reason: \""
                + whole + "\"",
            {}, Role::stock);
    };
    CHECK(adjust("fun", "waste").error().field == "lines[0].reason");
    CHECK(adjust("", "").error().field == "reason");
    CHECK(adjust("", "waste"));
    CHECK(adjust("waste", ""));
}
