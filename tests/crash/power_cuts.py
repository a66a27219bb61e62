#!/usr/bin/env python3
"""Real power cuts: the device's journal and the centre's ledger on ext4 images that are shut down without flushing
(EXT4_IOC_SHUTDOWN) while they are written, mounted again and read. A control with synchronous=NORMAL must lose.

Needs root, loop devices and mkfs.ext4; without them it says so and exits with 77.
"""
import argparse
import contextlib
import fcntl
import os
import random
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

POWER = Path(os.environ.get("TILL_BIN", Path(__file__).resolve().parents[2] / "build/bin")) / "crash_power"
SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN: _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH: what is in memory only is gone, the file system's journal included.
SKIPPED = 77
CUTS_ON_ONE_DISK = 10  # Then a new one: making a journal is cut as well.
IMAGE_BYTES = 256 << 20


class Lost(Exception):
    """A promise was broken."""


class Disk:
    """A file system of its own in an image file, whose power can be cut."""

    def __init__(self, folder):
        self.image, self.root = folder / "disk.img", folder / "disk"
        self.root.mkdir()

    def make(self):
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)

    @contextlib.contextmanager
    def mounted(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.root], check=True)
        try:
            yield self.root
        finally:
            subprocess.run(["umount", self.root], check=True)

    def cut(self):
        handle = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)


def fail(why):
    raise Lost(why)


def parsed(line):
    record, where = line.rstrip("\n").split(" ", 1)
    return int(record), where


def write_until_cut(disk, root, target, answered, chance, careless):
    """Runs the writer, cuts the power at a random moment, and adds to `answered` what it had answered before.

    What it says afterwards counts for nothing: an fsync that is under way while ext4 is shut down may return
    success without having written (seen with bare pwrite and fdatasync, too). Nobody hears an answer without power.
    """
    first = next(n for n in range(len(answered) + 1) if n not in answered)
    command = [POWER, "write", target, root, str(first), str(chance.randrange(1 << 32))]
    enough = chance.choice([0, 1, chance.randrange(1, 50), chance.randrange(1, 600)])
    later = chance.choice([0, chance.uniform(0, 0.005), chance.uniform(0, 0.05)])
    writer = subprocess.Popen(command + ["careless"] * careless, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    killer = threading.Timer(30, writer.kill)
    killer.start()
    try:
        heard = b""
        while heard.count(b"\n") < enough:
            heard += writer.stdout.read1() or fail(f"{target}: the writer ended before the power did")
        heard += hear(writer.stdout, time.monotonic() + later)
        disk.cut()
        writer.stdout.read()
        if writer.wait() < 0:
            fail(f"{target}: the writer did not end by itself: {writer.returncode}")
    finally:
        killer.cancel()
        writer.kill()
        writer.wait()
    for record, where in map(parsed, heard.decode().splitlines()):
        if answered.setdefault(record, where) != where:
            raise Lost(f"{target}: record {record} answered as {where}, and before as {answered[record]}")


def hear(pipe, until):
    """What comes until then, and what waits."""
    heard = b""
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        more = pipe.read1()
        if not more or time.monotonic() > until:
            return heard + more
        heard += more
    return heard


def read(root, target):
    """What is on the disk once the program has started again: where each record lies, how often; or why it cannot be read."""
    done = subprocess.run([POWER, "read", target, root], capture_output=True, text=True)
    if done.returncode != 0:
        return {}, Counter(), done.stderr.strip()
    lines = [parsed(line) for line in done.stdout.splitlines()]
    return dict(lines), Counter(record for record, _ in lines), None


class Run:
    """Cuts of one target, on one disk after the other."""

    def __init__(self, folder, target, chance, careless=False):
        folder.mkdir()
        self.disk, self.target, self.chance, self.careless = Disk(folder), target, chance, careless
        self.cuts = self.answers = self.lost = self.doubled = 0
        self.faults = []

    def cut(self):
        if self.cuts % CUTS_ON_ONE_DISK == 0 or self.careless:
            self.disk.make()
            self.answered = {}
        self.cuts += 1
        before = len(self.answered)
        with self.disk.mounted() as root:
            try:
                write_until_cut(self.disk, root, self.target, self.answered, self.chance, self.careless)
            except Lost as fault:
                self.faults.append(str(fault))
        self.answers += len(self.answered) - before
        with self.disk.mounted() as root:
            self.judge(root)

    def judge(self, root):
        where, times, fault = read(root, self.target)
        if fault:
            self.faults.append(f"{self.target}: {fault}")
        lost = {n: w for n, w in self.answered.items() if where.get(n) != w}
        self.lost += len(lost)
        self.doubled += sum(1 for count in times.values() if count > 1)
        for record, answer in list(lost.items())[:3]:
            if not self.careless:
                self.faults.append(f"{self.target}: record {record} was answered as {answer}, is {where.get(record)}")


def cannot_mount():
    """Why real cuts are not possible here; nothing when they are."""
    if os.geteuid() != 0:
        return "not root"
    for tool in ("mkfs.ext4", "mount", "umount"):
        if not shutil.which(tool):
            return f"no {tool}"
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(Path(folder))
        try:
            disk.make()
            with disk.mounted():
                disk.cut()
        except (subprocess.CalledProcessError, OSError) as refused:
            return f"no ext4 image can be mounted and shut down: {refused}"
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cuts", type=int, default=100)
    options.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    chosen = options.parse_args()
    if reason := cannot_mount():
        print(f"skipped: real power cuts are not possible here ({reason})")
        return SKIPPED
    print(f"seed {chosen.seed} (--seed {chosen.seed} makes the same choices; moments differ)")
    chance = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory(prefix="till-crash-") as folder:
        honest = [Run(Path(folder) / end, end, chance) for end in ("device", "centre")]
        careless = [Run(Path(folder) / f"{end}-careless", end, chance, careless=True) for end in ("device", "centre")]
        for number in range(chosen.cuts):
            honest[number % 2].cut()
        for number in range(max(4, chosen.cuts // 5)):
            careless[number % 2].cut()
        for run in careless:  # A cut before the first answer has nothing to lose.
            while run.lost == 0 and run.cuts < 20:
                run.cut()
    for fault in [fault for run in honest for fault in run.faults][:20]:
        print(fault)
    lost, doubled = (sum(getattr(run, what) for run in honest) for what in ("lost", "doubled"))
    blind = [run.target for run in careless if run.lost == 0]
    for target in blind:
        print(f"the control lost nothing at the {target}: these cuts prove nothing")
    control = ", ".join(f"{run.lost} of {run.answers} at the {run.target}" for run in careless)
    print(f"{chosen.cuts} power cuts, {sum(run.answers for run in honest)} captures answered, {lost} lost, {doubled} doubled; "
          f"control lost {control}")
    return 1 if lost or doubled or blind or any(run.faults for run in honest) else 0


if __name__ == "__main__":
    sys.exit(main())
