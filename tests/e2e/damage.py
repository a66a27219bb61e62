#!/usr/bin/env python3
"""Journals that are hurt on a device's disk, and devices that begin anew: nothing is counted twice, what is lost is named, selling goes on."""
import contextlib
import os
import random
import shutil
import sqlite3
import time

from harness import Lab, check, copy_home, sale, synced, wait_until
from sync import SALES, sell
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
    with contextlib.closing(sqlite3.connect(current_file(agent))) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def pages_of_events(file, seqs):
    """The pages (from 0) that know those events' keys: leaves of the events and of the index."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        keys = [database.execute("SELECT key FROM event WHERE seq = ?", (seq,)).fetchone()[0] for seq in seqs]
    data = file.read_bytes()
    pages = set()
    for key in keys:
        at = data.find(key)
        while at >= 0:
            pages.add(at // PAGE)
            at = data.find(key, at + 1)
    return pages


def zero_pages_of_events(agent, seqs):
    file = current_file(agent)
    with open(file, "r+b") as disk:
        for page in pages_of_events(file, seqs):
            disk.seek(page * PAGE)
            disk.write(bytes(PAGE))


def sold_and_cut_off(gateway, till):
    """A day with 20 sales at the centre and 60 that are not; the till is off, its WAL copied back. Its journal and head."""
    open_day(till)
    sell(till, 20, "sent")
    synced(gateway, till)
    journal = till.journal_id()
    gateway.process.stop()
    sell(till, 60, "unsent")
    head = till.head()
    till.process.stop()
    settle(till)
    return journal, head


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
        journal, head = sold_and_cut_off(gateway, till)
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


def test_a_key_outlives_its_journal():
    """A till that asks again after its journal is gone gets its first answer where the disk knows it; where the disk was restored from an older copy, the centre counts the sale once and says so."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        sell(till, 5, "early")
        synced(gateway, till)
        till.process.stop()
        old = lab.folder / "old copy"
        copy_home(till.home, old)
        till.start()
        first = till.capture(SALES, sale(order="asked twice"), key="asked-twice")
        synced(gateway, till)
        till.process.stop()

        # The journal's file is damaged beyond its tables: the key is still known from what was salvaged.
        settle(till)
        with open(current_file(till), "r+b") as disk:
            disk.seek(disk.seek(0, os.SEEK_END) - 1)
            disk.truncate()
        till.start()
        again = till.capture(SALES, sale(order="asked twice"), key="asked-twice")
        check(again["receipt_number"] == first["receipt_number"] and again["replayed"], f"the first answer: {first}, {again}")
        status, refused, _ = till.call("POST", SALES, sale("9.99", order="asked twice"), "asked-twice")
        check(status == 409, f"the same key for another sale is a conflict: {status} {refused}")
        till.process.stop()

        # The whole disk goes back to the older copy, which has never heard of it.
        shutil.rmtree(till.home)
        copy_home(old, till.home)
        gateway.process.stop()
        till.start()
        second = till.capture(SALES, sale(order="asked twice"), key="asked-twice")
        check(not second.get("replayed"), "this disk cannot know")
        before = till.journal_id()
        gateway.start()
        wait_until(lambda: till.journal_id() != before, 30, "the centre tells it that its chain is another")
        third = till.capture(SALES, sale(order="asked twice"), key="asked-twice")
        check(third["receipt_number"] == second["receipt_number"], "its own answer, from the forked journal")
        till.capture(SALES, sale(order="goes on"), key="goes-on")
        synced(gateway, till)
        orders = wait_until(lambda: (o := orders_of(gateway)) and "goes on" in o and o, 30, "it is projected")
        check(orders.count("asked twice") == 1, f"counted once: {orders}")


