#!/usr/bin/env python3
"""What the centre confirmed long ago leaves the device: its keys, numbers and chain hold as before, and only too old a backup can miss it."""
import json

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


if __name__ == "__main__":
    run_tests(globals())
