#!/usr/bin/env python3
"""The file drop up to the centre: a real shop's month, cumulative exports, changed sales, rows nobody can read."""
import csv
import gzip
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from harness import Lab, SHARED, check, default_settings, synced, wait_until
from testing import Skip, note, run as run_tests

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def row(number, quantity=1, price="1.50", item="84029E", day="2026-11-23"):
    return f"{number},{item},RED MUG,{quantity},{day} 10:00:00,{price},17850.0,United Kingdom\n"


class Shop:
    """One lane whose till exports CSV files."""

    def __init__(self, lab, mapping="uci-online-retail"):
        self.gateway = lab.gateway()
        self.folder = lab.folder / "drop"
        self.folder.mkdir()
        self.agent = lab.agent(self.gateway, settings=default_settings(
            extra=f'\n[[file_drop]]\nfolder = "{self.folder}"\nmapping = "{mapping}"\n'))

    def drop(self, name, content):
        """Drops a file and waits until it was dealt with and the centre knows."""
        (self.folder / f"{name}.part").write_bytes(content if isinstance(content, bytes) else content.encode())
        (self.folder / f"{name}.part").rename(self.folder / name)
        wait_until(lambda: not (self.folder / name).exists(), 30, f"{name} is dealt with")
        if self.agent.head() > 0:
            synced(self.gateway, self.agent)
        self.gateway.projected()

    def sales(self):
        return sorted((t["number"], t["gross"]) for t in self.gateway.transactions())

    def exceptions(self):
        return self.gateway.json("exceptions", "list")["exceptions"]


def test_a_real_month_equals_independent_totals():
    """A month of a real shop through three file drops comes to the totals that the file gives by itself, day by day."""
    months = sorted((SHARED / "data" / "uci-online-retail").glob("*.csv.gz"), key=lambda f: f.stat().st_size)
    if not months:
        raise Skip(f"there is no uci-online-retail in {SHARED}/data")
    done = subprocess.run([sys.executable, "-B", Path(__file__).with_name("demo.py"), "--from", months[0]],
                          capture_output=True, text=True, timeout=240)
    check(done.returncode == 0 and "Balanced to the cent." in done.stdout, f"{done.stdout[-3000:]}{done.stderr[-1000:]}")
    for line in done.stdout.splitlines():
        if "by itself" in line or "the centre has all" in line or "exceptions that" in line:
            note(f"{months[0].name}: {line.strip()}")


def test_a_cumulative_export_doubles_nothing():
    """Exports that repeat and grow, under new names, in another order, compressed or in UTF-16, count each sale once."""
    with Lab() as lab:
        shop = Shop(lab)
        rows = [row(500000 + n, quantity=1 + n % 3) for n in range(30)]
        expected = [(str(500000 + n), f"{Decimal('1.50') * (1 + n % 3):.2f}") for n in range(30)]
        shop.drop("morning.csv", HEADER + "".join(rows[:10]))
        check(shop.sales() == expected[:10], "the morning's sales")
        shop.drop("noon.csv", HEADER + "".join(rows[:20]))
        check(shop.sales() == expected[:20], "the morning's are not counted again")
        shop.drop("noon-again.csv", HEADER + "".join(rows[:20]))
        shop.drop("noon.csv", HEADER + "".join(reversed(rows[:20])))
        shop.drop("evening.csv.gz", gzip.compress((HEADER + "".join(rows)).encode()))
        shop.drop("evening-16.csv", (HEADER + "".join(rows)).encode("utf-16"))
        shop.drop("evening-bom.csv", b"\xef\xbb\xbf" + (HEADER + "".join(rows)).replace("\n", "\r\n").encode())
        check(shop.sales() == expected, f"each once: {len(shop.sales())}")
        check(shop.exceptions() == [], f"{shop.exceptions()[:2]}")
        check(shop.agent.head() == 30, "nothing was captured twice on the device either")


def test_the_same_number_with_other_content_is_an_exception():
    """A sale that comes again with other content does not replace the first: it becomes an exception that names the number."""
    with Lab() as lab:
        shop = Shop(lab)
        shop.drop("one.csv", HEADER + row(600001) + row(600002))
        shop.drop("two.csv", HEADER + row(600001) + row(600002, price="9.99"))
        check(shop.sales() == [("600001", "1.50"), ("600002", "1.50")], f"the first stands: {shop.sales()}")
        found = shop.exceptions()
        check(len(found) == 1 and "600002" in found[0]["cause"] and found[0]["held"], f"one exception, held, with its number: {found}")

        def gross():
            rows = shop.gateway.json("reconcile", "--day", "2026-11-23", ok=(0, 1))["rows"]
            return next((f for r in rows for f in r["figures"] if f["name"] == "gross" and r["journals"][0]["has_figures"]), None)
        figure = wait_until(gross, 30, "the device's figures of the day")
        check((figure["device"], figure["centre"]) == ("12.99", "3.00"), f"both ends' figures: {figure}")
        check([c["amount"] for c in figure["causes"]] == ["9.99"], f"the difference has its cause: {figure}")
        note(f"{found[0]['code']}: {found[0]['cause']}")


def test_unreadable_rows_are_set_aside_and_shown():
    """Rows that cannot be read go aside with reasons, at the device and at the centre; the others are captured."""
    with Lab() as lab:
        shop = Shop(lab)
        bad = ["700001,84029E,RED MUG,many,2026-11-23 10:00:00,1.50,,\n", "700002,84029E,RED MUG,1,yesterday,1.50,,\n",
               "700003,84029E\n", ",84029E,RED MUG,1,2026-11-23 10:00:00,1.50,,\n"]
        good = [row(700010), row(700011)]
        shop.drop("mixed.csv", HEADER + good[0] + "".join(bad) + good[1])
        check([n for n, _ in shop.sales()] == ["700010", "700011"], f"the good ones: {shop.sales()}")
        aside = sorted(f.name for f in (shop.folder / "aside").iterdir())
        reasons = next(f for f in (shop.folder / "aside").iterdir() if "reasons" in f.name).read_text()
        rows = next(f for f in (shop.folder / "aside").iterdir() if "rows" in f.name).read_text()
        check(len(reasons.strip().splitlines()) == 4 and "quantity" in reasons and "time" in reasons, f"{aside}: {reasons}")
        check(len(list(csv.reader(rows.splitlines()))) == 5 and "yesterday" in rows, f"they can be corrected and dropped again: {rows}")
        aside_events = [e["event"]["foreign_rows_set_aside"] for e in shop.gateway.events(shop.agent.journal_id())
                        if e["kind_name"] == "foreign_rows_set_aside"]
        check(sum(len(e["rows"]) for e in aside_events) == 4 and aside_events[0]["file_name"] == "mixed.csv", f"{aside_events}")
        corrected = rows.replace("many", "2").replace("yesterday", "2026-11-23 10:00:00")
        shop.drop("corrected.csv", corrected)
        check({"700001", "700002"} <= {n for n, _ in shop.sales()}, f"the corrected ones: {shop.sales()}")
        shop.drop("picture.csv", bytes(range(256)) * 50)
        shop.drop("empty.csv", b"")
        shop.drop("other.csv", "a,b,c\n1,2,3\n")
        check(len(shop.sales()) == 4, "what is no export changes nothing")
        shop.drop("after.csv", HEADER + row(700020))
        check(len(shop.sales()) == 5, "and holds up nobody")


if __name__ == "__main__":
    run_tests(globals())
