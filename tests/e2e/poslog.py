#!/usr/bin/env python3
"""ARTS/NRF POSLog 6: what the centre exports, and documents that another point of sale drops."""
import shutil
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

from doors import line
from drop import Shop
from harness import BIN, Lab, check, default_settings, run, sale, synced, wait_until
from testing import Skip, note, run as run_tests

SALES = "/v1/transactions"
SPACE = "{http://www.nrf-arts.org/IXRetail/namespace/}"


def figures(gateway):
    """What each transaction came to, however it came in."""
    return sorted((Decimal(t["gross"]), Decimal(t["net"]), Decimal(t["tax"]), t["business_day"], t["training"], t["status"])
                  for t in gateway.transactions() if not t["kind"].endswith("post_void"))


def set_aside(gateway, agent):
    """Every row that the centre was told of as set aside."""
    return [row for e in gateway.events(agent.journal_id()) if e["kind_name"] == "foreign_rows_set_aside"
            for row in e["event"]["foreign_rows_set_aside"]["rows"]]


def export(gateway, file):
    gateway.ctl("export", "--format", "poslog", "--to", file)
    return ElementTree.parse(file).getroot()


def test_a_day_out_and_in_again():
    """A day of sales, returns, discounts, voids and a post-void is exported by the schema; dropped at another shop it comes to the same figures, transaction by transaction, and dropped again it doubles nothing."""
    if not shutil.which("xmllint"):
        raise Skip("Debian's package libxml2-utils is not installed")
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "1")
        run(BIN / "tillctl", "--agent", till.home, "simulate", "--seed", "11", "--transactions", "400")
        awkward = 'He said "two & <three>", 茶 \u00e9'
        sold = till.capture(SALES, sale(lines=[line(description=awkward, quantity="3", unit_price="1.105", entry_method="ENTRY_METHOD_SCANNED",
                                                    discounts=[{"amount": "0.20", "reason": "club"}]), line(gtin="4006381333931", sku="", tax_code="B")],
                                        tenders=[{"type": "TENDER_TYPE_CASH", "amount": "10.00"}], discounts=[{"amount": "0.12", "reason": "late"}]))
        till.capture(SALES, sale(training=True))
        back = sale(tenders=[{"type": "TENDER_TYPE_CASH", "amount": "-2.50"}])
        back["lines"][0].update(kind="LINE_KIND_RETURN", reason="broken",
                                original={"store": "12", "workstation": "1", "business_day": sold["business_day"], "transaction": sold["receipt_number"], "line": 2})
        till.capture(SALES, back)
        gone = till.capture(SALES, sale())
        till.capture("/v1/post-voids", {"receipt_number": gone["receipt_number"], "reason": "changed her mind"})
        synced(gateway, till)
        gateway.projected()
        file = lab.folder / "day.xml"
        log = export(gateway, file)
        run("xmllint", "--noout", "--schema", Path(__file__).with_name("poslog.xsd"), file)
        transactions = log.findall(f"{SPACE}Transaction")
        known = {t["number"]: t for t in gateway.transactions()}
        check({t.findtext(f"{SPACE}TransactionID") for t in transactions} == set(known), "every one")
        for t in transactions:
            stated = Decimal(t.findtext(f"{SPACE}RetailTransaction/{SPACE}Total[@TotalType='TransactionGrandAmount']"))
            check(stated == Decimal(known[t.findtext(f"{SPACE}TransactionID")]["gross"]), "to the cent")
        check(any(e.text == awkward for e in log.iter(f"{SPACE}Description")), "as it was written")
        reversals = log.findall(f".//{SPACE}RetailTransaction[@TransactionStatus='PostVoided']/{SPACE}TransactionLink/{SPACE}TransactionID")
        check([r.text for r in reversals] == [gone["receipt_number"]], "a post-void names its sale")

        other = lab.gateway("other")
        drop = lab.folder / "drop"
        drop.mkdir()
        copy = lab.agent(other, "12", "9", settings=default_settings(extra=f'\n[[file_drop]]\nfolder = "{drop}"\nmapping = "poslog"\n'))
        for name in ("first.xml", "again.xml"):
            shutil.copy(file, drop / f"{name}.part")
            (drop / f"{name}.part").rename(drop / name)
            wait_until(lambda: not (drop / name).exists(), 60, f"{name} is dealt with")
            synced(other, copy)
            other.projected()
            mine, theirs = figures(gateway), figures(other)
            check(len(mine) == len(theirs), f"{len(mine)} went out, {len(theirs)} came in")
            wrong = [(a, b) for a, b in zip(mine, theirs) if a != b]
            check(not wrong, f"the same figures: {wrong[:5]}")
        doubts = other.json("exceptions", "list")["exceptions"]
        check(doubts == [], f"no doubt about any: {doubts[:3]}")
        check([row["reason"] for row in set_aside(other, copy)] == ["TransactionStatus is PostVoided: mend it by hand"],
              f"only the post-void wants a person: {set_aside(other, copy)}")
        note(f"{len(transactions)} transactions out and in")


def test_documents_that_break_the_rules():
    """A document that breaks off gives what came before; one with entities or of another kind is set aside whole, with the reason; the drop goes on."""
    with Lab() as lab:
        shop = Shop(lab, "poslog")

        def transaction(number, price="2.50"):
            return (f'<Transaction><WorkstationID>1</WorkstationID><SequenceNumber>{number}</SequenceNumber><CurrencyCode>GBP</CurrencyCode>'
                    f'<RetailTransaction><LineItem><Sale><ItemID>TEA</ItemID><ActualSalesUnitPrice>{price}</ActualSalesUnitPrice></Sale></LineItem>'
                    f'<LineItem><Tender TenderType="Cash"><Amount>{price}</Amount></Tender></LineItem></RetailTransaction>'
                    '<BusinessDayDate>2026-11-23</BusinessDayDate><EndDateTime>2026-11-23T10:00:00Z</EndDateTime></Transaction>')
        head = '<POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/">'
        shop.drop("half.xml", head + transaction(1) + transaction(2)[:90])
        check(shop.sales() == [("1", "2.50")], f"{shop.sales()}")
        shop.drop("bomb.xml", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + head + "&b;</POSLog>")
        shop.drop("other.xml", "<Invoices/>")
        shop.drop("whole.xml", head + transaction(1) + transaction(2, "1.00") + "</POSLog>")
        check(shop.sales() == [("1", "2.50"), ("2", "1.00")], f"{shop.sales()}")
        aside = {f.name: f.read_text() for f in (shop.folder / "aside").iterdir() if f.name.endswith(".reason.txt")}
        check("document type" in aside["bomb.xml.reason.txt"] and "not a POSLog" in aside["other.xml.reason.txt"], f"{aside}")
        check(len(set_aside(shop.gateway, shop.agent)) == 3, f"each is told at the centre: {set_aside(shop.gateway, shop.agent)}")


if __name__ == "__main__":
    run_tests(globals())
