#!/usr/bin/env python3
"""What the centre has, proved from a device's disk alone by the notes that the centre signed."""
import json
import shutil
import sqlite3

from harness import BIN, Lab, check, copy_home, run, synced, wait_until
from sync import sell
from testing import run as run_tests


def receipts(home, ok=(0,)):
    """What `tillctl verify --receipts` proves of each journal, oldest first."""
    return json.loads(run(BIN / "tillctl", "--json", "verify", "--receipts", home, ok=ok).stdout)["journals"]


def confirmed(till, upto, seconds=20):
    """Waits until the newest note covers `upto`; notes come at most once in ten seconds."""
    wait_until(lambda: receipts(till.home)[-1]["confirmed"] == upto, seconds, f"a note of 1 to {upto}")


def change(home, statement, *values):
    with sqlite3.connect(next(home.glob("journal-*.db"))) as journal:
        journal.execute(statement, values)
    journal.close()


def broken(home, statement, *values):
    """What is said of a copy of the disk on which this was changed."""
    copy = home.with_name(home.name + "-changed")
    shutil.rmtree(copy, ignore_errors=True)
    copy_home(home, copy)
    change(copy, statement, *values)
    return receipts(copy, ok=(1,))[-1]["summary"]


def test_disk_proves_what_the_centre_has():
    """With the agent running, the disk proves what the centre has confirmed; what was sold with the cable pulled is named as not yet confirmed, and is confirmed after it is back. Nothing is asked of the centre."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        sell(till, 20, "before")
        head = synced(gateway, till)
        confirmed(till, head)
        gateway.process.stop()
        sell(till, 5, "offline")
        (journal,) = receipts(till.home)
        check(journal["ok"] and journal["unconfirmed"] == 5, f"five wait: {journal}")
        text = run(BIN / "tillctl", "verify", "--receipts", till.home).stdout
        check(f"confirmed 1 to {head}, at " in text and f"{head + 1} to {head + 5} is not yet confirmed" in text, text)
        gateway.start()
        confirmed(till, synced(gateway, till))


def test_what_is_wrong_is_named():
    """A note whose signature, reach or store was changed, a note for another chain, an event changed beneath a note, and a note by a stranger's key are each found and named, and the answer is no."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        sell(till, 10, "one")
        head = synced(gateway, till)
        confirmed(till, head)
        till.process.stop()
        home = till.home
        for column, value in (("signature", b"s" * 64), ("last_seq", head - 1), ("time", 1), ("store_epoch", b"e" * 16)):
            said = broken(home, f"UPDATE note SET {column} = ?", value)
            check("does not hold: signature does not verify" in said, f"{column}: {said}")
        said = broken(home, "UPDATE note SET certified = x'30'")
        check("does not vouch" in said, said)
        said = broken(home, "UPDATE event SET body = x'00' WHERE seq = 4")
        check(said.startswith("event 4: its bytes"), said)
        said = broken(home, "DELETE FROM event WHERE seq = 7")
        check(said.startswith("event 7: is missing"), said)
        check(receipts(home)[-1]["confirmed"] == head, "the disk itself is as it was")


def test_old_home_of_a_gateway_signs():
    """A gateway whose home was made before there were notes signs as well, with a key that it makes when it starts; a device that had none is given its note."""
    with Lab() as lab:
        gateway = lab.gateway(start=False)
        (gateway.home / "note-key").unlink()
        gateway.start()
        till = lab.agent(gateway, "12", "3")
        sell(till, 3, "one")
        confirmed(till, synced(gateway, till))
        gateway.process.stop()
        till.process.stop()
        change(till.home, "DELETE FROM note")
        gateway.start()
        till.start()
        confirmed(till, 3)


if __name__ == "__main__":
    run_tests(globals())
