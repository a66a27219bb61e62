#!/usr/bin/env python3
"""A centre that comes back from an older copy, under a new epoch: devices send again what it lost, and nothing counts twice."""
import contextlib
import os
import shutil
import sqlite3

from damage import open_day, orders_of
from harness import Lab, check, synced, wait_until
from sync import labels, sell
from testing import run as run_tests

CONTROLS = "/v1/controls"


def databases(home):
    return [*home.glob("*.db"), *home.glob("*.db-wal")]


def keep_copy(gateway, folder):
    """The stopped gateway's databases as they are now."""
    folder.mkdir()
    for file in databases(gateway.home):
        shutil.copy2(file, folder)


def bring_back(gateway, folder):
    """What lies in `folder` instead of what the stopped gateway had, as another store than before."""
    for file in [*databases(gateway.home), *gateway.home.glob("*.db-shm")]:
        file.unlink()
    for file in folder.iterdir():
        shutil.copy2(file, gateway.home)
    with contextlib.closing(sqlite3.connect(gateway.home / "ledger.db")) as ledger:
        ledger.execute("UPDATE store SET epoch = ?", (os.urandom(16),))
        ledger.commit()


def rows(gateway):
    gateway.projected()
    return gateway.json("reconcile", ok=(0, 1))["rows"]


def settled(gateway, days, seconds=30):
    """Waits until the centre has that many days and each is balanced with the devices' own signed figures."""
    def balanced():
        known = rows(gateway)
        return known if len(known) == days and all(row["balanced"] for row in known) else None
    return wait_until(balanced, seconds, f"{days} balanced days: {rows(gateway)}")


def gross(known):
    return sorted((f["device"], f["centre"]) for row in known for f in row["figures"] if f["name"] == "gross")


def test_a_restored_centre_gets_sales_and_signed_days_again():
    """After the centre comes back from an older copy, idle devices send again the sales and the signed figures of closed days that it lost; each sale counts once, the chain is whole, and every day is balanced to the cent."""
    with Lab() as lab:
        gateway = lab.gateway()
        tills = [lab.agent(gateway, "12", lane) for lane in ("1", "2")]
        for till in tills:
            open_day(till)
            sell(till, 5, f"{till.home.name}-kept")
            synced(gateway, till)
        gateway.projected()
        gateway.process.stop()
        keep_copy(gateway, lab.folder / "yesterday")
        gateway.start()
        for till in tills:
            sell(till, 7, f"{till.home.name}-lost")
            till.capture(CONTROLS, {"type": "TYPE_DAY_CLOSE"})
            synced(gateway, till)
        before = settled(gateway, len(tills))
        gateway.process.stop()
        bring_back(gateway, lab.folder / "yesterday")
        gateway.start()
        heads = [synced(gateway, till) for till in tills]
        after = settled(gateway, len(tills))
        check(gross(after) == gross(before) and gross(after), f"the same figures as before: {gross(before)}, {gross(after)}")
        wanted = [label for till in tills for name, count in (("kept", 5), ("lost", 7))
                  for label in labels(f"{till.home.name}-{name}", count)]
        check(orders_of(gateway) == sorted(wanted), f"each sale counts once: {orders_of(gateway)}")
        report = gateway.json("ledger")
        check(report["ok"] and report["events"] == sum(heads), f"all links are whole: {report}")


if __name__ == "__main__":
    run_tests(globals())
