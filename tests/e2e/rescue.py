#!/usr/bin/env python3
"""A till that died with sales it had not sent: they are taken off its disk and handed to the centre, once."""
import hashlib
import json
import os
import stat
import uuid

from damage import journals, open_day, orders_of, settle, zero_pages_of_events
from harness import BIN, Failure, Lab, check, copy_home, run, sale, synced, wait_until
from sync import SALES, sell
from testing import note, run as run_tests


def tillctl(*arguments, ok=(0,)):
    return run(BIN / "tillctl", *arguments, ok=ok)


def rescue(disk, file, *more, ok=(0,)):
    done = tillctl("--json", "rescue", disk, "--to", file, *more, ok=ok)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def deliver(gateway, file, ok=(0,)):
    done = gateway.ctl("--json", "deliver", file, ok=ok)
    return json.loads(done.stdout)["journals"] if done.returncode == 0 else done.stderr


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def died_with_unsent(lab, sent=10, unsent=50):
    """A till whose centre was away for its last sales, and which then lost its power for good."""
    gateway = lab.gateway()
    till = lab.agent(gateway, "12", "3")
    open_day(till)
    sell(till, sent, "sent")
    synced(gateway, till)
    gateway.process.stop()
    customer = {"identifiers": [{"type": "IDENTIFIER_TYPE_EMAIL", "value": "shopper@example.com"}]}
    till.capture(SALES, sale(order="hers", customer=customer))
    sell(till, unsent, "unsent")
    head = till.head()
    till.process.kill()
    gateway.start()
    return gateway, till, head, [f"sent-{n}." for n in range(sent)] + ["hers"] + [f"unsent-{n}." for n in range(unsent)]


def test_unsent_sales_of_a_dead_till_arrive_once():
    """The unsent sales of a till that died are taken off its mounted disk without a byte of it changing, sealed as they lie, and arrive at the centre exactly once, however often and from whichever file they are handed over; also after the device was revoked."""
    with Lab() as lab:
        gateway, till, head, wanted = died_with_unsent(lab)
        disk = lab.folder / "mnt"
        copy_home(till.home, disk / "var" / "lib" / "tillstream")
        before = contents(disk / "var" / "lib" / "tillstream")
        file = lab.folder / "till.rescue"
        out = rescue(disk, file)
        check(contents(disk / "var" / "lib" / "tillstream") == before, "the disk is untouched")
        check(stat.S_IMODE(os.stat(file).st_mode) == 0o600, "nobody else may read the file")
        check(not (lab.folder / "till.rescue.work").exists(), "nothing else is left behind")
        check(b"shopper" not in file.read_bytes(), "what was sealed stays sealed")
        (journal,) = out["journals"]
        check(journal["last"] == head and journal["first"] == journal["acknowledged"] + 1, f"only what was unsent: {journal}")
        gateway.ctl("devices", "revoke", journal["device"], "--reason", "dead")
        # Once more, whole: the first record of all to the last.
        whole = lab.folder / "whole.rescue"
        check(rescue(disk, whole, "--all")["journals"][0]["first"] == 1, "--all is all")
        (done,) = deliver(gateway, file)
        check(done["head"] == head and done["had"] == journal["acknowledged"], f"taken in from the mark on: {done}")
        check(journals(gateway)[journal["journal"]]["mark"] == head, "the centre has all of it")
        for again in (file, whole):
            (done,) = deliver(gateway, again)
            check(done["had"] == head and not done["branch"], f"a second time is nothing new: {done}")
        check(orders_of(gateway) == sorted(wanted), "each sale counts once")
        customer = gateway.json("customer", "show", "--email", "shopper@example.com")
        check(customer, "and what was sealed can be opened at the centre")
        note(f"{head - journal['acknowledged']} records in {file.stat().st_size} bytes")


def test_a_damaged_disk_gives_what_can_be_read():
    """A dead till's damaged journal gives what can be read of it: it arrives once, what is lost is named at the centre, and a till that is not dead after all sends nothing twice."""
    with Lab() as lab:
        gateway, till, head, wanted = died_with_unsent(lab)
        settle(till)
        zero_pages_of_events(till, [40])
        file = lab.folder / "till.rescue"
        out = rescue(till.home, file)
        check(out["set_aside"] == ["journal-1.db"] and len(out["journals"]) == 2, f"the damage is seen: {out}")
        deliver(gateway, file)
        journal = out["journals"][0]["journal"]
        gateway.projected()
        damage = wait_until(lambda: journals(gateway)[journal]["damage"], 20, "the centre knows of the damage")
        first, _, last = damage.split(", ")[1].split(" ")[0].partition("–")
        lost = int(last or first) - int(first) + 1
        orders = orders_of(gateway)
        check(len(orders) == len(set(orders)), "nothing counts twice")
        missing = set(wanted) - set(orders)
        check(0 < len(missing) <= lost + 1, f"only what could not be read is missing: {sorted(missing)}, {damage}")
        till.start()  # It was not dead after all.
        synced(gateway, till)
        till.capture(SALES, sale(order="alive"), key="alive")
        synced(gateway, till)
        after = wait_until(lambda: (o := orders_of(gateway)) and "alive" in o and o, 20, "it sells on")
        check(sorted([*orders, "alive"]) == after, f"and sends nothing twice: {sorted(set(after) ^ set(orders))}")
        numbers = [t["number"] for t in gateway.transactions()]
        check(len(set(numbers)) == len(numbers), "receipt numbers are unique")
        note(f"{damage}; {len(orders)} of {len(wanted)} sales")


def test_what_cannot_be_rescued_is_said():
    """A running agent, a folder without one, a file that is cut short or changed, one that begins too late for a restored centre, and a device of another centre are each refused in plain words."""
    with Lab() as lab:
        gateway, till, head, _ = died_with_unsent(lab, unsent=5)
        file = lab.folder / "till.rescue"
        said = rescue(lab.folder / "nowhere", file, ok=(1,))
        check("not a folder" in said, said)
        (lab.folder / "empty").mkdir()
        check("no till-agent's folder" in rescue(lab.folder / "empty", file, ok=(1,)), "an empty disk")
        rescue(till.home, file)
        check("exists already" in rescue(till.home, file, ok=(4,)), "nothing is written over")
        data = file.read_bytes()
        for name, broken in (("cut", data[:-40]), ("changed", data[:200] + bytes([data[200] ^ 1]) + data[201:]), ("other", b"PK" + data)):
            bad = lab.folder / f"{name}.rescue"
            bad.write_bytes(broken)
            said = gateway.ctl("deliver", bad, ok=(2,)).stderr
            check(bad.name in said, f"{name}: {said}")
        other = lab.gateway("other")
        said = other.ctl("deliver", file, ok=(1, 4)).stderr
        check("not enrolled here" in said, said)
        check(not other.marks(), "and nothing of it is there")
        # A centre that was restored from before needs more than the file has.
        ledger = gateway.home / "ledger.db"
        genesis = hashlib.sha256(uuid.UUID(next(iter(gateway.marks()))).bytes).hexdigest()
        gateway.process.stop()
        run("sqlite3", ledger, 
            f"UPDATE store SET epoch = randomblob(16); UPDATE journals SET mark_seq = 0, mark_hash = x'{genesis}'; DELETE FROM envelopes;")
        gateway.start()
        said = gateway.ctl("deliver", file, ok=(1,)).stderr
        check("only, not those after 0" in said, said)
        till.start()
        synced(gateway, till)
        check("an agent is running" in rescue(till.home, lab.folder / "running.rescue", ok=(5,)), "an agent that runs sends by itself")


if __name__ == "__main__":
    run_tests(globals())
