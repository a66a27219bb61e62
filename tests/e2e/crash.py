#!/usr/bin/env python3
"""SIGKILL of agents and of the gateway in a loop while tills go on capturing."""
import csv
import http.client
import os
import random
import threading
import time
import uuid
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

from harness import BIN, Failure, Lab, check, default_settings, run, sale, synced, wait_until
from testing import note, run as run_tests

SEED = int(os.environ.get("TILL_SEED", time.time_ns() % 1_000_000))
KILLS = int(os.environ.get("TILL_KILLS", 20))  # Of agents, and as many of the gateway.


class Writer(threading.Thread):
    """A till program: sells one thing after another, each under its own key, asking until it is answered."""

    def __init__(self, agent, name, seed):
        super().__init__(daemon=True)
        self.agent, self.name, self.random = agent, name, random.Random(seed)
        self.answers = {}  # Key to what was acknowledged.
        self.total = Decimal(0)
        self.asked_again = 0
        self.fault = None
        self.enough = threading.Event()

    def run(self):
        try:
            while not self.enough.is_set():
                amount = f"{self.random.randrange(1, 9999) / 100:.2f}"
                key = str(uuid.UUID(int=self.random.getrandbits(128)))
                self.answers[key] = self.insist(key, sale(amount, order=f"{self.name}-{len(self.answers)}"))
                self.total += Decimal(amount)
        except Exception as fault:
            self.fault = fault

    def insist(self, key, body):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                status, answer, _ = self.agent.call("POST", "/v1/transactions", body, key)
                if status in (200, 201):
                    return answer
                if status < 500:
                    raise Failure(f"{status} {answer}")
            except (OSError, ValueError, http.client.HTTPException):
                pass  # It is down, or died before it answered.
            self.asked_again += 1
            time.sleep(0.01)
        raise Failure(f"{key} was never answered")


def restart(victim, chance):
    """Kills, waits a moment or not at all, and starts; sometimes kills it again while it starts."""
    victim.process.kill()
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        victim.process.start()
        time.sleep(chance.uniform(0, 0.06))
        victim.process.kill()
    time.sleep(chance.choice([0, 0.05, 0.2]))
    victim.start()


def check_journal(gateway, agent, writers):
    """Every acknowledged key is at the centre once, under the sequence and receipt number that were answered."""
    stored = {}
    seen = Counter()
    for event in gateway.events(agent.journal_id()):
        key = event["event"]["origin"]["key"]
        seen[key] += 1
        stored[key] = (event["seq"], event["event"]["numbers"]["receipt_number"])
    doubled = [key for key, count in seen.items() if count > 1]
    check(not doubled, f"stored twice: {doubled[:5]}")
    acknowledged = {key: answer for writer in writers for key, answer in writer.answers.items()}
    for key, answer in acknowledged.items():
        check(key in stored, f"acknowledged but lost: {key} {answer}")
        check(stored[key] == (int(answer["seq"]), answer["receipt_number"]), f"{key}: answered {answer}, stored {stored[key]}")
    check(set(stored) == set(acknowledged), "nothing is there that nobody sent")
    receipts = [receipt for _, receipt in stored.values()]
    check(len(set(receipts)) == len(receipts), "receipt numbers are unique")
    return set(receipts)


def balanced(gateway, expected):
    """Waits for the devices' signed totals; both ends must come to `expected`, to the cent."""
    def settled():
        answer = gateway.json("reconcile", ok=(0, 1))
        return answer if answer.get("rows") and all(row["balanced"] for row in answer["rows"]) else None
    answer = wait_until(settled, 40, "signed totals that balance")
    figures = [f for row in answer["rows"] for f in row["figures"] if f["name"] == "gross"]
    for end in ("device", "centre"):
        total = sum(Decimal(f[end]) for f in figures)
        check(total == expected, f"gross at the {end}: {total}, sold {expected}")