def test_a_lost_journal_is_asked_again():
    """The current journal's file is lost with a sale the centre already has; the till program asks again, and the centre counts one sale and names both receipts."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        first = till.capture(SALES, sale(order="asked twice"), key="asked-twice")
        synced(gateway, till)
        till.process.stop()
        file = current_file(till)
        for part in ("", "-wal", "-shm", ".head"):
            file.with_name(file.name + part).unlink(missing_ok=True)
        till.start()
        second = till.capture(SALES, sale(order="asked twice"), key="asked-twice")
        check(second["receipt_number"] != first["receipt_number"], "a number is never used again")
        till.capture(SALES, sale(order="goes on"), key="goes-on")
        synced(gateway, till)
        orders = wait_until(lambda: (o := orders_of(gateway)) and "goes on" in o and o, 30, "it is projected")
        check(orders == ["asked twice", "goes on"], f"counted once: {orders}")
        noted = [e["cause"] for e in gateway.ask("/admin/v1/exceptions")["exceptions"]]
        check(len(noted) == 1 and first["receipt_number"] in noted[0] and second["receipt_number"] in noted[0], f"in plain words: {noted}")


def test_a_reimaged_device_takes_new_numbers():
    """A device whose disk is wiped and that is enrolled anew under the same lane, and one whose journal alone is lost, never print a receipt number a second time."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        sell(till, 4, "one")
        synced(gateway, till)
        till.process.stop()
        for file in till.home.glob("journal*"):
            file.unlink()
        till.start()
        sell(till, 4, "two")
        synced(gateway, till)
        till.process.stop()
        anew = lab.agent(gateway, "12", "3")
        sell(anew, 4, "three")
        synced(gateway, anew)
        orders = wait_until(lambda: len(o := orders_of(gateway)) == 12 and o, 30, "all twelve sales count")
        numbers = [t["number"] for t in gateway.transactions()]
        check(len(set(numbers)) == 12, f"twelve receipts, twelve numbers: {numbers}")
        check(len({n.rsplit("-", 1)[0] for n in numbers}) == 3, f"in three generations: {numbers}")
        check(all(n.startswith("12-3-") for n in numbers), "of one lane")
        note(f"generations {sorted({n.rsplit('-', 2)[1] for n in numbers})}, {len(orders)} sales")


def test_bits_flip_while_the_till_is_off():
    """Bits, pages and ends of the journal's files are hurt at random while the till is off, again and again: it always starts, sells on, and no acknowledged sale is missing without being named."""
    chance = random.Random(SEED)
    note(f"seed {SEED}")
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        sold = []
        for round_ in range(12):
            label = f"round-{round_}"
            gateway.process.stop()
            sell(till, 20, label)
            sold += [f"{label}-{n}." for n in range(20)]
            chance.choice([till.process.stop, till.process.kill])()
            file = current_file(till)
            part = file.with_name(file.name + chance.choice(["", "", "-wal"]))
            size = part.stat().st_size if part.exists() else 0
            if size:
                at = chance.randrange(size)
                with open(part, "r+b") as disk:
                    hurt = chance.choice(["bit", "page", "end"])
                    if hurt == "bit":
                        disk.seek(at)
                        byte = disk.read(1)[0]
                        disk.seek(at)
                        disk.write(bytes([byte ^ 1 << chance.randrange(8)]))
                    elif hurt == "page":
                        disk.seek(at // PAGE * PAGE)
                        disk.write(bytes(PAGE))
                    else:
                        disk.truncate(at)
            gateway.start()
            till.start()
            till.capture(SALES, sale(order=f"{label} after."), key=f"{label}-after")
            sold.append(f"{label} after.")
            if len([1 for _ in till.home.glob("damaged-*.db")]) > 6:
                break  # Its generations are counted.

        def settled():
            rows = journals(gateway)
            status = till.status()
            return rows.get(status["journal_id"], {}).get("mark") == int(status["head_seq"])
        wait_until(settled, 60, "the centre has the newest journal")
        damages = wait_until(lambda: all_reported(till, gateway), 60, "each damaged journal is reported")
        orders = orders_of(gateway)
        missing = set(sold) - set(orders)
        named = gateway.ask("/admin/v1/exceptions")["exceptions"]
        check(len(orders) == len(set(orders)), "nothing is counted twice")
        check(not missing or any("unreadable" in d for d in damages) or any(e["held"] for e in named),
              f"missing and not named: {sorted(missing)}; {damages}")
        numbers = [t["number"] for t in gateway.transactions()]
        check(len(set(numbers)) == len(numbers), "receipt numbers are unique")
        note(f"{len(damages)} journals set aside, {len(missing)} of {len(sold)} sales unreadable or waiting for a person")


def all_reported(till, gateway):
    aside = len(list(till.home.glob("damaged-*.db")))
    gateway.projected()
    damages = [e["cause"] for e in gateway.ask("/admin/v1/exceptions")["exceptions"] if e["code"] == "journal damaged"]
    return damages or [""] if len(damages) >= aside else None


if __name__ == "__main__":
    run_tests(globals())
