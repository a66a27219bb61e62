#!/usr/bin/env python3
"""Programs whose memory runs out: they may end, but what they answered is kept, and the next start is a clean one."""
import concurrent.futures
import http.client
import subprocess

from damage import journals, orders_of
from harness import BIN, Lab, check, run, sale, synced, wait_until
from sync import SALES, labels, sell
from testing import note, run as run_tests

KIB = 1024
ROOMS = [512, 2048, 6144, 16384]  # KiB that a program may still take, round by round.


def leave_room(process, kib):
    """From now on it gets so much more address space and no byte beyond: allocations fail (RLIMIT_AS)."""
    lines = open(f"/proc/{process.child.pid}/status", encoding="ascii").read().splitlines()
    size = next(int(line.split()[1]) for line in lines if line.startswith("VmSize:"))
    run("prlimit", "--pid", process.child.pid, f"--as={(size + kib) * KIB}")


def large_sale(order):
    lines = [{"sku": f"SKU-{n}", "description": "x" * 200, "quantity": "1", "unit_price": "1.00"} for n in range(300)]
    return {"currency": "GBP", "lines": lines, "tenders": [{"type": "TENDER_TYPE_CASH", "amount": "300.00"}], "order_id": order}


def outcome(process):
    """How it ended, in words."""
    try:
        code = process.child.wait(2)
    except subprocess.TimeoutExpired:
        return "goes on"
    return f"ended with {code}"


def test_a_till_without_memory_keeps_what_it_answered():
    """Memory runs out under a till that sells: whether it refuses or ends, each sale it answered is there after the start, once, under the number it was given."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        answered = {}

        def ask(key):
            try:
                status, answer, _ = till.call("POST", SALES, large_sale(key), key, timeout=5)
            except (OSError, ValueError, http.client.HTTPException):
                return None
            if status in (200, 201):
                answered[key] = answer["receipt_number"]
            return status
        for room in ROOMS:
            leave_room(till.process, room)
            with concurrent.futures.ThreadPoolExecutor(24) as pool:
                statuses = list(pool.map(ask, [f"{room}-{n}" for n in range(120)]))
            kept = sum(key.startswith(f"{room}-") for key in answered)
            note(f"{room} KiB left: {kept} of 120 answered, {sum(s is not None and s >= 500 for s in statuses)} refused; "
                 f"it {outcome(till.process)}")
            till.process.kill()
            till.start()
            for key, receipt in answered.items():
                again = till.capture(SALES, large_sale(key), key=key)
                check(again["replayed"] and again["receipt_number"] == receipt, f"{key}: {receipt}, then {again}")
        check(len(answered) < len(ROOMS) * 120, "memory ran out at least once")
        synced(gateway, till)
        run(BIN / "tillctl", "verify", till.home)
        orders = orders_of(gateway)
        check(len(orders) == len(set(orders)) and set(answered) <= set(orders), "the centre has each answered sale once")


def test_a_centre_without_memory_acknowledges_only_what_it_stored():
    """Memory runs out under a gateway that takes a backlog in: whether it goes on or ends, it has stored what it acknowledged; started again it takes the rest, once."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        journal = till.journal_id()
        expected, short = [], 0
        for room in ROOMS:
            gateway.process.stop()
            sell(till, 300, f"room{room}")
            expected += labels(f"room{room}", 300)
            gateway.start()
            leave_room(gateway.process, room)
            for n in range(20):  # Some of it large.
                till.capture(SALES, large_sale(f"large{room}-{n}."), key=f"large{room}-{n}")
            expected += labels(f"large{room}", 20)
            said = outcome(gateway.process)
            acknowledged = int(till.status()["acknowledged_seq"])
            short += said != "goes on" or acknowledged < till.head()
            till.process.stop()
            gateway.process.kill()
            gateway.start()
            mark = journals(gateway).get(journal, {}).get("mark", 0)
            check(mark >= acknowledged, f"acknowledged {acknowledged}, stored {mark}")
            note(f"{room} KiB left: it {said}; {acknowledged} acknowledged, {mark} stored")
            till.start()
            synced(gateway, till, 60)
        check(short > 0, "memory ran out at least once")
        check(gateway.json("ledger")["ok"], "every chain is whole")
        wait_until(lambda: len(orders_of(gateway)) >= len(expected), 30, "all is projected")
        check(orders_of(gateway) == sorted(expected), "each sale counts, once")


if __name__ == "__main__":
    run_tests(globals())
