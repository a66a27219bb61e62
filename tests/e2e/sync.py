#!/usr/bin/env python3
"""The line between device and centre at its worst: clones, silence, pulled cables, restarts, a large backlog."""
import http.client
import os
import random
import re
import sqlite3
import threading
import time
from pathlib import Path

from demo import through_cable
from harness import BIN, Agent, Lab, check, copy_home, default_settings, run, sale, synced, wait_until
from proxy import Cable
from testing import note, run as run_tests

SALES = "/v1/transactions"
SEED = int(os.environ.get("TILL_SEED", time.time_ns() % 1_000_000))
BACKLOG = int(os.environ.get("TILL_BACKLOG", 100_000))


def sell(agent, count, label):
    """As a till program does: the same key again when the answer got lost."""
    for n in range(count):
        def captured():
            try:
                return agent.capture(SALES, sale(order=f"{label}-{n}."), key=f"{label}-{n}")
            except (OSError, http.client.HTTPException):
                return None
        wait_until(captured, 30, "the till is served")


def copy_of(lab, agent, name):
    """A second device with the same disk, as when an image is cloned."""
    home = lab.folder / name
    copy_home(agent.home, home, ignore=("lock", "http.port"))
    clone = Agent(home, agent.settings)
    clone.config.write_text(agent.settings)
    lab.agents.append(clone)
    return clone


def labels(label, count):
    return [f"{label}-{n}." for n in range(count)]


def journals(gateway):
    return {j["journal"]: j for j in gateway.json("status")["journals"]}


def orders(gateway, journal):
    return [e["event"]["retail_transaction"]["order_id"] for e in gateway.events(journal)]


def test_a_cloned_device_forks_and_goes_on():
    """Two sessions of one journal: one wins, the other's events are kept as a branch and it goes on in a new journal; nobody else notices."""
    with Lab() as lab:
        gateway = lab.gateway()
        first, other = lab.agent(gateway, "12", "1"), lab.agent(gateway, "12", "2")
        sell(first, 5, "before")
        synced(gateway, first)
        journal = first.journal_id()
        first.process.stop()
        clone = copy_of(lab, first, "clone")
        pair = [first.start(), clone.start()]
        sellers = [threading.Thread(target=sell, args=(agent, 40, label)) for agent, label in zip(pair, ("one", "two"))]
        for seller in sellers:
            seller.start()
        sell(other, 20, "other")
        for seller in sellers:
            seller.join()

        def parted():
            ids = [agent.journal_id() for agent in pair]
            return ids if journal in ids and ids[0] != ids[1] else None
        ids = wait_until(parted, 20, "exactly one of the two goes on in a new journal")
        for agent in pair + [other]:
            sell(agent, 3, "after")
            synced(gateway, agent)
        # The new journal may be level before the old one's branch has been handed over.
        rows = wait_until(lambda: shown if (shown := journals(gateway))[journal]["branches"] == 1 else None, 20, "the fork is shown")
        loser = next(i for i in ids if i != journal)
        check(rows[loser]["predecessor"] == journal, f"the new journal names the old one: {rows[loser]}")
        check(rows[other.journal_id()]["branches"] == 0 and other.head() == 23, "the other device is not affected")

        trunk = orders(gateway, journal)
        winner, lost = ("one", "two") if ids[0] == journal else ("two", "one")
        check(trunk == labels("before", 5) + labels(winner, 40) + labels("after", 3), f"the winner's journal is whole: {trunk}")
        moved = orders(gateway, loser)
        check(moved[-3:] == labels("after", 3), f"the new journal goes on: {moved}")

        def branch():
            with sqlite3.connect(f"file:{gateway.home}/ledger.db?mode=ro", uri=True) as ledger:
                bodies = [row[0] for row in ledger.execute("SELECT body FROM branch_envelopes ORDER BY seq")]
            return [found[0].decode() for body in bodies if (found := re.search(rb"(?:one|two)-\d+\.", body))]
        wait_until(lambda: set(labels(lost, 40)) <= set(branch() + moved), 20, "each of the loser's sales is on the branch or after it")
        check(len(set(branch())) == len(branch()) and set(branch()) <= set(labels(lost, 40)), f"the branch: {branch()}")
        receipts = [t["number"] for t in gateway.transactions()]
        check(len(set(receipts)) == len(receipts), "receipt numbers at the centre are unique")
        for agent in pair:
            run(BIN / "tillctl", "verify", agent.home)
        note(f"{len(branch())} events on the branch, {len(moved) - 3} more in the new journal")


