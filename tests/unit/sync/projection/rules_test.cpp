#include "sync/projection/rules.hpp"
#include "tests/support/events.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace till;
using namespace till::sync;

namespace {

v1::RetailTransaction sale() { return sale_of("12-3-1-000001", 1999, 3).retail_transaction(); }

std::vector<std::string> fields(const v1::RetailTransaction& said) {
    std::vector<std::string> found;
    for (const Finding& each : check(said)) found.push_back(each.field);
    return found;
}

Digest content(v1::RetailTransaction said) { return content_hash(said); }

}  // namespace

TEST_CASE("projection: a sale that adds up has nothing to say", "[projection]") {
    v1::RetailTransaction said = sale();
    CHECK(fields(said).empty());
    said.mutable_lines(0)->add_discounts()->set_amount(100);  // On the line …
    said.mutable_lines(0)->set_amount(5997 - 100 - 50);
    said.add_discounts()->set_amount(50);  // … and its share of the transaction's.
    said.set_cash_rounding(3);
    said.mutable_totals()->set_gross(5850);
    said.mutable_totals()->set_net(5850 - 3 - said.totals().tax());
    CHECK(fields(said).empty());
}

TEST_CASE("projection: each figure that does not add up is named", "[projection]") {
    v1::RetailTransaction said = sale();
    said.mutable_totals()->set_gross(5998);
    CHECK(fields(said) == std::vector<std::string>{"totals.gross", "totals.net"});
    said = sale();
    said.mutable_lines(0)->set_extended_amount(6000);
    CHECK(fields(said) == std::vector<std::string>{"lines[0].extended_amount", "discounts"});
    said = sale();
    said.mutable_tenders(0)->set_change(1);
    CHECK(fields(said) == std::vector<std::string>{"tenders[0].applied"});
    said = sale();
    said.set_currency("euro");
    CHECK(fields(said) == std::vector<std::string>{"currency"});
    said = sale();
    said.mutable_lines(0)->set_amount(std::numeric_limits<std::int64_t>::max());
    CHECK(fields(said) == std::vector<std::string>{"lines[0].amount"});
}

TEST_CASE("projection: what a foreign POS sold wrongly is doubted and not held", "[projection]") {
    v1::RetailTransaction said = foreign_sale_of("C53", 1999).retail_transaction();
    said.mutable_totals()->set_gross(5998);
    v1::Doubt& doubt = *said.mutable_source()->add_doubts();
    doubt.set_field("lines[0].quantity");
    doubt.set_detail("not positive");
    const auto found = check(said);
    REQUIRE(found.size() == 3);
    for (const Finding& each : found) CHECK_FALSE(each.holds);
    CHECK(found[2].cause == "not positive");
    said.clear_source();
    CHECK(check(said)[0].holds);
}

TEST_CASE("projection: content is what was sold, not when and how it was captured",
          "[projection]") {
    v1::RetailTransaction one = foreign_sale_of("5", 100).retail_transaction(), two = one;
    two.set_end_ms(5);
    two.mutable_source()->add_doubts()->set_field("x");
    two.mutable_lines(0)->set_entry_method(v1::ENTRY_METHOD_KEYED);
    CHECK(content(one) == content(two));
    two.mutable_lines(0)->mutable_item()->set_description("another");
    CHECK(content(one) != content(two));
    v1::RetailTransaction extended = one;
    extended.GetReflection()->MutableUnknownFields(&extended)->AddVarint(900, 7);
    CHECK(content(one) != content(extended));
}

TEST_CASE("projection: training, suspended and declined count nowhere", "[projection]") {
    v1::RetailTransaction said = sale();
    CHECK(measures(said)["gross"] == 5997);
    CHECK(measures(said)["CASH applied"] == 5997);
    said.mutable_tenders(0)->set_state(v1::TENDER_STATE_DECLINED);
    CHECK(measures(said).count("CASH applied") == 0);
    said.set_training(true);
    CHECK(measures(said).empty());
    said = sale();
    said.set_status(v1::TRANSACTION_STATUS_SUSPENDED);
    CHECK(measures(said).empty());
    CHECK_FALSE(only_returns(sale()));
    CHECK(only_returns(sale_of("r", 100, -1).retail_transaction()));
}
