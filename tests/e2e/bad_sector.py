#!/usr/bin/env python3
"""Sectors that the disk cannot read any more, under a journal. The disk is a btrfs image: a block whose checksum is wrong is an EIO from the kernel, as from a worn flash."""
import contextlib
import subprocess

from damage import PAGE, current_file, journals, orders_of, pages_of_events, sold_and_cut_off
from harness import Lab, check, run, sale, synced, wait_until
from sync import SALES
from testing import Skip, note, run as run_tests


class Disk:
    """A disk of its own at `folder`, whose sectors can go bad; needs root."""

    def __init__(self, folder):
        self.folder, self.image = folder, folder.with_suffix(".image")
        folder.mkdir(mode=0o700)
        with open(self.image, "wb") as file:
            file.truncate(128 * 1024 * 1024)
        run("mkfs.btrfs", "-q", "-d", "single", "-m", "single", self.image)

    def mount(self):
        mounted = subprocess.run(["mount", "-o", "loop,compress=no", self.image, self.folder], capture_output=True, text=True)
        if mounted.returncode != 0:
            raise Skip(f"no disk can be mounted: {mounted.stderr.strip()}")
        self.folder.chmod(0o700)

    def spoil(self, file, numbers):
        """The pages of those numbers (from 0) can no longer be read."""
        data = file.read_bytes()
        pages = [data[number * PAGE:(number + 1) * PAGE] for number in numbers]
        wait_until(lambda: subprocess.run(["umount", self.folder], capture_output=True).returncode == 0, 5, "nobody uses the disk")
        image = self.image.read_bytes()
        with open(self.image, "r+b") as disk:
            for page in pages:
                at = image.find(page)
                check(at >= 0, "the page lies on the disk")
                while at >= 0:  # Copies that were written over by later ones may lie there, too.
                    disk.seek(at)
                    disk.write(bytes([page[0] ^ 0xFF]))
                    at = image.find(page, at + 1)
        self.mount()
        with open(file, "rb") as hurt:
            for number in numbers:
                hurt.seek(number * PAGE)
                with contextlib.suppress(OSError):
                    hurt.read(PAGE)
                    check(False, f"page {number} cannot be read")


@contextlib.contextmanager
def disk_at(folder):
    disk = Disk(folder)
    disk.mount()
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def sold_on_a_bad_disk(which):
    """Sales, sent and unsent; then `which(file)` says the pages that go bad while the till is off."""
    with Lab() as lab:
        gateway = lab.gateway()
        with disk_at(lab.folder / "agent-12-3-0") as disk:
            till = lab.agent(gateway, "12", "3")
            journal, _ = sold_and_cut_off(gateway, till)
            spoilt = which(current_file(till))
            disk.spoil(current_file(till), spoilt)
            till.start()
            till.capture(SALES, sale(order="after"), key="after")
            gateway.start()
            wait_until(lambda: till.journal_id() != journal, 30, "the till goes on in a new journal")
            till.capture(SALES, sale(order="later"), key="later")
            synced(gateway, till)
            damage = wait_until(lambda: journals(gateway)[journal]["damage"], 30, "the centre knows of the damage")
            orders = wait_until(lambda: (o := orders_of(gateway)) and "later" in o and o, 30, "all is projected")
            wanted = [f"sent-{n}." for n in range(20)] + [f"unsent-{n}." for n in range(60)] + ["after", "later"]
            check(len(orders) == len(set(orders)), f"each sale counts once: {orders}")
            numbers = [t["number"] for t in gateway.transactions()]
            check(len(set(numbers)) == len(numbers), "receipt numbers are unique")
            doubted = [e for e in gateway.ask("/admin/v1/exceptions")["exceptions"] if e["code"] == "salvaged, not proved"]
            check((till.home / "damaged-1.db").exists(), "its bytes are kept")
            note(f"pages {sorted(spoilt)}: {damage}")
            till.process.stop()
            return sorted(set(wanted) - set(orders)), doubted, damage


def test_unsent_sales_behind_a_bad_sector_still_leave_the_till():
    """A sector under unsent sales cannot be read: the till sells on, what lies before and behind it arrives, and the centre says which are missing."""
    missing, doubted, damage = sold_on_a_bad_disk(lambda file: pages_of_events(file, [40]))
    check(0 < len(missing) < 20, f"only what lay in that sector is missing: {missing}")
    check("unreadable" in damage, f"it is named: {damage}")
    check(len(doubted) == 1, f"the one behind the hole waits for a person: {doubted}")


def test_a_bad_first_sector_costs_no_sale():
    """The journal's very first page, without which SQLite opens nothing, cannot be read: every sale is found behind it."""
    missing, doubted, _ = sold_on_a_bad_disk(lambda file: [0])
    check(not missing, f"nothing is missing: {missing}")
    check(not doubted, f"every link is proved: {doubted}")


if __name__ == "__main__":
    run_tests(globals())
