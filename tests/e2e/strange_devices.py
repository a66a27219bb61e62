#!/usr/bin/env python3
"""Devices that are not as ours: of other versions, with records that nobody can read, and one that floods."""
import threading
import uuid

from damage import open_day, orders_of
from harness import Lab, check, sale, synced, wait_until
from sync import labels, sell
from testing import note, run as run_tests
from wire_client import Closed, WireDevice

SALE, LATER_KIND = 100, 49_999  # Field numbers in Event's oneof; the second is of no version yet.


def stranger(lab, gateway, lane, **more):
    """An enrolled device that a client of its own speaks for."""
    return WireDevice(gateway, lab.agent(gateway, lane=lane, start=False), workstation=f"12/{lane}", **more)


def field(number, data):
    """Bytes of a field that our schema does not know: length-delimited."""
    tag, head = number << 3 | 2, b""
    while tag > 127:
        head, tag = head + bytes([tag & 127 | 128]), tag >> 7
    return head + bytes([tag, len(data)]) + data


def test_a_poison_record_holds_up_nobody():
    """Records that cannot be read, contradict themselves, or are of a kind of later years are stored and acknowledged; each that does not project is an exception with its cause, and all sales before, between and after count, at every till."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        open_day(till)
        device = stranger(lab, gateway, "9")
        check(device.connect().HasField("welcome"), "it is welcome")
        poison = [device.journal.add(SALE, device.sale("before")) and device.journal.add(SALE, b"\xff\xff\xff poison"),
                  device.journal.add(SALE, device.sale("between")) and device.journal.add(SALE, b"")]
        device.journal.add(LATER_KIND, b"of a later version")
        device.journal.add(200, device.sale("kind and fact differ"))
        huge = device.sale("huge") + field(3000, b"x" * 100) * 9000
        device.journal.add(SALE, huge)
        device.journal.add(SALE, device.sale("after"))
        sell(till, 5, "beside")
        device.drain()
        sell(till, 5, "later")
        synced(gateway, till)
        gateway.projected()
        expected = sorted([*labels("beside", 5), *labels("later", 5), "before", "between", "after", "huge"])
        wait_until(lambda: orders_of(gateway) == expected, 20, f"every sale counts: {orders_of(gateway)}")
        exceptions = gateway.json("exceptions", "list")["exceptions"]
        held = {e["seq"]: e["cause"] for e in exceptions if e["held"]}
        check(set(poison) < set(held) and all(held.values()), f"each is named with its cause: {exceptions}")
        check(gateway.json("ledger")["ok"], "every chain is whole, poison and all")
        for seq, cause in held.items():
            note(f"event {seq}: {cause}")


def test_agents_of_other_versions_sync_beside_ours():
    """An older agent and a newer one, which says and sends what this centre does not know, sync beside ours; one that shares no protocol is refused by name; the list of devices says what each runs."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        open_day(till)
        older, newer, alien = (stranger(lab, gateway, lane, version=version)
                               for lane, version in (("7", "0.0.1"), ("8", "9.3.0"), ("9", "77.0.0")))
        check(older.connect(codecs=()).HasField("welcome"), "the older one is welcome")
        welcome = newer.connect(protocol=(1, 12), schema=99, codecs=(77, 1, 0), unknown=field(2047, b"news"))
        check(welcome.welcome.protocol == 1 and welcome.welcome.codec in (0, 1), f"what both know is used: {welcome}")
        bye = alien.connect(protocol=(12, 14))
        check(bye.HasField("bye") and bye.bye.reason == bye.bye.REASON_UNSUPPORTED, f"no protocol in common: {bye}")
        for device in (older, newer):
            device.journal.add(SALE, device.sale(f"by {device.version}") + (field(2000, b"of a later schema") if device is newer else b""))
        newer.send(newer.wire.Frame(stream=0).SerializeToString() + field(900, b"a kind of frame of later years"))
        older.drain()
        newer.drain()
        sell(till, 5, "ours")
        synced(gateway, till)
        gateway.projected()
        check(orders_of(gateway) == sorted([*labels("ours", 5), "by 0.0.1", "by 9.3.0"]), f"all sales count: {orders_of(gateway)}")
        kept = next(gateway.events(str(uuid.UUID(bytes=newer.journal.id))))
        check(kept["hash"] == newer.journal.hashes[1].hex(), "what is not known is kept to the byte")
        runs = {d["lane"]: d["agent_version"] for d in gateway.json("devices", "list")["devices"]}
        check((runs["7"], runs["8"], runs["9"]) == ("0.0.1", "9.3.0", "77.0.0") and runs["1"], f"each version is listed: {runs}")
        check("9.3.0" in gateway.ctl("devices", "list").stdout, "in the table, too")


def test_a_device_that_floods_delays_no_other():
    """While one device pours in a backlog as fast as it is let, and telemetry on top, another's sales are stored before a fraction of the flood is; reports of absurd size are shown out by name."""
    flood = 60_000
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        open_day(till)
        synced(gateway, till)
        device = stranger(lab, gateway, "9")
        body = device.sale("flood") + field(3000, b"x" * 120) * 5
        for _ in range(flood):
            device.journal.add(SALE, body)
        device.connect()
        telemetry = device.wire.Frame(telemetry=device.wire.Telemetry(head=1, agent_version="x" * 1000))
        progress = []

        def pour():
            try:
                while device.acked < flood:
                    for _ in range(8):
                        if device.sent_to - device.acked < 2500 and (frame := device.batch(250)):
                            device.send(frame)
                        device.send(telemetry)
                    device.receive("ack")
            except Closed as why:
                progress.append(str(why))
        pouring = threading.Thread(target=pour)
        pouring.start()
        wait_until(lambda: device.acked > 1000, 20, "the flood is on")
        began = device.acked
        sell(till, 20, "calm")
        head = till.head()
        wait_until(lambda: int(till.status()["acknowledged_seq"]) >= head, 20, "the sales are stored")
        passed = device.acked - began
        pouring.join(120)
        check(not progress and device.acked == flood, f"the flood is taken, too: {device.acked} {progress}")
        check(passed < flood / 2, f"20 sales were stored while {passed} events of the flood were")
        note(f"20 sales captured and stored while {passed} of {flood} events of the flood were")

        for name, frame in (("too large", device.wire.Frame(telemetry=device.wire.Telemetry(agent_version="x" * 70_000))),
                            ("totals", device.wire.Frame(stream=1, totals=device.wire.DayTotals(figures=b"x" * 70_000)))):
            device.connect()
            device.send(frame)
            bye = device.receive("bye").bye
            check(bye.reason == bye.REASON_TOO_LARGE, f"{name}: {bye}")
            device.close()
        sell(till, 1, "still")
        synced(gateway, till)


if __name__ == "__main__":
    run_tests(globals())
