#include "tests/fuzz/damages.hpp"

using namespace till;

namespace {

const Bytes head = "!<POSLog xmlns=\"http://www.nrf-arts.org/IXRetail/namespace/\">";

std::vector<Bytes> corpus() {
    return {head
                + "<Transaction><WorkstationID>3</WorkstationID><SequenceNumber>7</SequenceNumber>"
                  "<RetailTransaction><LineItem><Sale><POSIdentity><POSItemID>A</POSItemID></POSIdentity>"
                  "<ActualSalesUnitPrice>1.50</ActualSalesUnitPrice><Quantity>2</Quantity>"
                  "<Tax><TaxableAmount TaxIncludedInTaxableAmountFlag=\"true\">3.00</TaxableAmount>"
                  "<Amount>0.50</Amount><Percent>20</Percent></Tax></Sale></LineItem>"
                  "<LineItem><Tender TenderType=\"Cash\"><Amount>3.00</Amount></Tender></LineItem>"
                  "<Total TotalType=\"TransactionGrandAmount\">3.00</Total>"
                  "<Customer><CustomerID>42</CustomerID></Customer></RetailTransaction>"
                  "<BusinessDayDate>2026-11-23</BusinessDayDate>"
                  "<BeginDateTime>2026-11-23T10:00:00</BeginDateTime></Transaction></POSLog>",
            head
                + "<Transaction><TransactionID>R1</TransactionID><RetailTransaction><LineItem><Return>"
                  "<ItemID>B</ItemID><ExtendedAmount>1</ExtendedAmount><TransactionLink>"
                  "<TransactionID>7</TransactionID><LineItemSequenceNumber>1</LineItemSequenceNumber>"
                  "</TransactionLink></Return></LineItem></RetailTransaction>"
                  "<EndDateTime>2026-11-23T10:00:00+08:00</EndDateTime></Transaction>"
                  "<Transaction><ControlTransaction/></Transaction></POSLog>",
            "\x10<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d \"&b;&b;&b;\">]><POSLog>&d;</POSLog>",
            "\x05\xff\xfe<\0P\0O\0S\0L\0o\0g\0/\0>\0"};
}

}  // namespace

TEST_CASE("poslog: the corpus and three hundred damages of each input are survived", "[fuzz]") {
    feed_damaged(corpus(), 300);
}
