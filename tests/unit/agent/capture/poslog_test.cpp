#include "agent/capture/intake.hpp"

#include "support.hpp"

#include <catch2/catch.hpp>

using namespace till;

namespace {

Mapping poslog_mapping(const std::string& more = {}) {
    auto mapping = parse_mapping("system = \"old\"\nformat = \"poslog\"\n" + more);
    if (!mapping) FAIL(mapping.error().detail);
    return *std::move(mapping);
}

struct Taken {
    Result<void> outcome;
    std::vector<Invoice> invoices;
    std::vector<Spool::Aside> aside;
};

Taken take(BytesView bytes, const Mapping& mapping = poslog_mapping(), std::size_t piece = 7) {
    const Scratch scratch;
    Spool spool = *Spool::open(scratch.path);
    Intake intake{mapping, spool, 64 << 20};
    Taken taken;
    for (std::size_t at = 0; taken.outcome && at < bytes.size(); at += piece)
        taken.outcome = intake.feed(bytes.substr(at, piece));
    if (taken.outcome) taken.outcome = intake.finish();
    if (!taken.outcome) return taken;
    for (auto rows = *spool.next_group(); !rows.empty(); rows = *spool.next_group())
        taken.invoices.push_back(intake.rows().map(rows));
    taken.aside = *spool.set_aside_after(0, 1000);
    return taken;
}

std::string document(const std::string& transactions) {
    return "<?xml version=\"1.0\"?>\n<POSLog xmlns=\"http://www.nrf-arts.org/IXRetail/namespace/\""
           " xmlns:x=\"urn:shop\">\n"
           + transactions + "</POSLog>\n";
}

std::string transaction(const std::string& number, const std::string& retail,
                        const std::string& attributes = {}, const std::string& status = {}) {
    return "<Transaction" + attributes + ">\n <BusinessUnit><UnitID>S9</UnitID></BusinessUnit>"
           "<WorkstationID TypeCode=\"POS\">4</WorkstationID><SequenceNumber>" + number
           + "</SequenceNumber><OperatorID>77</OperatorID><CurrencyCode>EUR</CurrencyCode>"
             "<RetailTransaction" + status + ">" + retail + "</RetailTransaction>"
             "<BusinessDayDate>2026-11-23</BusinessDayDate>"
             "<BeginDateTime>2026-11-23T10:55:20.250</BeginDateTime>"
             "<EndDateTime>2026-11-23T10:56:00+01:00</EndDateTime></Transaction>\n";
}

std::string sold(const std::string& inside, const std::string& attributes = {}) {
    return "<LineItem" + attributes + "><Sale>" + inside + "</Sale></LineItem>";
}

const std::string pen =
    "<POSIdentity POSIDType=\"EAN\"><POSItemID>4006381333931</POSItemID></POSIdentity>"
    "<Description>Pen &amp; ink</Description>"
    "<RegularSalesUnitPrice>1.60</RegularSalesUnitPrice>"
    "<ActualSalesUnitPrice>1.50</ActualSalesUnitPrice>"
    "<ExtendedAmount>3.00</ExtendedAmount>"
    "<Quantity UnitOfMeasureCode=\"EA\">2</Quantity>";
const std::string cash =
    "<LineItem><Tender TenderType=\"Cash\"><Amount>5.00</Amount></Tender></LineItem>";

}  // namespace

