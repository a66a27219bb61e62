#!/usr/bin/env python3
"""What other programs get of the centre's transactions: whole, to the cent, and in bounded memory."""
import csv
import json
import os
import subprocess
from decimal import Decimal

from doors import line
from harness import BIN, Lab, check, run, sale, synced
from testing import note, run as run_tests

SALES = "/v1/transactions"


def test_what_is_exported_is_what_was_sold():
    """JSON lines, a row for each transaction and a row for each line agree with what the till was answered, to the cent, whatever is written in a description; a file appears only when it is whole."""
    with Lab() as lab:
        gateway = lab.gateway()
        tills = [lab.agent(gateway, "12", lane) for lane in ("1", "2")]
        run(BIN / "tillctl", "--agent", tills[0].home, "simulate", "--seed", "3", "--transactions", "700")
        awkward = 'He said "two, please"\r\n=1+1; 茶'
        sold = tills[1].capture(SALES, sale(lines=[line(description=awkward, quantity="3", unit_price="1.10"), line(gtin="4006381333931", sku="")],
                                            tenders=[{"type": "TENDER_TYPE_CASH", "amount": "5.80"}]))
        reversed_ = tills[1].capture("/v1/post-voids", {"receipt_number": sold["receipt_number"], "reason": "changed his mind"})
        for till in tills:
            synced(gateway, till)
        gateway.projected()
        known = {t["number"]: t for t in gateway.transactions()}

        def rows(form, *more):
            gateway.ctl("export", "--format", form, "--to", lab.folder / form, *more)
            with open(lab.folder / form, encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
        transactions, lines = rows("csv"), rows("lines")
        events = [json.loads(each) for each in gateway.ctl("export").stdout.splitlines()]
        check({r["number"] for r in transactions} == set(known) == {e["number"] for e in events} and len(transactions) == len(known), "every one, once")
        check(all(Decimal(r["gross"]) == Decimal(known[r["number"]]["gross"]) for r in transactions), "to the cent")
        check(all(e["stored"]["event"] for e in events), "each with its event")
        mine = [r for r in lines if r["number"] == sold["receipt_number"]]
        check([r["description"] for r in mine] == [awkward, "Tea"], f"as it was written: {mine}")
        check(mine[0]["amount"] == "3.30" and mine[0]["quantity"] == "3" and mine[1]["gtin"] == "04006381333931", f"{mine}")
        check([r["amount"] for r in lines if r["number"] == reversed_["receipt_number"]] == ["-3.30", "-2.50"], "a reversal's lines take back")
        by_number = {}
        for r in lines:
            if r["voided"] == "false":
                by_number[r["number"]] = by_number.get(r["number"], Decimal(0)) + Decimal(r["amount"])
        rounding = {e["number"]: Decimal(e["stored"]["event"].get("retail_transaction", {}).get("cash_rounding", 0)) / 100 for e in events}
        wrong = [n for n, total in by_number.items() if total + rounding[n] != Decimal(known[n]["gross"])]
        check(not wrong, f"lines add up to their transaction: {[(n, by_number[n], known[n]['gross']) for n in wrong[:5]]}")
        only = rows("csv", "--lane", "2")
        check({r["workstation"] for r in only} == {"2"} and len(only) == 2, "of one lane")
        check(rows("csv", "--day", "1999-01-01") == [], "of a day without sales")
        file = lab.folder / "sales.csv"
        gateway.ctl("export", "--format", "csv", "--to", file)
        check(len(file.read_text().splitlines()) == len(transactions) + 1 and not list(lab.folder.glob("*.partial")), "a file")
        gateway.process.stop()
        gateway.ctl("export", "--to", lab.folder / "half.jsonl", ok=(3,))
        check(not list(lab.folder.glob("half*")), "no half file when the centre is away")
        note(f"{len(transactions)} transactions, {len(lines)} lines")


def test_an_export_takes_no_more_memory_than_a_page():
    """Exporting 3,000 transactions with their events takes tillctl as much memory as 500."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        peaks = []
        for seed, count in ((1, 500), (2, 2500)):
            run(BIN / "tillctl", "--agent", till.home, "simulate", "--seed", str(seed), "--transactions", str(count))
            synced(gateway, till, 60)
            gateway.projected()
            with open(lab.folder / "out", "wb") as out:
                child = subprocess.Popen([BIN / "tillctl", "--gateway", gateway.admin, "export"], stdout=out)
                _, status, used = os.wait4(child.pid, 0)
            check(status == 0, f"{status}")
            peaks.append(used.ru_maxrss / 1024)
        check(peaks[1] < peaks[0] * 1.3 + 4, f"{peaks[0]:.0f} MB, then {peaks[1]:.0f} MB")
        note(f"peak {peaks[0]:.0f} MB for 500, {peaks[1]:.0f} MB for 3,000")


if __name__ == "__main__":
    run_tests(globals())
