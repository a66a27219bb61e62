#!/usr/bin/env python3
"""The main job, end to end: a day of a shop on three tills and a handheld, with a pulled cable and a crash in the middle.

  ./run demo                     a generated day
  ./run demo --from FILE.csv.gz  real transactions (columns of the UCI "Online Retail" set)

Ends with a reconciliation of each device's own signed totals with the centre's; exits 1 when they
differ by a cent. Leaves nothing behind.
"""
import argparse
import csv
import gzip
import hashlib
import json
import subprocess
import sys
import threading
import time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from harness import BIN, Failure, Lab, check, default_settings, run, synced, wait_until
from proxy import Cable

DAY = "2026-11-23"
started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:6.1f} s  {text}", flush=True)


def drop_settings(folder):
    return default_settings(extra=f'\n[[file_drop]]\nfolder = "{folder}"\nmapping = "uci-online-retail"\n')


def through_cable(agent, cable):
    """Moves an enrolled device's address of the centre to the cable's near end."""
    file = agent.home / "enrolment.toml"
    lines = [f"port = {cable.port}" if line.startswith("port") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines) + "\n")


class Simulation(threading.Thread):
    """A till program at work: one lane's day, sent by tillctl simulate, asking again while the agent is away."""

    def __init__(self, agent, lane, transactions, rate):
        super().__init__(daemon=True)
        self.command = [BIN / "tillctl", "--json", "--agent", agent.home, "simulate", "--seed", "42", "--day", DAY,
                        "--lane", lane, "--transactions", transactions, "--rate", rate]
        self.result = None

    def run(self):
        self.result = subprocess.run([str(c) for c in self.command], capture_output=True, text=True)

    def captured(self):
        self.join()
        check(self.result.returncode == 0, f"simulate: {self.result.stderr}")
        return json.loads(self.result.stdout)


