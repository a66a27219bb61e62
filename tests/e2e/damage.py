#!/usr/bin/env python3
"""Journals that are hurt on a device's disk, and devices that begin anew: nothing is counted twice, what is lost is named, selling goes on."""
import os
import random
import shutil
import sqlite3
import time

from harness import Agent, Lab, check, run, sale, synced, wait_until
from sync import SALES, copy_of, sell
from testing import note, run as run_tests

SEED = int(os.environ.get("TILL_SEED", time.time_ns() % 1_000_000))
CONTROLS = "/v1/controls"
PAGE = 4096


def open_day(agent):
    agent.capture(CONTROLS, {"type": "TYPE_DAY_OPEN", "operator_id": "7"})
    agent.capture(CONTROLS, {"type": "TYPE_SIGN_ON", "operator_id": "7"})


def current_file(agent):
    return (agent.home / "journal.db").resolve()


def settle(agent):
    """Copies the WAL back, as an idle till does: with the agent stopped, this is the only writer."""
    with sqlite3.connect(current_file(agent)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def zero_pages_of_events(agent, seqs):
    """Overwrites the pages of those events (their leaf pages in the table `event`)."""
    file = current_file(agent)
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        keys = [database.execute("SELECT key FROM event WHERE seq = ?", (seq,)).fetchone()[0] for seq in seqs]
    data = file.read_bytes()
    hurt = set()
    for key in keys:
        at = data.find(key)
        while at >= 0:
            hurt.add(at // PAGE)
            at = data.find(key, at + 1)
    with open(file, "r+b") as disk:
        for page in hurt:
            disk.seek(page * PAGE)
            disk.write(bytes(PAGE))
    return hurt


def journals(gateway):
    return {j["journal"]: j for j in gateway.json("status")["journals"]}


def orders_of(gateway):
    gateway.projected()
    return sorted(t["order_id"] for t in gateway.transactions())


def test_a_damaged_journal_is_set_aside():
    """A page of unsent sales is lost while the till is off: it starts by itself, the day is open, what can be read arrives and counts once, and the centre says what is missing."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        open_day(till)
        sell(till, 20, "sent")
        synced(gateway, till)
        journal = till.journal_id()
        gateway.process.stop()
        sell(till, 60, "unsent")
        head = till.head()
        till.process.stop()
        settle(till)
        zero_pages_of_events(till, [40])
        began = time.monotonic()
        till.start()
        answer = till.capture(SALES, sale(order="after"), key="after")
        took = time.monotonic() - began
        # Which damage opening does not see is seen on the way to the centre.
        gateway.start()
        wait_until(lambda: till.journal_id() != journal, 30, "the till goes on in a new journal")
        check(till.status()["operator_id"] == "7", f"the clerk is still signed on: {till.status()}")
        till.capture(SALES, sale(order="later"), key="later")
        synced(gateway, till)
        wait_until(lambda: journals(gateway)[journal]["damage"], 30, "the centre knows of the damage")
        damage = journals(gateway)[journal]["damage"]
        check("unreadable" in damage and "salvaged" in damage, f"the centre names what is missing: {damage}")
        check(damage in gateway.ctl("status").stdout, "an administrator sees it")
        lost = [int(n) for n in damage.split(", ")[1].split(" ")[0].split("–")]
        lost = range(lost[0], lost[-1] + 1)
        check(40 in lost and len(lost) < 20, f"only what shared a page is lost: {damage}")
        wait_until(lambda: journals(gateway)[journal]["mark"] == lost[0] - 1, 30, "the chain's own part arrives")
        orders = wait_until(lambda: (o := orders_of(gateway)) and "later" in o and o, 30, "all is projected")
        wanted = [f"sent-{n}." for n in range(20)] + [f"unsent-{n}." for n in range(60)] + ["after", "later"]
        missing = sorted(set(wanted) - set(orders))
        check(len(orders) == len(set(orders)), f"each sale counts once: {orders}")
        doubted = [e for e in gateway.ask("/admin/v1/exceptions")["exceptions"] if e["code"] == "salvaged, not proved"]
        check(len(missing) == len(lost) + len(doubted), f"only the unreadable are missing: {missing}, {damage}, {doubted}")
        check(len(doubted) == 1, "the one behind the hole, whose link cannot be proved, waits for a person")
        check((till.home / "damaged-1.db").exists(), "its bytes are kept")
        numbers = [t["number"] for t in gateway.transactions()]
        check(len(set(numbers)) == len(numbers), "receipt numbers are unique")
        # What the till program asks again about has its first answer, from the damaged journal.
        again = till.capture(SALES, sale(order="unsent-50."), key="unsent-50")
        check(again["replayed"] and again["receipt_number"].startswith("12-3-1-"), f"a salvaged sale is known: {again}")
        check(answer["receipt_number"] in numbers, "the first sale after the start counts")
        note(f"{damage}; {head} events, first sale after the start in {took:.2f} s")


if __name__ == "__main__":
    run_tests(globals())