def test_a_network_that_never_answers():
    """Connections that are accepted and never answered are given up; sales go on, and all arrives when the network heals."""
    with Lab() as lab:
        gateway = lab.gateway()
        cables = [Cable(gateway.port), Cable(gateway.port)]
        tills = [lab.agent(gateway, "12", lane, start=False) for lane in ("1", "2")]
        for till, cable in zip(tills, cables):
            through_cable(till, cable)
        tills[0].start()
        sell(tills[0], 10, "before")
        synced(gateway, tills[0])
        for cable in cables:
            cable.freeze()
        tills[1].start()  # This one never gets through; the other was in a session.
        began = time.monotonic()
        for till in tills:
            sell(till, 50, "meanwhile")
        took = time.monotonic() - began
        check(took < 20, f"100 sales took {took:.1f} s on a dead network")

        def given_up(till):
            return till.process.log.read_text().count("not connected") > 0
        wait_until(lambda: given_up(tills[1]), 20, "a handshake without an answer is given up")
        dialling = time.monotonic() - began
        wait_until(lambda: given_up(tills[0]), 60, "a session gone silent is given up")
        silent = time.monotonic() - began
        check(int(tills[0].status()["acknowledged_seq"]) == 10, "nothing counts as stored that was not acknowledged")
        for cable in cables:
            cable.plug()
        for till, head in zip(tills, (60, 50)):
            check(synced(gateway, till, 60) == head, "everything arrives")
        for till in tills:
            check(till.process.stop() == 0, "it stops cleanly")
        note(f"given up after {dialling:.0f} s (dialling) and {silent:.0f} s (in session); 100 sales meanwhile in {took:.2f} s")
        for cable in cables:
            cable.close()


def test_a_silent_network_does_not_delay_stopping():
    """An agent whose network swallows everything still stops within seconds of SIGTERM."""
    with Lab() as lab:
        gateway = lab.gateway()
        cable = Cable(gateway.port)
        till = lab.agent(gateway, start=False)
        through_cable(till, cable)
        till.start()
        sell(till, 3, "x")
        synced(gateway, till)
        cable.freeze()
        sell(till, 3, "y")
        began = time.monotonic()
        check(till.process.stop(8) == 0, "it stops cleanly")
        note(f"stopped after {time.monotonic() - began:.2f} s")
        cable.close()


def test_pulled_cables_and_restarts():
    """The cable is pulled and the gateway stopped or killed again and again during a drain: everything arrives, once, in order."""
    chance = random.Random(SEED)
    with Lab() as lab:
        gateway = lab.gateway()
        cable = Cable(gateway.port)
        till = lab.agent(gateway, start=False)
        through_cable(till, cable)
        till.start()
        stop = threading.Event()
        sold = []

        def sell_on():
            while not stop.is_set():
                sold.append(till.capture(SALES, sale(order=str(len(sold)))))
        seller = threading.Thread(target=sell_on)
        seller.start()
        try:
            for _ in range(15):
                time.sleep(chance.uniform(0, 0.2))
                cable.pull()
                time.sleep(chance.uniform(0, 0.1))
                cable.plug()
            for ending in [gateway.process.stop, gateway.process.kill] * 4:
                ending()
                before = till.head()
                wait_until(lambda: till.head() > before + 20, 20, "sales go on without a centre")
                gateway.start()
                time.sleep(chance.uniform(0, 0.5))
        finally:
            stop.set()
            seller.join()
        check(synced(gateway, till, 60) == len(sold), "the centre has as many as were sold")
        check(orders(gateway, till.journal_id()) == [str(n) for n in range(len(sold))], "each once, in order")
        note(f"15 cables pulled, 8 gateways lost, {len(sold)} events, seed {SEED}")
        cable.close()


