#!/usr/bin/env python3
"""What is old leaves the device, and the centre: keys, numbers and the chain's proof hold as before, and only too old a backup can miss it."""
import contextlib
import json
import sqlite3

from clocks import DAY, WrongClock
from damage import open_day, orders_of
from harness import BIN, Lab, check, default_settings, run, sale, synced, wait_until
from restored import bring_back, keep_copy
from sync import labels, sell
from testing import note, run as run_tests

SALES = "/v1/transactions"
HOUR = 3600
KEEPS_TWO_DAYS = default_settings(extra="[journal]\nkeep_days = 2\n")


def receipts(agent):
    """What the device's disk proves, by the centre's notes: of the journal it writes to."""
    said = json.loads(run(BIN / "tillctl", "--json", "verify", "--receipts", agent.home, ok=(0, 1)).stdout)
    check(said["ok"], f"the disk proves itself: {said}")
    return said["journals"][-1]


def confirmed(gateway, agent):
    """Waits until the device holds the centre's note, and the centre the device's figures, of all there is."""
    head = synced(gateway, agent)
    wait_until(lambda: receipts(agent)["confirmed"] == head, 30, "the centre signs for what it has")
    def reported():
        lines = (agent.home / "totals").read_text().split("\n") if (agent.home / "totals").exists() else [""]
        return lines[0] == f"{agent.journal_id()} {head}"
    wait_until(reported, 90, "the day's figures are at the centre")
    return head


class Shop:
    """A till that keeps events for two days: 30 sales, three days, and one sale more."""

    def __init__(self, lab):
        self.lab = lab
        self.gateway = lab.gateway(start=False)
        clocks = [WrongClock(lab, self.gateway)]
        self.gateway.start()
        self.till = lab.agent(self.gateway, settings=KEEPS_TWO_DAYS, start=False)
        clocks.append(WrongClock(lab, self.till))
        self.till.start()
        open_day(self.till)
        sell(self.till, 10, "early")
        synced(self.gateway, self.till)
        self.gateway.process.stop()
        keep_copy(self.gateway, lab.folder / "old")
        for clock in clocks:
            clock.set(2 * HOUR)  # How much was confirmed when is remembered by the hour.
        self.gateway.start()
        self.first = self.till.capture(SALES, sale(order="first"), key="asked-twice")
        self.till.capture("/v1/controls", {"type": "TYPE_DAY_CLOSE"})
        self.old = confirmed(self.gateway, self.till)
        check(receipts(self.till)["kept_from"] == 0, "nothing goes before its time")
        for end in (self.till, self.gateway):
            end.process.stop()
        for clock in clocks:
            clock.set(3 * DAY)
        self.gateway.start()
        self.till.start()
        self.till.capture(SALES, sale(order="new"))
        confirmed(self.gateway, self.till)

    def let_go(self):
        """The next connection lets go of what is old enough; how far."""
        self.till.process.stop()
        self.till.start()
        return wait_until(lambda: receipts(self.till)["kept_from"], 20, "old events leave the device")


def test_old_events_leave_the_device_and_are_answered_for_ever():
    """After the time that they must be kept, events that the centre has confirmed are let go of; the same key still gets its first answer, the chain is whole on both ends, and selling and syncing go on."""
    with Lab() as lab:
        shop = Shop(lab)
        kept_from = shop.let_go()
        check(kept_from == shop.old, f"up to what is three days old: {kept_from} of {shop.old}")
        said = receipts(shop.till)
        check(said["events"] == said["head"] - kept_from, f"the rest is there: {said}")
        again = shop.till.capture(SALES, sale(order="first"), key="asked-twice")
        check(again == {**shop.first, "replayed": True}, f"the first answer: {again}, {shop.first}")
        status, refused, _ = shop.till.call("POST", SALES, sale(order="another"), "asked-twice")
        check(status == 409, f"another request with that key is a conflict: {status} {refused}")
        shop.till.capture(SALES, sale(order="newest"))
        head = synced(shop.gateway, shop.till)
        report = shop.gateway.json("ledger")
        check(report["ok"] and report["events"] == head, f"the centre has all of it: {report}")
        check(orders_of(shop.gateway) == sorted([*labels("early", 10), "first", "new", "newest"]), "each sale counts once")
        note(said["summary"])


