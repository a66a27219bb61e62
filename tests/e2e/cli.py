#!/usr/bin/env python3
"""tillctl as people and scripts call it: exit codes, JSON, and the proof that a journal is whole."""
import json
import shutil
import sqlite3

import pki
from harness import BIN, Lab, check, copy_home, run, sale, synced
from testing import note, run as run_tests

TILLCTL = BIN / "tillctl"
WRONG = [
    [], ["no-such-command"], ["--no-such-option"], ["enrol"], ["enrol", "new"], ["enrol", "new", "--store", "12"], ["devices", "revoke"],
    ["tail"], ["show"], ["verify"], ["customer", "show"], ["customer", "show", "--card", "1", "--phone", "2"], ["tail", "x", "--after", "y"],
    ["simulate", "--transactions", "0"], ["simulate", "--lane", "1000"], ["simulate", "--rate", "-1"], ["status", "extra"],
]


def tillctl(*arguments):
    return run(TILLCTL, *arguments, ok=None, timeout=60)


def ended(done, code, *words):
    said = done.stdout + done.stderr
    check(done.returncode == code and all(word in said for word in words),
          f"{' '.join(map(str, done.args[1:]))}: exit {done.returncode}, wanted {code} and {words}: {said}")
    return done


def test_exit_codes_say_what_happened():
    """Senseless arguments end with 2, an unreachable gateway or agent with 3, a refusal with 4, what is not there with 1; each says why."""
    with Lab() as lab:
        for arguments in WRONG:
            done = ended(tillctl(*arguments), 2)
            check(done.stderr or done.stdout, f"{arguments} is told what is wrong")
        ended(tillctl("--help"), 0, "Exit codes")
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        admin = ["--gateway", gateway.admin]
        asking = [["status"], ["enrol", "list"], ["devices", "list"], ["reconcile"], ["exceptions", "list"], ["show", "x"]]
        senseless = [["enrol", "new", "--store", "1/2", "--lane", "1"], ["enrol", "new", "--store", "x" * 17, "--lane", "1"],
                     ["devices", "revoke", "not-an-id"], ["tail", "not-an-id"], ["customer", "show", "--phone", "12"]]
        absent = [["show", "no-such-number"], ["devices", "revoke", "00000000-0000-4000-8000-000000000000"],
                  ["customer", "show", "--phone", "07700900999"], ["reconcile", "--day", "1999-01-01"]]
        for arguments in senseless:
            done = ended(tillctl(*admin, *arguments), 2)
            check(done.stderr.startswith("tillctl: "), f"{arguments} is told why: {done.stderr}")
        for arguments in absent:
            ended(tillctl(*admin, *arguments), 1)
        for name, file, authority in (("stranger", "credentials.pem", pki.new_authority(lab.folder)),
                                      ("device", "credentials.pem", gateway.home / "device-ca.pem")):
            folder = lab.folder / name
            shutil.copytree(gateway.admin, folder)
            (folder / file).write_text(pki.issue(lab.folder, authority, "administrator").read_text())
            ended(tillctl("--gateway", folder, "status"), 4)
        other = lab.folder / "other-token"
        copy_home(agent.home, other)
        for token in other.glob("token-*"):
            token.write_text("A" * 43 + "\n")
        ended(tillctl("--agent", other, "status"), 4)
        ended(tillctl("status"), 2)  # Neither a gateway nor an agent was named.
        ended(tillctl("--gateway", lab.folder / "nowhere", "status"), 1, "nowhere")
        agent.process.stop()
        ended(tillctl("--agent", agent.home, "status"), 3, "no agent is running")
        gateway.process.stop()
        for arguments in asking:
            ended(tillctl(*admin, *arguments), 3, str(gateway.port))
        note(f"{len(WRONG) + len(senseless) + len(absent) + len(asking) + 3} ways to be told no")