def pss_kib(process, field="Pss:"):
    """Proportional set size: what the process costs this machine."""
    for line in Path(f"/proc/{process.child.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    return 0


def big_journal(lab, gateway):
    """An agent that captured BACKLOG invoices from a file while the centre was away."""
    drop = lab.folder / "drop"
    drop.mkdir()
    settings = default_settings(extra=f'\n[[file_drop]]\nfolder = "{drop}"\nmapping = "uci-online-retail"\n')
    agent = lab.agent(gateway, settings=settings, start=False)
    gateway.process.stop()
    with open(drop / "big.part", "w", encoding="utf-8") as file:
        file.write("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
        for n in range(BACKLOG):
            file.write(f"{100000 + n},8{n % 971:04},POT {n % 971} OF TEA,{1 + n % 5},2026-11-{1 + n % 20:02} 10:{n % 60:02}:00,"
                       f"{1 + n % 900 / 100:.2f},{12000 + n % 3001}.0,United Kingdom\n")
    (drop / "big.part").rename(drop / "big.csv")
    began = time.monotonic()
    agent.start()
    wait_until(lambda: (drop / "done" / "big.csv").exists(), 240, "the backlog is captured")
    note(f"{BACKLOG:,} invoices captured from a file in {time.monotonic() - began:.1f} s")
    agent.process.stop()
    return agent


def test_a_large_backlog_drains_with_flat_memory():
    """A backlog of 100,000 events drains completely while the agent's own memory stays within 12 MB of its idle value: a window, a cache and compression, not the backlog's 50 MB."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = big_journal(lab, gateway)
        agent.start()
        wait_until(lambda: "not connected" in agent.process.log.read_text(), 20, "it has tried the absent centre")
        check(agent.head() == BACKLOG, f"{agent.head()} events are on the disk")
        idle = pss_kib(agent.process)
        # What is its own: how much of a library's pages counts depends on who else has it loaded.
        own, most_own = pss_kib(agent.process, "Pss_Anon:"), 0
        gateway.process.start()
        began = time.monotonic()
        most = most_there = first_there = 0
        port_open = None

        def acknowledged():
            nonlocal most, most_own, most_there, first_there
            most = max(most, pss_kib(agent.process))
            most_own = max(most_own, pss_kib(agent.process, "Pss_Anon:"))
            there = pss_kib(gateway.process)
            first_there = first_there or there
            most_there = max(most_there, there)
            return int(agent.status()["acknowledged_seq"])
        wait_until(lambda: acknowledged() > 0, 40, "the drain begins")
        port_open = time.monotonic()
        wait_until(lambda: acknowledged() == BACKLOG, 120, "the backlog is drained")
        drained = time.monotonic()
        gateway.projected(120)
        stored = sum(1 for _ in gateway.transactions())
        check(stored == BACKLOG, f"{stored} transactions in the tables")
        grown = (most_own - own) / 1024
        note(f"agent PSS {idle / 1024:.1f} MB idle, {most / 1024:.1f} MB at most (its own memory +{grown:.1f}); gateway {most_there / 1024:.1f} MB at most")
        note(f"drained in {drained - port_open:.2f} s after the first acknowledgement ({drained - began:.2f} s after the "
             f"gateway's start), projected after {time.monotonic() - began:.1f} s")
        check(grown <= 12, f"the agent's own memory grew by {grown:.1f} MB over its idle {own / 1024:.1f} MB")


if __name__ == "__main__":
    run_tests(globals())