TEST_CASE("poslog: a sale with all its parts becomes a command that says the same", "[poslog]") {
    const auto taken = take(document(transaction(
        "17",
        sold(pen
                 + "<Tax><TaxAuthority>DE</TaxAuthority><TaxableAmount "
                   "TaxIncludedInTaxableAmountFlag=\"false\">3.00</TaxableAmount><Amount>0.57</"
                   "Amount>"
                   "<Percent>19</Percent><TaxRuleID>N</TaxRuleID></Tax>"
                   "<RetailPriceModifier><Amount Action=\"Subtract\">0.10</Amount>"
                   "<ReasonCode>club</ReasonCode></RetailPriceModifier>",
             " EntryMethod=\"Scanned\"")
            + "<LineItem "
              "VoidFlag=\"true\"><Sale><ItemID>BAG</ItemID><ExtendedAmount>1.00</ExtendedAmount>"
              "<Quantity>4</Quantity></Sale></LineItem>"
              "<LineItem><Return><POSIdentity><POSItemID>CAP</POSItemID></POSIdentity>"
              "<ActualSalesUnitPrice>9.00</ActualSalesUnitPrice><TransactionLink "
              "ReasonCode=\"Return\">"
              "<WorkstationID>2</WorkstationID><BusinessDayDate>2026-11-20</BusinessDayDate>"
              "<SequenceNumber>5</SequenceNumber><LineItemSequenceNumber>3</LineItemSequenceNumber>"
              "</TransactionLink></Return></LineItem>"
            + cash
            + "<LineItem><Tender TenderType=\"CreditDebit\" "
              "TypeCode=\"Refund\"><Amount>6.00</Amount>"
              "<CreditDebit "
              "CardType=\"Visa\"><PrimaryAccountNumber>4111111111111111</PrimaryAccountNumber>"
              "</CreditDebit></Tender></LineItem>"
              "<Total TotalType=\"TransactionGrandAmount\">-5.53</Total>"
              "<Total TotalType=\"X:NonResettableGrandTotal\">100.00</Total>"
              "<Customer><CustomerID>42</CustomerID><LoyaltyID>2900000000001</LoyaltyID></"
              "Customer>")));
    REQUIRE(taken.outcome);
    REQUIRE(taken.invoices.size() == 1);
    REQUIRE(taken.invoices[0].transaction);
    const auto& sale = *taken.invoices[0].transaction;
    CHECK(sale.source().system() == "old");
    CHECK(sale.source().number() == "17");
    CHECK(sale.source().workstation() == "4");
    CHECK(sale.source().business_day() == "2026-11-23");
    CHECK(sale.source().stated().gross() == "-5.53");
    CHECK(sale.source().stated().other().at("X:NonResettableGrandTotal") == "100.00");
    CHECK(sale.source().stated().other().at("business_unit") == "S9");
    CHECK(sale.operator_id() == "77");
    CHECK(sale.currency() == "EUR");
    CHECK(sale.begin_time() == "2026-11-23T10:55:20+00:00");
    CHECK(sale.end_time() == "2026-11-23T10:56:00+01:00");
    REQUIRE(sale.lines_size() == 3);
    CHECK(sale.lines(0).gtin() == "4006381333931");
    CHECK(sale.lines(0).description() == "Pen & ink");
    CHECK(sale.lines(0).unit_price() == "1.50");
    CHECK(sale.lines(0).regular_price() == "1.60");
    CHECK(sale.lines(0).quantity() == "2");
    CHECK(sale.lines(0).tax_code() == "N");
    CHECK(sale.lines(0).tax_amount() == "0.57");
    CHECK(sale.lines(0).has_tax_included());
    CHECK_FALSE(sale.lines(0).tax_included());
    CHECK(sale.lines(0).discounts(0).amount() == "0.10");
    CHECK(sale.lines(0).entry_method() == tillstream::v1::ENTRY_METHOD_SCANNED);
    CHECK(sale.lines(1).voided());
    CHECK(sale.lines(1).sku() == "BAG");
    CHECK(sale.lines(1).unit_price() == "0.25");
    CHECK(sale.lines(2).kind() == tillstream::v1::LINE_KIND_RETURN);
    CHECK(sale.lines(2).original().transaction() == "5");
    CHECK(sale.lines(2).original().line() == 3);
    REQUIRE(sale.tenders_size() == 2);
    CHECK(sale.tenders(0).type() == tillstream::v1::TENDER_TYPE_CASH);
    CHECK(sale.tenders(1).amount() == "-6.00");
    CHECK(sale.tenders(1).card_scheme() == "Visa");
    CHECK(sale.DebugString().find("4111111111111111") == std::string::npos);
    CHECK(sale.customer().identifiers_size() == 2);
    CHECK(taken.invoices[0].customer == "42");
}

