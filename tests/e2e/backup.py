#!/usr/bin/env python3
"""Backup of a gateway that serves, and a gateway restored from it: devices send again, and nothing counts twice."""
import contextlib
import shutil
import sqlite3
import stat
import threading

from damage import open_day, orders_of
from harness import BIN, Lab, check, run, synced
from restored import CONTROLS, gross, settled
from sync import labels, sell
from testing import note, run as run_tests


def gateway_program(*arguments, ok=(0,)):
    done = run(BIN / "till-gateway", *arguments, ok=ok)
    return done.stdout + done.stderr


def generations(home):
    """(lane, first, last) of every device that a gateway's folder knows."""
    with contextlib.closing(sqlite3.connect(home / "registry.db")) as registry:
        return registry.execute("SELECT workstation, first_generation, last_generation FROM device").fetchall()


def modes(folder):
    return {str(f.relative_to(folder)): stat.S_IMODE(f.stat().st_mode) for f in folder.rglob("*")
            if not f.name.endswith(("-wal", "-shm")) and f.name not in ("lock", "port", "SHA256SUMS")}


def test_a_gateway_restored_from_its_backup():
    """A backup is taken while tills sell; they sell on, close the day, and the gateway dies. Restored, it gets again what it lost: each sale counts once, the chain is whole, signed days balance to the cent, and no code or receipt generation is given out twice."""
    with Lab() as lab:
        gateway = lab.gateway()
        tills = [lab.agent(gateway, "12", lane) for lane in ("1", "2")]
        for till in tills:
            open_day(till)
            sell(till, 20, f"{till.home.name}-before")
            synced(gateway, till)
        unused = gateway.new_code("12", "3")
        backup = lab.folder / "yesterday"
        selling = [threading.Thread(target=sell, args=(till, 60, f"{till.home.name}-during")) for till in tills]
        for thread in selling:
            thread.start()
        said = gateway_program("backup", gateway.home, "--to", backup)
        check("files" in said and "as safe as the gateway" in said, said)
        for thread in selling:
            thread.join()
        check(modes(backup) == modes(gateway.home), f"modes are kept: {modes(backup)}, {modes(gateway.home)}")
        run("sha256sum", "--check", "--strict", "--quiet", backup / "SHA256SUMS", ok=(1,))  # From elsewhere: not found.
        run("sh", "-c", f"cd {backup} && sha256sum --check --strict --quiet SHA256SUMS")
        for till in tills:
            sell(till, 20, f"{till.home.name}-after")
            till.capture(CONTROLS, {"type": "TYPE_DAY_CLOSE"})
            synced(gateway, till)
        before = settled(gateway, len(tills))
        late = lab.agent(gateway, "12", "3", start=False)
        gateway.process.kill()
        lost = lab.folder / "lost"
        gateway.home.rename(lost)

        said = gateway_program("restore", backup, "--to", gateway.home)
        check("new epoch" in said and "void" in said and "revoked again" in said, said)
        gateway.start()
        heads = [synced(gateway, till) for till in tills]
        after = settled(gateway, len(tills))
        check(gross(after) == gross(before) and gross(after), f"the same figures: {gross(before)}, {gross(after)}")
        wanted = [label for till in tills for name, count in (("before", 20), ("during", 60), ("after", 20))
                  for label in labels(f"{till.home.name}-{name}", count)]
        check(orders_of(gateway) == sorted(wanted), "each sale counts once")
        report = gateway.json("ledger")
        check(report["ok"] and report["events"] == sum(heads), f"all links are whole: {report}")
        refused = run(BIN / "till-agent", "enrol", unused, "--home", lab.folder / "stranger", ok=None)
        check(refused.returncode == 77 and "expired" in refused.stderr, f"an old code is void: {refused.stderr}")
        check(late.home.exists(), "one device had been enrolled since")
        known = set(generations(lost))
        for lane in ("1", "3"):
            lab.agent(gateway, "12", lane, start=False)
        given = set(generations(gateway.home)) - known
        for lane, first, last in given:
            clash = [old for old in known if old[0] == lane and old[1] <= last and first <= old[2]]
            check(not clash, f"generations {first} to {last} of lane {lane} were given out before: {clash}")
        check(len(given) == 2, f"two devices more: {given}")
        note(f"{sum(heads)} events, generations {sorted(given)}")


def test_mistakes_are_named_and_leave_nothing():
    """What a newcomer gets wrong is said in words, changes nothing and leaves nothing behind: no --to, no gateway there, a folder that exists, no backup there, and a backup of which one byte is another."""
    with Lab() as lab:
        gateway = lab.gateway()
        backup, nowhere = lab.folder / "copy", lab.folder / "nowhere"
        check("--to" in gateway_program("backup", gateway.home, ok=(2,)), "what is missing is named")
        check("no gateway" in gateway_program("backup", nowhere, "--to", backup, ok=(78,)), "no gateway there")
        check("there already" in gateway_program("backup", gateway.home, "--to", lab.folder, ok=(70,)), "it exists")
        gateway_program("backup", gateway.home, "--to", lab.folder / "no such" / "copy", ok=(78,))
        gateway_program("backup", gateway.home, "--to", f"{backup}/")
        check("there already" in gateway_program("backup", gateway.home, "--to", backup, ok=(70,)), "never overwritten")
        check("no finished backup" in gateway_program("restore", gateway.home, "--to", nowhere, ok=(78,)), "no backup")
        check("there already" in gateway_program("restore", backup, "--to", gateway.home, ok=(70,)), "not over a gateway")
        for name in ("ledger.db", "admin/credentials.pem"):
            hurt = lab.folder / "hurt"
            shutil.copytree(backup, hurt)
            data = bytearray((hurt / name).read_bytes())
            data[len(data) // 2] ^= 1
            (hurt / name).write_bytes(data)
            said = gateway_program("restore", hurt, "--to", nowhere, ok=(70,))
            check(name in said and "not what was backed up" in said, said)
            shutil.rmtree(hurt)
        left = sorted(f.name for f in lab.folder.iterdir())
        check(left == ["copy", "gateway", "gateway.log"], f"nothing is left behind: {left}")


if __name__ == "__main__":
    run_tests(globals())
