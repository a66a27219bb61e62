#!/usr/bin/env python3
"""Full disks on real programs: the centre tells its devices to hold, a till stops selling but closes its day, and nothing is lost."""
import contextlib
import subprocess

from damage import open_day, orders_of
from harness import BIN, Lab, check, run, sale, synced, wait_until
from monitoring import monitored, page
from sync import labels, sell
from testing import Skip, note, run as run_tests

SALES, CONTROLS = "/v1/transactions", "/v1/controls"
MIB = 1024 * 1024


@contextlib.contextmanager
def small_disk(folder, mib):
    """A disk of so many MiB at `folder`; needs root."""
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        raise Skip(f"no disk can be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def free_bytes(folder):
    lines = run("df", "--output=avail", "-B1", folder).stdout.split()
    return int(lines[-1])


def fill(folder, leave=0):
    """A file that leaves so many bytes free; not a byte, when none is said."""
    with open(folder / "ballast", "ab", buffering=0) as file:
        while (free := free_bytes(folder) - leave) > 0:
            try:
                file.write(bytes(min(free, MIB)))
            except OSError:
                return


def test_a_full_disk_at_the_centre_holds_its_devices_and_loses_nothing():
    """While the centre's disk is full it stays up, tells its devices to hold and says so; tills sell on, also one that comes in meanwhile; with room again everything arrives, once."""
    with Lab() as lab, small_disk(lab.folder / "gateway", 48) as disk:
        gateway, metrics_port = monitored(lab)
        till, other = (lab.agent(gateway, "12", lane) for lane in ("1", "2"))
        for each in (till, other):
            open_day(each)
            sell(each, 5, each.home.name)
            synced(gateway, each)
        other.process.stop()
        fill(disk)
        sold = 0
        while not (holding := gateway.json("status").get("holding")):
            sell(till, 10, f"full{sold}")
            sold += 10
            check(sold < 3000, "the disk is full and everything is stored")
        check(holding["code"] == "disk_full", f"named: {holding}")
        check("its disk is full" in gateway.ctl("status").stdout, "in plain words")
        other.start()
        sell(till, 20, "held")
        sell(other, 20, "came")
        held = till.head()
        wait_until(lambda: other.status().get("link") == "up" or "uplink connected" in other.process.log.read_text(), 20, "a known till comes in")
        check(int(till.status()["acknowledged_seq"]) < held, "nothing is acknowledged that is not stored")
        check(gateway.process.running, "the gateway stays up")
        (disk / "ballast").unlink()
        for each in (till, other):
            synced(gateway, each, 90)
        wait_until(lambda: "holding" not in gateway.json("status"), 60, "the centre stores again")
        report = gateway.json("ledger")
        check(report["ok"], f"every chain is whole: {report}")
        expected = [*labels("held", 20), *labels("came", 20), *labels(till.home.name, 5), *labels(other.home.name, 5)]
        expected += [label for n in range(0, sold, 10) for label in labels(f"full{n}", 10)]
        gateway.projected()
        check(orders_of(gateway) == sorted(expected), "each sale counts, once")
        log = gateway.process.log.read_text()
        check(log.count("stores nothing") == log.count("stores again") <= 3, f"said when it begins and ends:\n{gateway.process.tail()}")
        hangups = till.process.log.read_text().count("not connected")
        check(hangups <= 1, f"the connection stays: {till.process.tail()}")
        note(f"{sold} sales until it was full, 40 held back; the till lost its connection {hangups} times")


def test_a_full_disk_at_the_till_closes_the_day_and_sells_on_with_room():
    """When only the reserve is left a till refuses sales by name and still closes its day; with nothing left it answers nothing it does not hold; with room again it sells on, and every answer is there once."""
    with Lab() as lab:
        gateway = lab.gateway()
        with small_disk(lab.folder / "agent-12-1-0", 48) as disk:
            till = lab.agent(gateway)
            open_day(till)
            sell(till, 10, "early")
            fill(disk, leave=10 * MIB)
            status, refused, _ = till.call("POST", SALES, sale(order="no-room"), "no-room")
            check(status == 503 and refused["title"] == "disk_full", f"a sale is refused by name: {status} {refused}")
            check(page(till.port, "/readyz")[0] == 503, "and monitoring is told")
            said = run(BIN / "tillctl", "doctor", till.home, "--config", till.config, ok=(1,)).stdout
            check("only the reserve is left" in said and "make room" in said, f"the doctor says so: {said}")
            till.capture(CONTROLS, {"type": "TYPE_DAY_CLOSE"})
            till.capture(CONTROLS, {"type": "TYPE_DAY_OPEN", "operator_id": "7"})
            synced(gateway, till)
            fill(disk)
            answered = []
            for n in range(300):  # What room the files have left is used up.
                status, answer, _ = till.call("POST", CONTROLS, {"type": "TYPE_NO_SALE"}, f"drawer-{n}")
                if status >= 300:
                    break
                answered.append((f"drawer-{n}", answer))
            check(status >= 500, "a till without any room answers no capture")
            note(f"{len(answered)} captures fitted; then {status} {answer.get('title')}")
            (disk / "ballast").unlink()
            wait_until(lambda: till.call("POST", SALES, sale(order="room"), "room")[0] < 300, 30, "it sells again")
            for key, first in answered:
                again = till.capture(CONTROLS, {"type": "TYPE_NO_SALE"}, key=key)
                check(again == {**first, "replayed": True}, f"{key}: {first}, then {again}")
            head = synced(gateway, till)
            run(BIN / "tillctl", "verify", till.home)
            check(gateway.json("ledger")["events"] == head, "the centre has it all")
            check(orders_of(gateway) == sorted([*labels("early", 10), "room"]), "each sale counts, once")
            till.process.stop()


if __name__ == "__main__":
    run_tests(globals())
