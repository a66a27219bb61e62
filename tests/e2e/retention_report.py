#!/usr/bin/env python3
"""Whether customers come back: the report's figures against the same reckoned here, from real transactions and in another way."""
import csv
import gzip
import io
import statistics
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from customers import person
from demo import drop_settings
from harness import SHARED, Lab, check, sale, synced, wait_until
from sync import SALES
from testing import Skip, note, run as run_tests

MONTHS = ("2010-12", "2011-01", "2011-02", "2011-03")
LAPSED = 60


def files():
    found = [SHARED / "data" / "uci-online-retail" / f"online-retail-{month}.csv.gz" for month in MONTHS]
    if not all(file.exists() for file in found):
        raise Skip(f"there is no uci-online-retail in {SHARED}/data")
    return found


def purchases(sources):
    """Invoices with a customer that sold something: {invoice: (customer, day, gross)}."""
    found = {}
    for source in sources:
        with gzip.open(source, "rt", encoding="utf-8", newline="") as text:
            for row in csv.DictReader(text):
                if not row["CustomerID"] or row["InvoiceNo"].startswith("C") or Decimal(row["Quantity"]) < 0:
                    continue
                amount = (Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
                customer, day, so_far = found.get(row["InvoiceNo"], (row["CustomerID"], row["InvoiceDate"][:10], Decimal(0)))
                found[row["InvoiceNo"]] = (customer, day, so_far + amount)
    return found


def reckon(invoices):
    visits, gross = {}, {}
    for customer, day, amount in invoices.values():
        visits.setdefault(customer, set()).add(day)
        gross[customer] = gross.get(customer, Decimal(0)) + amount
    days = {c: sorted(date.fromisoformat(d) for d in seen) for c, seen in visits.items()}
    last = max(d for seen in days.values() for d in seen)
    gaps = [(b - a).days for seen in days.values() for a, b in zip(seen, seen[1:])]
    cohorts = {}
    for seen in days.values():
        first = seen[0].strftime("%Y-%m")
        for month in {d.strftime("%Y-%m") for d in seen}:
            apart = (int(month[:4]) - int(first[:4])) * 12 + int(month[5:]) - int(first[5:])
            cohorts.setdefault(first, {})[apart] = cohorts.get(first, {}).get(apart, 0) + 1

    def fifth(value, of):
        return 1 + 5 * sum(1 for other in of if other < value) // len(of)
    recent, frequent = [seen[-1] for seen in days.values()], [len(seen) for seen in days.values()]
    fifths = {kind: {value: fifth(value, of) for value in set(of)} for kind, of in (("r", recent), ("f", frequent))}
    segments = {}
    for customer, seen in days.items():
        r, f = fifths["r"][seen[-1]], fifths["f"][len(seen)]
        name = (("champions" if r >= 4 else "loyal") if f >= 4 else "new" if r >= 4 and f == 1 else "promising" if r >= 3 else "at risk" if f >= 3 else "lost")
        count, money = segments.get(name, (0, Decimal(0)))
        segments[name] = (count + 1, money + gross[customer])
    return {"customers": len(days), "purchases": len(invoices), "visits": sum(map(len, days.values())), "until": last.isoformat(),
            "repeat_customers": sum(1 for seen in days.values() if len(seen) > 1), "intervals": len(gaps),
            "median_days": statistics.median(gaps), "mean_days": statistics.mean(gaps), "cohorts": cohorts, "segments": segments,
            "lapsed": sum(1 for seen in days.values() if (last - seen[-1]).days >= LAPSED)}


def test_the_report_on_real_transactions_is_what_they_say():
    """Four months of a real shop through the file drop: customers, repeat rate, days between visits, cohorts, segments with their money and lapsed customers are those that this script reckons from the files; text, JSON and CSV say the same."""
    sources = files()
    with Lab() as lab:
        gateway = lab.gateway()
        drop = lab.folder / "drop"
        drop.mkdir()
        till = lab.agent(gateway, "12", "1", settings=drop_settings(drop))
        for source in sources:
            (drop / source.stem).write_bytes(gzip.decompress(source.read_bytes()))
        wait_until(lambda: len(list((drop / "done").glob("*"))) == len(sources), 120, "the files are captured")
        synced(gateway, till, 60)
        gateway.projected(60)
        invoices = purchases(sources)
        wanted = reckon(invoices)
        report = gateway.json("report", "retention", "--lapsed", LAPSED)
        for figure in ("customers", "purchases", "visits", "until", "repeat_customers", "intervals", "median_days"):
            check(report[figure] == wanted[figure], f"{figure}: {report[figure]}, not {wanted[figure]}")
        check(abs(report["mean_days"] - wanted["mean_days"]) < 1e-6, f"{report['mean_days']} {wanted['mean_days']}")
        for cohort in report["cohorts"]:
            counts = wanted["cohorts"][cohort["month"]]
            check(cohort["active"] == [counts.get(i, 0) for i in range(len(cohort["active"]))], f"{cohort} {counts}")
        check(len(report["cohorts"]) == len(wanted["cohorts"]), "each month")
        for segment in report["segments"]:
            count, money = wanted["segments"].get(segment["segment"], (0, Decimal(0)))
            check(segment["customers"] == count and Decimal(segment["gross"]) == money, f"{segment}, not {count} {money}")
        check(report["lapsed"]["customers"] == wanted["lapsed"], f"{report['lapsed']} {wanted['lapsed']}")
        text = gateway.ctl("report", "retention", "--lapsed", LAPSED).stdout
        rate = f"{100 * wanted['repeat_customers'] / wanted['customers']:.1f} %"
        check(rate in text and "champions" in text and "2010-12" in text, text)
        rows = list(csv.DictReader(io.StringIO(gateway.ctl("report", "retention", "--format", "csv", "--lapsed", LAPSED).stdout)))
        check({r["column"]: r["value"] for r in rows if r["section"] == "all"}["customers"] == str(wanted["customers"]), "CSV")
        check(sum(int(r["value"]) for r in rows if r["section"] == "segments" and r["column"] == "customers") == wanted["customers"], "CSV")
        note(f"{wanted['purchases']} purchases of {wanted['customers']} customers, {rate} came again, median {wanted['median_days']} days between visits")


def test_lapsed_customers_are_reached_only_where_they_agreed():
    """Of customers who have not come for long, those who agreed to e-mail or messages are counted for that channel, those who withdrew or were erased for none; enrolments are counted; a report of nothing is one, and a wrong option is told."""
    with Lab() as lab:
        gateway = lab.gateway()
        check("No purchase" in gateway.ctl("report", "retention").stdout, "of nothing")
        till = lab.agent(gateway, "12", "1")

        def consent(number, channel, granted=True):
            till.capture("/v1/consents", {"customer": person(number), "consent": {"purpose": "PURPOSE_MARKETING", "channel": f"CONSENT_CHANNEL_{channel}",
                                                                                 "granted": granted, "text_version": "1", "proof": "signature" if granted else ""}})
        till.capture("/v1/controls", {"type": "TYPE_DAY_OPEN", "business_day": "2026-01-10"})
        for number in range(1, 6):
            till.capture(SALES, sale(customer=person(number)))
        consent(1, "EMAIL")
        consent(1, "SMS")
        consent(2, "EMAIL")
        consent(2, "EMAIL", False)
        consent(3, "SMS")
        till.capture("/v1/customers", {"customer": person(4)})
        till.capture("/v1/controls", {"type": "TYPE_DAY_CLOSE"})
        till.capture("/v1/controls", {"type": "TYPE_DAY_OPEN", "business_day": "2026-11-20"})
        till.capture(SALES, sale(customer=person(5)))
        synced(gateway, till)
        gateway.projected()
        report = gateway.json("report", "retention")
        check(report["lapsed"] == {"days": 180, "customers": 4, "reachable": {"email": 1, "sms": 2, "phone": 0, "post": 0, "push": 0, "any": 2}}, f"{report['lapsed']}")
        check([e["customers"] for e in report["enrolments"]] == [1], f"{report['enrolments']}")
        check(report["repeat_customers"] == 1 and report["median_days"] == 314, f"{report}")
        gateway.ctl("privacy", "erase", "--card", "CLUB-0003", ok=(0, 1))
        gateway.projected()
        check(gateway.json("report", "retention")["lapsed"]["reachable"]["sms"] == 1, "whoever was erased is reached by nobody")
        gateway.ctl("report", "retention", "--until", "yesterday", ok=(2,))
        gateway.ctl("report", "retention", "--format", "pdf", ok=(2,))


if __name__ == "__main__":
    run_tests(globals())