TEST_CASE(
    "poslog: the same transaction has the same key in any encoding and layout; a customer is no "
    "part of it",
    "[poslog]") {
    const auto plain = transaction("1", sold(pen) + cash);
    const auto key = take(document(plain)).invoices.at(0).transaction_key;
    CHECK(key.starts_with("s:old/1/"));
    std::string spaced;
    for (const char c : plain) spaced += c == '>' ? ">\n   " : std::string(1, c);
    // Blanks within text count; those between elements do not.
    CHECK(
        take(document("<!-- again -->" + plain), poslog_mapping(), 1).invoices.at(0).transaction_key
        == key);
    std::string wide = "\xff\xfe";
    for (const char c : document(plain)) wide.append(1, c).append(1, '\0');
    CHECK(take(wide, poslog_mapping(), 5).invoices.at(0).transaction_key == key);
    CHECK(take(gzip(document(plain))).invoices.at(0).transaction_key == key);
    const auto known = transaction(
        "1", sold(pen) + cash + "<Customer><EMail>someone@example.com</EMail></Customer>");
    CHECK(take(document(known)).invoices.at(0).transaction_key == key);
    CHECK(take(document(transaction("1", sold(pen)))).invoices.at(0).transaction_key != key);
    const auto twice = take(document(plain + plain));
    REQUIRE(twice.invoices.size() == 1);
    CHECK(twice.invoices[0].transaction_rows.size() == 2);
}

TEST_CASE("poslog: what sells nothing is passed over, what cannot be understood is set aside",
          "[poslog]") {
    const auto taken =
        take(document(
            "<Transaction><SequenceNumber>1</SequenceNumber><ControlTransaction><SignOn/></"
            "ControlTransaction>"
            "</Transaction>\n"
            "<Transaction><SequenceNumber>2</SequenceNumber><PayrollTransaction/></Transaction>\n"
            + transaction("3", sold(pen), {}, " TransactionStatus=\"PostVoided\"")
            + transaction("4", sold("<ItemID>A</ItemID>"))
            + "<Transaction><RetailTransaction/></Transaction>\n"
              "<Transaction><SequenceNumber>6</SequenceNumber><RetailTransaction/></Transaction>\n"
            + transaction("7", sold(pen), " TrainingModeFlag=\"true\"",
                          " TransactionStatus=\"Suspended\"")
            + transaction("8", sold(pen), " CancelFlag=\"true\"")));
    REQUIRE(taken.outcome);
    std::vector<std::string> reasons;
    std::vector<const Invoice*> good;
    for (const auto& invoice : taken.invoices) {
        for (const auto& fault : invoice.faults) reasons.push_back(fault.reason);
        if (invoice.transaction) good.push_back(&invoice);
    }
    CHECK(reasons
          == std::vector<std::string>{
              "holds no RetailTransaction", "TransactionStatus is PostVoided: mend it by hand",
              "ActualSalesUnitPrice is missing, and ExtendedAmount does not tell it",
              "TransactionID and SequenceNumber are missing",
              "BeginDateTime and EndDateTime are missing"});
    REQUIRE(good.size() == 2);
    CHECK(good[0]->transaction->training());
    CHECK(good[0]->transaction->status() == tillstream::v1::TRANSACTION_STATUS_SUSPENDED);
    CHECK(good[1]->transaction->status() == tillstream::v1::TRANSACTION_STATUS_CANCELLED);
}

TEST_CASE("poslog: entities and document types are refused, nothing is expanded or fetched",
          "[poslog]") {
    const std::string bomb =
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
        "\"&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;\">]><POSLog>&c;</POSLog>";
    CHECK(take(bomb).outcome.error().detail.find("document type") != std::string::npos);
    const std::string outside =
        "<!DOCTYPE x [<!ENTITY e SYSTEM "
        "\"file:///etc/passwd\">]><POSLog><Transaction>&e;</Transaction></POSLog>";
    CHECK(take(outside).outcome.error().detail.find("document type") != std::string::npos);
    CHECK(take("<POSLog>&e;</POSLog>").outcome.error().code == Errc::malformed);
    CHECK(take("<Other/>").outcome.error().detail
          == "not a POSLog document: it begins with <Other>");
    CHECK(take("no XML").outcome.error().code == Errc::malformed);
    CHECK(take("").outcome.error().code == Errc::malformed);
}