def generated_day(lab, gateway, cable, scale):
    """Lanes 1 and 2 ring over HTTP; lane 3's till cannot be changed and exports a CSV file."""
    drop = lab.folder / "drop"
    drop.mkdir()
    tills = [lab.agent(gateway, "12", "1"), lab.agent(gateway, "12", "2", start=False),
             lab.agent(gateway, "12", "3", settings=drop_settings(drop))]
    through_cable(tills[1], cable)
    tills[1].start()
    say("three devices enrolled: keys made on the device, certificates issued by the centre")

    lanes = [Simulation(tills[i], i + 1, scale, 220) for i in (0, 1)]
    for lane in lanes:
        lane.start()
    export = run(BIN / "tillctl", "simulate", "--seed", "42", "--day", DAY, "--lane", 3, "--transactions", scale, "--csv").stdout
    (drop / "export.csv.part").write_text(export)
    (drop / "export.csv.part").rename(drop / "export.csv")
    say(f"lanes 1 and 2 sell over HTTP, lane 3 dropped a CSV export of {len(export.splitlines()) - 1:,} rows")

    wait_until(lambda: tills[1].head() > scale // 4, 30, "lane 2 is selling")
    cable.pull()
    say(f"lane 2: network cable pulled at event {tills[1].head()}; it goes on selling")
    wait_until(lambda: tills[0].head() > scale // 2, 30, "lane 1 is selling")
    tills[0].process.kill()
    say("lane 1: agent killed with SIGKILL in mid-sale; its till program keeps asking with the same keys")
    time.sleep(0.5)
    tills[0].start()
    say("lane 1: agent back")
    done = [lane.captured() for lane in lanes]
    say(f"tills done: {sum(d['captured'] for d in done):,} calls answered, "
        f"{sum(d['replayed'] for d in done)} of them from memory because the first answer was lost")
    waiting = tills[1].head() - gateway.marks().get(tills[1].journal_id(), 0)
    cable.plug()
    say(f"lane 2: cable back in, {waiting:,} events waiting")
    began = time.monotonic()
    synced(gateway, tills[1])
    say(f"lane 2: backlog at the centre after {time.monotonic() - began:.2f} s, reconnecting included")
    wait_until(lambda: (drop / "done").exists() and any((drop / "done").iterdir()), 30, "the export is captured")
    return tills + [count_in_the_basement(lab, gateway)], [DAY], None


def count_in_the_basement(lab, gateway):
    """A handheld without signal counts the stock room over ZeroMQ, and comes upstairs."""
    cable = Cable(gateway.port)
    handheld = lab.agent(gateway, "12", "H1", start=False)
    through_cable(handheld, cable)
    cable.pull()
    handheld.start()
    def call(command, bodies, role):
        return run(BIN / "tillctl", "--agent", handheld.home, "call", command, "-", "--key", bodies[0].get("type", command), "--role", role,
                   input="\n".join(map(json.dumps, bodies))).stdout.splitlines()
    call("record_control", [{"type": "TYPE_DAY_OPEN", "business_day": DAY}], "pos")
    counted = call("record_count", [{"session": "basement", "location": "stock room", "state": "SESSION_STATE_OPEN",
                                     "lines": [{"sku": f"BOX-{n:03}", "quantity": str(n % 7)}]} for n in range(200)], "stock")
    say(f"handheld: {len(counted)} stock lines counted over ZeroMQ in a basement without signal")
    call("record_control", [{"type": "TYPE_DAY_CLOSE"}], "pos")
    cable.plug()
    synced(gateway, handheld)
    kinds = [e["kind_name"] for e in gateway.events(handheld.journal_id())]
    check(kinds.count("stock_count_lines") == 200, f"{len(kinds)} at the centre")
    say("handheld: upstairs again, every line at the centre once")
    return handheld


def split_by_customer(source, folder):
    """Three files, each with all of a customer's rows, so that returns find their sales."""
    names = [folder / f"part-{i}.csv" for i in (1, 2, 3)]
    files = [open(name, "w", newline="", encoding="utf-8") for name in names]
    days = {}
    with (gzip.open if str(source).endswith(".gz") else open)(source, "rt", encoding="utf-8", newline="") as text:
        reader = csv.reader(text)
        header = next(reader)
        writers = [csv.writer(f) for f in files]
        for writer in writers:
            writer.writerow(header)
        rows = 0
        for row in reader:
            owner = row[6] or row[0]
            writers[hashlib.sha256(owner.encode()).digest()[0] % 3].writerow(row)
            amount = (Decimal(row[3]) * Decimal(row[5])).quantize(Decimal("0.01"), ROUND_HALF_UP)
            sale = row[0].startswith("C") or Decimal(row[3]) >= 0
            if sale:  # Negative lines of ordinary invoices are stock adjustments, not money.
                days[row[4][:10]] = days.get(row[4][:10], Decimal(0)) + amount
            rows += 1
    for f in files:
        f.close()
    return names, days, rows


def real_day(lab, gateway, cable, source):
    """A real shop's export, split over three devices that take it from a folder."""
    names, totals, rows = split_by_customer(source, lab.folder)
    say(f"{Path(source).name}: {rows:,} rows over {len(totals)} days, split over three devices by customer")
    drops = [lab.folder / f"drop-{i}" for i in (1, 2, 3)]
    tills = []
    for i, drop in enumerate(drops):
        drop.mkdir()
        tills.append(lab.agent(gateway, "12", str(i + 1), settings=drop_settings(drop), start=False))
    through_cable(tills[1], cable)
    for till in tills:
        till.start()
    say("three devices enrolled: keys made on the device, certificates issued by the centre")
    for name, drop in zip(names, drops):
        name.rename(drop / name.name)
    wait_until(lambda: tills[1].head() > 50, 60, "lane 2 captures")
    cable.pull()
    say(f"lane 2: network cable pulled at event {tills[1].head()}; it goes on capturing")
    wait_until(lambda: tills[0].head() > 200, 60, "lane 1 captures")
    tills[0].process.kill()
    say("lane 1: agent killed with SIGKILL in the middle of its file")
    time.sleep(0.5)
    tills[0].start()
    say("lane 1: agent back; it begins its file again and doubles nothing")
    for drop in drops:
        wait_until(lambda: (drop / "done").exists() and any((drop / "done").iterdir()), 120, f"{drop.name} is captured")
    waiting = tills[1].head() - gateway.marks().get(tills[1].journal_id(), 0)
    cable.plug()
    say(f"all files captured; lane 2: cable back in, {waiting:,} events waiting")
    return tills, sorted(totals), totals


def figure(row, name):
    return next((f for f in row["figures"] if f["name"] == name), {"device": "0", "centre": "0"})


def reconcile(gateway, days, tills):
    """Waits for the devices' signed totals, then prints what both ends have. True when every cent agrees."""
    def settled():
        answer = gateway.json("reconcile", ok=(0, 1))
        known = [row for row in answer["rows"] if row["business_day"] in days]
        return answer if known and all(row["balanced"] for row in known) else None
    try:
        answer = wait_until(settled, 25, "signed totals of every day")
    except Failure:
        answer = gateway.json("reconcile", ok=(0, 1))
    print(f"\n  {'day':10}  {'lane':>4}  {'transactions':>24}  {'gross, device':>16}  {'gross, centre':>16}")
    rows = answer["rows"]
    shown = rows if len(rows) <= 24 else rows[:12] + rows[-12:]
    for row in shown:
        count, gross = figure(row, "transactions"), figure(row, "gross")
        print(f"  {row['business_day']:10}  {row['workstation']:>4}  {count['device']:>11} = {count['centre']:<10}"
              f"  {gross['device']:>16}  {gross['centre']:>16}  {'balanced' if row['balanced'] else 'DIFFERS'}")
        for f in row["figures"]:
            for cause in f["causes"]:
                print(f"              {f['name']}: {cause['amount']} {cause['cause']}")
    if len(rows) > len(shown):
        print(f"  … and {len(rows) - len(shown)} more, {sum(r['balanced'] for r in rows)} of {len(rows)} balanced")
    return answer


def main():
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", metavar="FILE", help="a CSV export, plain or .gz, in the columns of the UCI set")
    parser.add_argument("--transactions", type=int, default=1500, help="of each generated lane (default 1500)")
    options = parser.parse_args()
    if options.source and not Path(options.source).is_file():
        parser.error(f"{options.source} does not exist")

    with Lab() as lab:
        gateway = lab.gateway()
        cable = Cable(gateway.port)
        say("gateway made and started: three authorities, one port, nothing open by default")
        if options.source:
            tills, days, expected = real_day(lab, gateway, cable, options.source)
        else:
            tills, days, expected = generated_day(lab, gateway, cable, options.transactions)
        events = sum(synced(gateway, till, 60) for till in tills)
        say(f"the centre has all {events:,} events of {len(tills)} journals, without holes")
        for till in tills:
            proof = json.loads(run(BIN / "tillctl", "--json", "verify", till.home).stdout)
            check(proof["ok"], f"verify: {proof['summary']}")
        say("each journal verified offline: one chain, from the first event to the head")

        answer = reconcile(gateway, days, tills)
        balanced = all(row["balanced"] for row in answer["rows"] if row["business_day"] in days)
        if expected is not None:
            wrong = []
            for day, total in sorted(expected.items()):
                centre = sum(Decimal(figure(row, "gross")["centre"]) for row in answer["rows"] if row["business_day"] == day)
                if centre != total:
                    wrong.append(f"{day}: file {total}, centre {centre}")
            print(f"\n  totals computed from the file by itself: {len(expected) - len(wrong)} of {len(expected)} days equal, "
                  f"{sum(expected.values()):,} in all")
            for line in wrong:
                print(f"    {line}")
            balanced = balanced and not wrong
        exceptions = gateway.json("exceptions", "list")["exceptions"]
        doubts = {}
        for row in exceptions:
            doubts[row["code"]] = doubts.get(row["code"], 0) + 1
        print(f"\n  exceptions that blocked nobody: {len(exceptions)}" +
              (" (" + ", ".join(f"{count} {code}" for code, count in sorted(doubts.items())) + ")" if doubts else ""))
        print(f"  lane 2's wire: {cable.up / max(1, tills[1].head()):.0f} bytes up and "
              f"{cable.down / max(1, tills[1].head()):.0f} down an event, TLS and handshakes included")
        for till in tills:
            check(till.process.stop() == 0, "an agent stops cleanly")
        check(gateway.process.stop() == 0, "the gateway stops cleanly")
    print("\nBalanced to the cent." if balanced else "\nNOT balanced.")
    return 0 if balanced else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
