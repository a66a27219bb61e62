#!/usr/bin/env python3
"""Backup of a till that sells, and a till restored from it: no receipt number twice, nothing lost that was in it, keys answer as before."""
import shutil
import threading

from damage import open_day, orders_of
from harness import BIN, Agent, Lab, check, run, sale, synced, wait_until
from sync import labels, sell
from testing import note, run as run_tests

SALES = "/v1/transactions"


def tillctl(*arguments, ok=(0,)):
    done = run(BIN / "tillctl", *arguments, ok=ok)
    return done.stdout + done.stderr


def test_a_till_restored_from_its_backup():
    """A till is backed up while it sells, sells on without a network, and its disk dies. Restored and enrolled again it sells in the same day under numbers of its own and answers old keys as before; what was unsent in the backup is handed over; each sale counts once, and the backup cannot speak for the device."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        open_day(till)
        first = till.capture(SALES, sale(order="first"), key="first")
        sell(till, 10, "early")
        synced(gateway, till)
        seller = threading.Thread(target=sell, args=(till, 60, "during"))
        seller.start()
        tillctl("backup", till.home, "--to", lab.folder / "running")
        seller.join()
        synced(gateway, till)
        gateway.process.stop()
        sell(till, 4, "unsent")
        backup = lab.folder / "backup"
        tillctl("backup", till.home, "--to", backup)
        check(not (backup / "credentials.pem").exists(), "the private key stays where it is")
        check(not any(b"PRIVATE KEY" in file.read_bytes() for file in backup.iterdir()), "nowhere in it")
        check(backup.stat().st_mode & 0o777 == 0o700, "for its owner alone")
        old = till.journal_id()
        till.process.kill()
        shutil.rmtree(till.home)

        gateway.start()
        said = tillctl("restore", backup, "--to", till.home)
        check("--store 12 --lane 1" in said, f"it says how to go on: {said}")
        ended = run(BIN / "till-agent", "run", "--home", till.home, "--config", till.config, ok=(78,))
        check("enrol" in ended.stderr, f"not before it is enrolled: {ended.stderr}")
        other = run(BIN / "till-agent", "enrol", gateway.new_code("12", "2"), "--home", till.home, ok=tuple(range(1, 100)))
        check("same lane" in other.stderr, f"nor with another lane's code: {other.stderr}")
        till.enrol(gateway, "12", "1")
        till.start()
        check(till.journal_id() != old, "a journal of its own")
        again = till.capture(SALES, sale(order="first"), key="first")
        check(again == {**first, "replayed": True}, f"old keys answer as before: {first}, {again}")
        sell(till, 3, "after")
        synced(gateway, till)
        tillctl("rescue", backup, "--to", lab.folder / "rescued")
        for _ in range(2):
            gateway.ctl("deliver", lab.folder / "rescued")
        gateway.projected()
        expected = sorted(["first", *labels("early", 10), *labels("during", 60), *labels("unsent", 4), *labels("after", 3)])
        wait_until(lambda: orders_of(gateway) == expected, 20, f"each sale counts, once: {orders_of(gateway)}")
        receipts = [row["number"] for row in gateway.transactions()]
        check(len(receipts) == len(set(receipts)) == len(expected), "no receipt number twice")
        days = {row["business_day"] for row in gateway.transactions()}
        check(len(days) == 1, f"in the same business day: {days}")
        report = gateway.json("ledger")
        check(report["ok"] and len(report["journals"]) == 2, f"two whole chains: {report}")
        tillctl("verify", till.home)
        running = Agent(lab.folder / "another")  # The copy that was taken while it sold is whole as well.
        tillctl("restore", lab.folder / "running", "--to", running.home)
        tillctl("rescue", running.home, "--all", "--to", lab.folder / "all")
        note(f"{len(receipts)} receipts in journals {old[:8]} and {till.journal_id()[:8]}")


def test_mistakes_are_named_and_leave_nothing():
    """A target that exists, a folder that is no agent's, a backup with a byte changed, a file missing or one too many: each is said in words and leaves nothing behind."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        open_day(till)
        backup, home = lab.folder / "backup", lab.folder / "restored"
        tillctl("backup", till.home, "--to", backup)
        check("is there already" in tillctl("backup", till.home, "--to", backup, ok=(2, 4, 5)), "never written over")
        check("not the home" in tillctl("backup", gateway.home, "--to", home, ok=(1, 2, 5)), "no agent's home")
        check("no finished backup" in tillctl("restore", till.home, "--to", home, ok=(1, 2, 5)), "no backup")
        (backup / "extra").write_text("x")
        check("does not name it" in tillctl("restore", backup, "--to", home, ok=(1, 2, 5)), "one too many")
        (backup / "extra").unlink()
        (backup / "generations").write_text("9 " + "0" * 36)
        check("not what was backed up" in tillctl("restore", backup, "--to", home, ok=(1, 2, 5)), "changed")
        (backup / "generations").unlink()
        check("missing" in tillctl("restore", backup, "--to", home, ok=(1, 2, 5)), "missing")
        check(not home.exists() and not home.with_suffix(".partial").exists(), "nothing is left behind")


if __name__ == "__main__":
    run_tests(globals())