TEST_CASE("poslog: a document that breaks off gives what came before, and says where", "[poslog]") {
    std::string text = document(transaction("1", sold(pen)) + transaction("2", sold(pen)));
    text.resize(text.find("<SequenceNumber>2"));
    const auto taken = take(text);
    REQUIRE(taken.outcome);
    CHECK(taken.invoices.size() == 1);
    REQUIRE(taken.aside.size() == 1);
    CHECK(taken.aside[0].reason.find("not well-formed XML") != std::string::npos);
    const auto crossed =
        take(document(transaction("1", sold(pen)) + "<Transaction><a></b></Transaction>"
                      + transaction("2", sold(pen))));
    REQUIRE(crossed.outcome);
    CHECK(crossed.invoices.size() == 1);
    CHECK(crossed.aside.size() == 1);
}

TEST_CASE("poslog: a transaction without bounds is set aside and those around it are taken",
          "[poslog]") {
    const std::string deep = [] {
        std::string open, shut;
        for (int i = 0; i < 100'000; ++i) open += "<a>", shut += "</a>";
        return open + shut;
    }();
    const auto taken =
        take(document(transaction("1", sold(pen)) + transaction("2", deep)
                      + transaction("3", sold("<Description>" + std::string(2 << 20, 'x')
                                              + "</Description>" + pen))
                      + transaction("4", sold(pen))),
             poslog_mapping(), 4096);
    REQUIRE(taken.outcome);
    CHECK(taken.invoices.size() == 2);
    REQUIRE(taken.aside.size() == 2);
    CHECK(taken.aside[0].reason == "is larger than a transaction may be");
}

TEST_CASE("poslog: a shop's own words, zone and currency come from its mapping", "[poslog]") {
    const auto mapping = poslog_mapping(
        "[values]\ntime_zone = \"Asia/Taipei\"\ncurrency = \"TWD\"\n[tenders]\n\"Octopus\" = "
        "\"mobile\"\n"
        "[[item]]\ncodes = [\"POST*\"]\nclass = \"fee\"\n");
    const std::string text = document(
        "<Transaction><TransactionID>A/1</TransactionID><RetailTransaction>"
        + sold("<ItemID>POSTAGE</ItemID><ActualSalesUnitPrice>60</ActualSalesUnitPrice>")
        + "<LineItem><Tender TenderType=\"Octopus\"><Amount>40</Amount></Tender></LineItem>"
          "<LineItem><Tender TenderType=\"Stamps\"><Amount>20</Amount></Tender></LineItem>"
          "</RetailTransaction><EndDateTime>2026-11-23T10:55:20</EndDateTime></Transaction>");
    const auto taken = take(text, mapping);
    REQUIRE(taken.invoices.size() == 1);
    REQUIRE(taken.invoices[0].transaction);
    const auto& sale = *taken.invoices[0].transaction;
    CHECK(sale.begin_time() == "2026-11-23T10:55:20+08:00");
    CHECK(sale.currency() == "TWD");
    CHECK(sale.tenders(0).type() == tillstream::v1::TENDER_TYPE_MOBILE);
    CHECK(sale.tenders(1).type() == tillstream::v1::TENDER_TYPE_OTHER);
    CHECK(sale.tenders(1).reference() == "Stamps");
    CHECK(sale.lines(0).item_class() == tillstream::v1::ITEM_CLASS_FEE);
    CHECK(parse_mapping("system = \"x\"\nformat = \"xml\"\n").error().field == "format");
    CHECK(parse_mapping("system = \"x\"\nformat = \"poslog\"\n[columns]\n").error().field
          == "columns");
}

TEST_CASE("poslog: what is set aside can be mended and dropped again", "[poslog]") {
    DropRig rig{poslog_mapping()};
    rig.drop("day.xml", document(transaction("1", sold(pen) + cash)
                                 + transaction("2", sold("<ItemID>A</ItemID>"))));
    rig.start();
    REQUIRE(rig.run_until_empty());
    CHECK(rig.sink.transactions.size() == 1);
    CHECK(rig.sink.asides.size() == 1);
    std::string mended = read_text(rig.path("aside/day.xml.rows.xml"));
    const auto at = mended.find("<ItemID>A</ItemID>");
    REQUIRE(at != std::string::npos);
    mended.insert(at, "<ActualSalesUnitPrice>1.00</ActualSalesUnitPrice>");
    rig.drop("mended.xml", mended);
    REQUIRE(rig.run_until_empty());
    REQUIRE(rig.sink.transactions.size() == 2);
    CHECK(rig.sink.transactions[1].source().number() == "2");
}
