#!/usr/bin/env python3
"""The provable ledger: what the centre stored is walked link by link, and what is wrong is named exactly."""
import contextlib
import json
import sqlite3
import time

from damage import open_day
from harness import Lab, check, synced
from sync import sell
from testing import note, run as run_tests


@contextlib.contextmanager
def tampering(gateway):
    """The ledger's tables, written to behind a stopped gateway's back."""
    gateway.process.stop()
    with contextlib.closing(sqlite3.connect(gateway.home / "ledger.db")) as database:
        yield database
        database.commit()
    gateway.start()


def row(database, journal, seq):
    number, = database.execute("SELECT number FROM journals WHERE hex(journal) = ?",
                               (journal.replace("-", "").upper(),)).fetchone()
    return (number << 40) + seq


def walked(gateway, *more, ok=(0,)):
    return gateway.json("ledger", *more, ok=ok)


def problems(report):
    return [(p["first"], p["last"]) for j in report["journals"] for p in j["problems"]]


def test_a_clean_fleet_is_proved():
    """Each till's answer is "1 to N, no holes, one chain, head H, last seen T", and a device can be asked for alone."""
    with Lab() as lab:
        gateway = lab.gateway()
        tills = [lab.agent(gateway, "12", lane) for lane in ("1", "2")]
        heads = {}
        for till in tills:
            open_day(till)
            sell(till, 40, f"{till.home.name}")
            heads[till.journal_id()] = synced(gateway, till)
        report = walked(gateway)
        check(report["ok"] and report["events"] == sum(heads.values()), f"all is well: {report}")
        marks = {j["journal"]: j["hash"] for j in gateway.json("status")["journals"]}
        text = gateway.ctl("ledger").stdout
        for journal, head in heads.items():
            check(f"journal {journal}: 1 to {head}, no holes, one chain, head {marks[journal]}, last seen 20" in text, text)
        device = next(j["device"] for j in report["journals"] if j["journal"] == tills[0].journal_id())
        alone = walked(gateway, "--device", device)
        check([j["journal"] for j in alone["journals"]] == [tills[0].journal_id()], f"one device: {alone}")
        gateway.ctl("ledger", "--device", "0" * 8 + "-0000-4000-8000-" + "0" * 12, ok=(1,))


def test_what_was_changed_is_named():
    """A flipped bit, a deleted row and a cut tail, made while the gateway is stopped, are each named exactly; the other till stays whole."""
    with Lab() as lab:
        gateway = lab.gateway()
        hurt, other = [lab.agent(gateway, "12", lane) for lane in ("1", "2")]
        for till in (hurt, other):
            open_day(till)
            sell(till, 40, f"{till.home.name}")
            synced(gateway, till)
            till.process.stop()
        journal = json.loads(gateway.ctl("--json", "status").stdout)["journals"]
        journal = next(j for j in journal if j["workstation"].endswith("1"))
        name, head = journal["journal"], journal["mark"]
        with tampering(gateway) as database:
            body, = database.execute("SELECT body FROM envelopes WHERE id = ?", (row(database, name, 20),)).fetchone()
            flipped = bytes([*body[:-1], body[-1] ^ 1])
            database.execute("UPDATE envelopes SET body = ? WHERE id = ?", (flipped, row(database, name, 20)))
        report = walked(gateway, ok=(1,))
        check(problems(report) == [(20, 20)], f"the flipped event, and nothing else: {report}")
        check("event 20 is changed: its bytes" in gateway.ctl("ledger", ok=(1,)).stdout, "in words")
        with tampering(gateway) as database:
            database.execute("UPDATE envelopes SET body = ? WHERE id = ?", (body, row(database, name, 20)))
            database.execute("DELETE FROM envelopes WHERE id BETWEEN ? AND ?",
                             (row(database, name, 30), row(database, name, 32)))
        report = walked(gateway, ok=(1,))
        check(problems(report) == [(30, 32)], f"the deleted events, and nothing else: {report}")
        check([j["ok"] for j in report["journals"] if j["journal"] != name] == [True], "the other till is whole")
        with tampering(gateway) as database:
            database.execute("DELETE FROM envelopes WHERE id BETWEEN ? AND ?",
                             (row(database, name, head - 1), row(database, name, head)))
        check(problems(walked(gateway, ok=(1,))) == [(30, 32), (head - 1, head)], "the end is missed, too")


def test_selling_goes_on_while_it_is_walked():
    """The ledger is walked again and again while tills sell: every answer is whole, and everything sold arrives."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "1")
        open_day(till)
        walks, end = 0, time.monotonic() + 3
        while time.monotonic() < end:
            sell(till, 20, f"walk-{walks}")
            check(walked(gateway)["ok"], "whole at every moment")
            walks += 1
        head = synced(gateway, till)
        report = walked(gateway)
        check(report["ok"] and report["events"] == head, f"all {head} are there: {report}")
        note(f"{walks} walks while {head} events came in")


if __name__ == "__main__":
    run_tests(globals())