def test_every_acknowledged_capture_is_present_exactly_once():
    """Agents and gateway killed again and again: every acknowledged capture is at the centre exactly once."""
    chance = random.Random(SEED)
    with Lab() as lab:
        gateway = lab.gateway()
        agents = [lab.agent(gateway, "12", str(lane)) for lane in (1, 2)]
        writers = [Writer(agent, f"{i}{n}", chance.random()) for i, agent in enumerate(agents) for n in range(3)]
        for writer in writers:
            writer.start()
        victims = [gateway] * KILLS + [chance.choice(agents) for _ in range(KILLS)]
        chance.shuffle(victims)
        for victim in victims:
            time.sleep(chance.uniform(0.02, 0.3))
            restart(victim, chance)
        for writer in writers:
            writer.enough.set()
        for writer in writers:
            writer.join(70)
            check(not writer.is_alive() and writer.fault is None, f"a till was not served: {writer.fault}")
        for agent in agents:
            synced(gateway, agent, 40)
        receipts = set()
        for i, agent in enumerate(agents):
            own = check_journal(gateway, agent, writers[3 * i:3 * i + 3])
            check(not receipts & own, "no two devices print the same receipt number")
            receipts |= own
            run(BIN / "tillctl", "verify", agent.home)
        some = next(iter(writers[0].answers))
        status, again, _ = agents[0].call("POST", "/v1/transactions", sale("1.00"), some)
        check(status == 409, f"a key used for something else, after all kills: {status} {again}")
        balanced(gateway, sum(writer.total for writer in writers))
        note(f"{KILLS} kills of agents and {KILLS} of the gateway (and more while they started), {len(receipts)} sales, "
             f"{sum(w.asked_again for w in writers)} calls asked again")


def export(folder, invoices):
    """A CSV export of a day; its invoice numbers with their totals, computed here."""
    text = run(BIN / "tillctl", "simulate", "--seed", SEED, "--transactions", invoices, "--csv").stdout
    totals = Counter()
    for row in csv.DictReader(text.splitlines()):
        totals[row["InvoiceNo"]] += (Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
    (folder / "day.csv.part").write_text(text)
    (folder / "day.csv.part").rename(folder / "day.csv")
    return totals


def test_a_dropped_file_survives_kills_in_its_middle():
    """An agent killed again and again in the middle of a dropped file: each invoice is captured exactly once."""
    chance = random.Random(SEED)
    with Lab() as lab:
        gateway = lab.gateway()
        drop = lab.folder / "drop"
        drop.mkdir()
        settings = default_settings(extra=f'\n[[file_drop]]\nfolder = "{drop}"\nmapping = "uci-online-retail"\n')
        agent = lab.agent(gateway, settings=settings)
        totals = export(drop, 3000)
        kills = in_the_middle = 0
        while not (drop / "done" / "day.csv").exists() and kills < KILLS:
            begun = agent.head()
            moved = begun + chance.randrange(1, 300)
            wait_until(lambda: agent.head() >= moved or (drop / "done" / "day.csv").exists(), 30, "the file is being captured")
            in_the_middle += not (drop / "done" / "day.csv").exists()
            restart(agent, chance)
            kills += 1
        check(in_the_middle >= 5, f"only {in_the_middle} kills hit the middle of the file: it is not long enough")
        wait_until(lambda: any((drop / "done").iterdir()), 60, "the file is captured")
        synced(gateway, agent, 40)
        gateway.projected()
        seen = Counter(t["number"] for t in gateway.transactions() if t["source_system"] == "uci")
        check(seen == Counter(dict.fromkeys(totals, 1)), f"invoices once each: {len(totals)} in the file, {seen.total()} at the centre")
        run(BIN / "tillctl", "verify", agent.home)
        balanced(gateway, sum(totals.values()))
        note(f"{kills} kills, {in_the_middle} of them in the middle of the file, {len(totals)} invoices")


if __name__ == "__main__":
    print(f"seed {SEED} (TILL_SEED={SEED} replays its choices)")
    run_tests(globals())
