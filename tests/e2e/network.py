#!/usr/bin/env python3
"""What networks do to long connections: balancers that cut idle ones, links that lose bytes without a word."""
import time

from damage import open_day, orders_of
from demo import through_cable
from harness import Lab, check, synced, wait_until
from proxy import Cable
from sync import labels, sell
from testing import note, run as run_tests


def behind(lab, gateway, lane="1", **more):
    """A till and the cable it reaches the centre through."""
    cable = Cable(gateway.port, **more)
    till = lab.agent(gateway, lane=lane, start=False)
    through_cable(till, cable)
    till.start()
    open_day(till)
    return till, cable


def test_a_proxy_that_cuts_idle_connections():
    """Behind a proxy that cuts what is idle for longer than a heartbeat a connection lives on; behind one that is shorter the till comes back each time, without a storm, and its sales arrive."""
    with Lab() as lab:
        gateway = lab.gateway()
        calm, patient = behind(lab, gateway, "1", idle_max=15)
        hurried, hasty = behind(lab, gateway, "2", idle_max=2)
        for till in (calm, hurried):
            synced(gateway, till)
        began = time.monotonic()
        for n in range(6):
            time.sleep(4)  # Longer than the hasty one waits.
            sell(hurried, 2, f"hurried{n}")
            synced(gateway, hurried, 10)
        sell(calm, 3, "calm")
        synced(gateway, calm)
        took = time.monotonic() - began
        check(patient.accepted == 1, f"heartbeats keep a connection alive: {patient.accepted} connections")
        check(3 <= hasty.accepted <= took, f"it comes back and does not storm: {hasty.accepted} connections in {took:.0f} s")
        gateway.projected()
        check(orders_of(gateway) == sorted([*labels("calm", 3), *(x for n in range(6) for x in labels(f"hurried{n}", 2))]), "each sale counts, once")
        note(f"{took:.0f} s: {patient.accepted} connection cut after 15 s idle, {hasty.accepted} after 2 s")


def test_bytes_lost_without_a_word():
    """Bytes of a drain that a link swallows, in both directions, are noticed by the encryption as soon as others follow: the rest is sent again, and nothing counts twice."""
    with Lab() as lab:
        gateway = lab.gateway()
        till, cable = behind(lab, gateway)
        synced(gateway, till)
        sold = 0
        for n in range(4):
            cable.swallow()
            sell(till, 30, f"lost{n}")
            sold += 30
            check(int(till.status()["acknowledged_seq"]) < till.head(), "nothing counts as stored that was lost")
            cable.swallow(False)
            sell(till, 10, f"after{n}")
            sold += 10
            synced(gateway, till, 30)
        check(gateway.json("ledger")["ok"], "the chain is whole")
        gateway.projected()
        expected = [x for n in range(4) for x in (*labels(f"lost{n}", 30), *labels(f"after{n}", 10))]
        check(orders_of(gateway) == sorted(expected), "each sale counts, once")
        note(f"{sold} sales over {cable.accepted} connections")


if __name__ == "__main__":
    run_tests(globals())
