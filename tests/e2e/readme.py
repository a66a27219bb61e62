#!/usr/bin/env python3
"""README's tours, run as they stand: what a newcomer types first must work."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import BIN, ROOT, check
from testing import Skip, run as run_tests


def tour(heading):
    """The commands below a heading, as a script; waits are longer, for a machine that is busy."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1]
    script = text.split("```sh\n", 1)[1].split("```", 1)[0].replace("./run build && ", "")
    return "set -e\n" + re.sub(r"\bsleep (\d+)", lambda wait: f"sleep {3 * int(wait[1])}", script)


def follow(heading):
    """Runs it in a folder and a network of its own, so that its fixed ports are free; returns all it said."""
    if os.getuid() != 0 or not shutil.which("unshare"):
        raise Skip("needs root, for a network of its own")
    with tempfile.TemporaryDirectory(prefix="tillstream-") as folder:
        (Path(folder) / "build").mkdir()
        (Path(folder) / "build" / "bin").symlink_to(BIN)
        script = "ip link set lo up\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + tour(heading)
        done = subprocess.run(["unshare", "-n", "bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=100)
        check(done.returncode == 0, f"exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def test_the_five_minute_tour():
    """A centre, a till, a sale asked for twice, a frozen network, a closed day: one customer, balanced, proved."""
    said = follow("A five-minute tour")
    check(said.count('"receipt_number"') == 3 and said.count('"replayed":true') == 1, f"three captures, one of them twice: {said}")
    check("Balanced to the cent." in said, said)
    check(said.split("customer ")[1].count("2.50") == 2, f"two purchases of hers: {said}")


def test_from_a_shops_own_export():
    """An export with its own columns, dropped twice, is a reconciled day and a customer's history; the row that nobody can read is named."""
    said = follow("From a shop's own export to a customer's history")
    check("line 6: time" in said, f"the bad row: {said}")
    for row in ("2026-11-23,1001,EUR,26.90", "2026-11-23,1002,EUR,3.50", "2026-11-23,1003,EUR,-19.90"):
        check(said.count(row) == 1, f"{row}: {said}")
    check("balanced" in said and "Balanced to the cent." in said and " 10.50 " in said, said)
    histories = said.split("customer ")[1:]
    check(len(histories) == 2 and all("26.90" in h and "-19.90" in h and "3.50" not in h for h in histories), f"{histories}")


if __name__ == "__main__":
    run_tests(globals())