def test_json_everywhere_parses():
    """With --json every answer is JSON, one value a line, and without it the same is said in words."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        who = {"identifiers": [{"type": "IDENTIFIER_TYPE_EMAIL", "value": "cli@example.com"}]}
        agent.capture("/v1/controls", {"type": "TYPE_DAY_OPEN", "business_day": "2026-11-23"})
        receipt = agent.capture("/v1/transactions", sale(customer=who))["receipt_number"]
        agent.capture("/v1/controls", {"type": "TYPE_DAY_CLOSE"})
        synced(gateway, agent)
        gateway.projected()
        admin, journal = ["--gateway", gateway.admin], agent.journal_id()
        calls = [[*admin, "status"], [*admin, "enrol", "new", "--store", "12", "--lane", "9"], [*admin, "enrol", "list"],
                 [*admin, "devices", "list"], [*admin, "tail", journal], [*admin, "tail", journal, "--after", "2"], [*admin, "show", receipt],
                 [*admin, "customer", "show", "--email", "cli@example.com"], [*admin, "reconcile", "--day", "2026-11-23"],
                 [*admin, "exceptions", "list"], ["--agent", agent.home, "status"], ["verify", agent.home],
                 ["simulate", "--transactions", "3"], [*admin, "devices", "revoke", agent.status()["device_id"]]]
        for call in calls:
            done = tillctl("--json", *call)
            check(done.returncode in (0, 1), f"{call}: {done.returncode} {done.stderr}")
            lines = done.stdout.splitlines()
            check(lines, f"{call} says something")
            for line in lines:
                try:
                    json.loads(line)
                except ValueError as bad:
                    check(False, f"{call}: {bad}: {line[:200]}")
            check(call[-2:] == ["--after", "2"] or tillctl(*call).stdout, f"{call} says something in words")
        shown = tillctl(*admin, "show", receipt).stdout
        check(all(word in shown for word in (receipt, "2.50", "GBP", "Tea")), f"show has receipt, amount and line: {shown}")
        check("2.50" in tillctl(*admin, "reconcile", "--day", "2026-11-23").stdout, "reconcile shows amounts")
        check(len(tillctl("--json", *admin, "tail", journal).stdout.splitlines()) == 3, "tail shows three events")


def damaged(lab, agent, name, *statements):
    """A copy of a journal with something changed in it."""
    place = lab.folder / name
    copy_home(agent.home, place)
    with sqlite3.connect(place / "journal.db") as journal:
        for statement in statements:
            check(journal.execute(statement).rowcount > 0, f"{name}: {statement} changed something")
    return place


def test_verify_finds_a_flipped_byte():
    """verify finds one flipped byte, a missing, doubled or moved event in a copied journal, and names its sequence."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        who = {"identifiers": [{"type": "IDENTIFIER_TYPE_EMAIL", "value": "v@example.com"}]}
        for n in range(20):
            agent.capture("/v1/transactions", sale(order=str(n), customer=who))
        ended(tillctl("verify", agent.home), 0)  # While it runs.
        agent.process.stop()
        ended(tillctl("verify", agent.home), 0)

        cases = {
            "body": (13, lambda row: bytes(row[:40]) + bytes([row[40] ^ 1]) + bytes(row[41:])),
            "sealed": (7, lambda row: bytes([row[0] ^ 0x80]) + bytes(row[1:])),
            "hash": (5, lambda row: bytes(row[:31]) + bytes([row[31] ^ 1])),
        }
        for column, (seq, change) in cases.items():
            place = lab.folder / f"flipped-{column}"
            copy_home(agent.home, place)
            with sqlite3.connect(place / "journal.db") as journal:
                old = journal.execute(f"SELECT {column} FROM event WHERE seq={seq}").fetchone()[0]
                journal.execute(f"UPDATE event SET {column}=? WHERE seq={seq}", (change(old),))
            done = ended(tillctl("--json", "verify", place), 1)
            seqs = [p["seq"] for p in json.loads(done.stdout)["problems"]]
            check(seqs and min(seqs) == seq, f"a flipped byte in {column} of {seq}: {seqs}")
            ended(tillctl("verify", place), 1, f"at {seq}")
        ended(tillctl("verify", damaged(lab, agent, "gap", "DELETE FROM event WHERE seq=9")), 1, "9")
        ended(tillctl("verify", damaged(lab, agent, "end", "DELETE FROM event WHERE seq=20")), 1, "20")
        ended(tillctl("verify", damaged(lab, agent, "swap", "UPDATE event SET seq=-3 WHERE seq=3", "UPDATE event SET seq=3 WHERE seq=4",
                                        "UPDATE event SET seq=4 WHERE seq=-3")), 1, "3")
        ended(tillctl("verify", damaged(lab, agent, "head", "UPDATE head SET seq=19")), 1)
        for name, content in (("text", b"this is no journal"), ("empty", b"")):
            (lab.folder / name).write_bytes(content)
            check(tillctl("verify", lab.folder / name).returncode == 5, f"a file that is {name} fails")
        ended(tillctl("verify", lab.folder / "absent"), 1, "absent")
        ended(tillctl("verify", agent.home), 0)


if __name__ == "__main__":
    run_tests(globals())