def test_a_centre_restored_from_too_old_a_backup_says_what_it_lost():
    """A centre that comes back from a backup older than it said forgets what the device no longer has: the till goes on selling in a new journal, all that is left arrives, and the centre names the gap."""
    with Lab() as lab:
        shop = Shop(lab)
        shop.let_go()
        journal = shop.till.journal_id()
        shop.gateway.process.stop()
        bring_back(shop.gateway, lab.folder / "old")
        shop.gateway.start()
        wait_until(lambda: shop.till.journal_id() != journal, 30, "the till begins a new journal")
        shop.till.capture(SALES, sale(order="after"))
        synced(shop.gateway, shop.till)
        check("after" in orders_of(shop.gateway), "new sales arrive and count")
        again = shop.till.capture(SALES, sale(order="first"), key="asked-twice")
        check(again == {**shop.first, "replayed": True}, f"keys hold: {again}")

        def branch():
            report = shop.gateway.json("ledger", ok=(0, 1))
            return next((j for j in report["journals"] if j["journal"] == journal and j["branches"]), None)
        kept = wait_until(branch, 30, "the rest of the old journal is kept")
        lost = kept["problems"][0]
        check(not kept["ok"] and lost["first"] == kept["mark"] + 1 and lost["last"] == shop.old,
              f"the gap is named: {kept}")
        note(kept["summary"])


def test_old_events_leave_the_centre_and_a_signed_checkpoint_proves_the_rest():
    """A centre that keeps raw events for a day lets go of those that are in its tables: sales, totals and syncing go on, the ledger proves the rest from a signed checkpoint, and one that was tampered with is named."""
    with Lab() as lab:
        gateway = lab.gateway(start=False)
        settings = gateway.home / "gateway.toml"
        settings.write_text(settings.read_text() + "\n[storage]\nkeep_days = 1\n")
        clocks = [WrongClock(lab, gateway)]
        gateway.start()
        till = lab.agent(gateway, start=False)
        clocks.append(WrongClock(lab, till))
        till.start()
        open_day(till)
        sell(till, 12, "early")
        till.capture("/v1/controls", {"type": "TYPE_DAY_CLOSE"})
        old = confirmed(gateway, till)
        check(gateway.json("ledger")["journals"][0]["kept_from"] == 0, "nothing goes before its time")
        for end in (till, gateway):
            end.process.stop()
        for clock in clocks:
            clock.set(2 * DAY)
        gateway.start()
        till.start()
        wait_until(lambda: gateway.json("ledger")["journals"][0]["kept_from"], 30, "old events leave the centre")
        sell(till, 3, "new")
        head = synced(gateway, till)
        journal = gateway.json("ledger")["journals"][0]
        check((journal["kept_from"], journal["mark"], journal["events"]) == (old, head, head - old), f"what is left: {journal}")
        check(f"1 to {old} were let go of, as a signed checkpoint says" in journal["summary"], journal["summary"])
        check([e["seq"] for e in gateway.events(till.journal_id())] == [*range(old + 1, head + 1)], "only the rest is stored")
        check(orders_of(gateway) == sorted([*labels("early", 12), *labels("new", 3)]), "each sale counts, once")
        day = min(gateway.json("reconcile", ok=(0, 1))["rows"], key=lambda row: row["business_day"])
        check(day["balanced"] and day["journals"][0]["device_head"] == old, f"the old day still balances: {day}")
        note(journal["summary"])

        gateway.process.stop()
        with contextlib.closing(sqlite3.connect(gateway.home / "ledger.db")) as ledger:
            said, = ledger.execute("SELECT note FROM checkpoints").fetchone()
            ledger.execute("UPDATE checkpoints SET note = ?", (said[:-1] + bytes([said[-1] ^ 1]),))
            ledger.commit()
        gateway.start()
        named = gateway.json("ledger", ok=(1,))["journals"][0]["problems"][0]
        check((named["first"], named["last"]) == (1, old) and "checkpoint is not the centre's" in named["what"], f"named: {named}")


if __name__ == "__main__":
    run_tests(globals())
