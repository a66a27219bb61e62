#!/usr/bin/env python3
"""Two gateways on one PostgreSQL ledger, fed by one journal at once; gateways and the server killed in the middle."""
import random
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import sync
from crash import Writer, balanced, check_journal
from demo import through_cable
from harness import BIN, Gateway, Lab, check, run, sale, synced, wait_until
from identity import ask_for_sync
from master_data import import_list, import_shop, obeys, refused, sign_on, version
from proxy import Cable
from testing import Skip, note, run as run_tests

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from postgres import Postgres, Unavailable  # noqa: E402

BACKLOG = 12_000  # Three batches or more, so that two sessions meet.


def database():
    try:
        return Postgres()
    except Unavailable as why:
        raise Skip(f"no PostgreSQL server: {why}") from None


def add_settings(gateway, text):
    with open(gateway.home / "gateway.toml", "a", encoding="utf-8") as file:
        file.write(text)


def centre(lab, server, start=True):
    """Two gateways of one centre. The first projects."""
    first = lab.gateway("first", start=False)
    add_settings(first, f'\n[log]\nlevel = "debug"\n\n[ledger]\nurl = "{server.tcp_url}"\n')
    second = Gateway(lab.folder / "second")
    run(BIN / "till-gateway", "join", second.home, first.home, "--public-host", "127.0.0.1", "--port", second.port)
    add_settings(second, '\n[log]\nlevel = "debug"\n')
    lab.gateways.append(second)
    return [gateway.start() if start else gateway for gateway in (first, second)]


class Balancer(Cable):
    """A load balancer: each connection goes to the next gateway that answers."""

    def __init__(self, *gateways):
        self.gateways = gateways
        self.turn = 0
        super().__init__(None)

    @property
    def target_port(self):
        self.turn += 1
        up = [g for g in self.gateways if g.process.running] or self.gateways
        return up[self.turn % len(up)].port

    @target_port.setter
    def target_port(self, _):
        pass

    def move_all(self):
        """Everybody has to connect again."""
        self.pull()
        self.plug()


def hung_up(gateways, reason):
    return sum(gateway.process.log.read_text().count(reason) for gateway in gateways)


def invoices():
    """What sync.big_journal's file adds up to."""
    return sum((1 + n % 5) * Decimal(f"{1 + n % 900 / 100:.2f}") for n in range(BACKLOG))


def test_one_journal_at_two_gateways_at_once():
    """Two sessions of one journal at two gateways: nothing is doubled or lost, the slower hangs up and comes back, both end at the same mark."""
    with database() as server, Lab() as lab:
        first, second = centre(lab, server)
        sync.BACKLOG = BACKLOG
        agent = sync.big_journal(lab, first)
        twin = sync.copy_of(lab, agent, "twin")
        through_cable(twin, second)  # The same journal, the same certificate, the other gateway.
        # Each batch takes a while to store, so that both sessions have some under way.
        server.ask("CREATE FUNCTION slow() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END' LANGUAGE plpgsql; "
                   "CREATE TRIGGER slow BEFORE INSERT ON envelopes FOR EACH STATEMENT EXECUTE FUNCTION slow()")
        first.start()
        for one in (agent, twin):
            one.process.start()
        for one in (agent, twin):
            one.wait_ready()
            wait_until(lambda: int(one.status()["acknowledged_seq"]) == BACKLOG, 60, "each is told that everything is stored")
        server.ask("DROP TRIGGER slow ON envelopes")
        journal = agent.journal_id()
        check(twin.journal_id() == journal, "neither had to go on in a new journal")
        check(first.marks() == second.marks() == {journal: BACKLOG}, f"the marks agree: {first.marks()} {second.marks()}")
        check([e["seq"] for e in second.events(journal)] == list(range(1, BACKLOG + 1)), "each event is there once, in order")
        check(server.ask("SELECT count(*) FROM branches") == ["0"], "nothing was taken for a fork")
        overtaken = hung_up((first, second), "overtaken")
        check(overtaken > 0, "the two sessions met")
        first.projected(40)
        gross = sum(Decimal(t["gross"]) for t in first.transactions())
        check(gross == invoices(), f"projected {gross}, sold {invoices()}")
        run(BIN / "tillctl", "verify", agent.home)
        note(f"{BACKLOG:,} events by two sessions at once, {overtaken} hung up as overtaken, {gross} to the cent")


def test_a_killed_gateway_is_not_missed():
    """Tills that change gateways all the time, one gateway killed in the middle: the other goes on, every sale is there once, to the cent."""
    chance = random.Random(sync.SEED)
    with database() as server, Lab() as lab:
        first, second = centre(lab, server)
        balancer = Balancer(first, second)
        agents = [lab.agent(first, "12", lane, start=False) for lane in ("1", "2")]
        for agent in agents:
            through_cable(agent, balancer)
            agent.start()
        writers = [Writer(agent, str(i), chance.random()) for i, agent in enumerate(agents)]
        for writer in writers:
            writer.start()

        def stored(gateway):
            return sum(gateway.marks().values())

        def goes_on(gateway, events=20):
            target = stored(gateway) + events
            wait_until(lambda: stored(gateway) >= target, 20, "the tills' sales arrive")
        goes_on(first)
        for _ in range(3):
            balancer.move_all()
            goes_on(second)
        first.process.kill()
        goes_on(second)
        first.start()  # It projects what the other took in meanwhile.
        balancer.move_all()
        goes_on(first)
        for writer in writers:
            writer.enough.set()
        for writer in writers:
            writer.join(30)
            check(not writer.is_alive() and writer.fault is None, f"a till was not served: {writer.fault}")
        for i, agent in enumerate(agents):
            synced(second, agent, 30)
            check_journal(second, agent, writers[i:i + 1])
        check(first.marks() == second.marks(), "the marks agree")
        first.projected()
        balanced(first, sum(writer.total for writer in writers))
        note(f"{stored(first)} sales over two gateways")
        balancer.close()


def test_figures_reach_the_one_that_projects():
    """A till that only ever meets the gateway that does not project: its sales and signed totals balance at the other."""
    with database() as server, Lab() as lab:
        first, second = centre(lab, server)
        agent = lab.agent(second)
        for amount in ("2.50", "0.99", "17.01"):
            agent.capture("/v1/transactions", sale(amount))
        synced(second, agent)
        first.projected()
        balanced(first, Decimal("20.50"))
        refused = second.ctl("reconcile", ok=None)
        check(refused.returncode != 0 and "another gateway projects" in refused.stderr, f"the other says whom to ask: {refused}")
        check(second.json("status")["devices_connected"] == 1, "its own status it knows")


def test_postgres_killed_loses_nothing_acknowledged():
    """PostgreSQL killed with SIGKILL while tills sell, and started again: nothing that was acknowledged is lost, and all arrives once."""
    chance = random.Random(sync.SEED)
    with database() as server, Lab() as lab:
        first, second = centre(lab, server)
        agents = [lab.agent(gateway, "12", lane) for gateway, lane in ((first, "1"), (second, "2"))]
        writers = [Writer(agent, str(i), chance.random()) for i, agent in enumerate(agents)]
        for writer in writers:
            writer.start()

        def acknowledged():
            return {agent.journal_id(): int(agent.status().get("acknowledged_seq", 0)) for agent in agents}
        for _ in range(2):
            before = acknowledged()
            wait_until(lambda: all(acknowledged()[j] > seq + 20 for j, seq in before.items()), 30, "both tills' sales are stored")
            server.kill()
            told = acknowledged()  # Nothing can be acknowledged any more.
            heads = [agent.head() for agent in agents]
            wait_until(lambda: all(a.head() > h + 20 for a, h in zip(agents, heads)), 20, "the tills sell on meanwhile")
            server.start()
            rows = dict(row.split("|") for row in server.ask("SELECT journal, mark_seq FROM journals"))
            for journal, seq in told.items():
                check(int(rows[journal]) >= seq, f"acknowledged {seq}, after the crash {rows[journal]}")
        for writer in writers:
            writer.enough.set()
        for i, agent in enumerate(agents):
            writers[i].join(30)
            check(writers[i].fault is None, f"a till was not served: {writers[i].fault}")
            synced(second, agent, 30)
            check_journal(first, agent, writers[i:i + 1])
        first.projected()
        balanced(first, sum(writer.total for writer in writers))
        note(f"2 crashes of the server, {sum(first.marks().values())} sales")


def test_who_is_let_in_is_one_list():
    """A code is good once at either gateway, and a device that one shuts out is shut out at the other within seconds."""
    with database() as server, Lab() as lab:
        first, second = centre(lab, server)
        code = first.new_code("12", "2")
        agent = lab.agent(second, "12", "1")  # Its own code; connected to the second.
        agent.capture("/v1/transactions", sale())
        synced(second, agent)
        run(BIN / "till-agent", "enrol", code, "--home", lab.folder / "once")
        again = run(BIN / "till-agent", "enrol", code, "--home", lab.folder / "twice", ok=None)
        check(again.returncode != 0 and "used before" in again.stderr, f"a code enrols once: {again}")

        def mine(gateway):
            return next(d for d in gateway.json("devices", "list")["devices"] if d["device"] == device)
        device = next(d for d in second.json("devices", "list")["devices"] if d["connected"])["device"]
        first.json("devices", "revoke", device, "--reason", "stolen")
        wait_until(lambda: not mine(second)["connected"], 8, "the live session at the other gateway is closed")
        for gateway in (first, second):
            check(mine(gateway)["revoked"] is not None, f"both know: {mine(gateway)}")
            check(ask_for_sync(gateway, agent.home / "credentials.pem") == 403, "it may not come back to either")
        agent.capture("/v1/transactions", sale())
        check(second.marks()[agent.journal_id()] == 1, "nothing of it arrived after the revocation")


def test_master_data_reaches_every_till_from_either():
    """Lists imported at one gateway reach the tills of the other within seconds; an operator disabled at the second is refused at a till of the first."""
    with database() as server, Lab() as lab:
        first, second = centre(lab, server)
        agents = [lab.agent(gateway, "12", lane) for gateway, lane in ((first, "1"), (second, "2"))]
        import_shop(lab, first)
        wait_until(lambda: version(first) == version(second) > 0, 10, "both know one version")
        for agent in agents:
            obeys(agent, version(first))
            check(sign_on(agent, "7", "4711")[0] == 201, "the clerk signs on")
        import_list(lab, second, "operators", "operator_id,name,role,pin,disabled\n7,Clerk,pos,4711,yes\n")
        for agent in agents:
            obeys(agent, version(second))
            refused(sign_on(agent, "7", "4711"), 403, "operator_id")


def test_a_second_gateway_is_refused_clearly():
    """A second gateway on one home, a second that projects, a server that is away: each ends at once and says why, and no password is in any log."""
    with database() as server, Lab() as lab:
        def refused(gateway, words, *command):
            done = run(BIN / "till-gateway", *(command or ("serve", gateway.home)), ok=None, timeout=20)
            check(done.returncode == 70 and words in done.stderr, f"expected '{words}': {done.returncode} {done.stderr}")
            check(server.password not in done.stderr + done.stdout, "no password is shown")
        alone = lab.gateway("alone")
        refused(alone, f"{alone.home} is in use by another process")
        check(alone.process.running and alone.json("status")["journals"] == [], "the first one is not disturbed")
        done = run(BIN / "till-gateway", "join", lab.folder / "x", alone.home, "--public-host", "127.0.0.1", ok=None)
        check(done.returncode == 78 and "SQLite" in done.stderr, f"a ledger in SQLite cannot be shared: {done.stderr}")
        first, second = centre(lab, server, start=False)
        first.start()
        text = (second.home / "gateway.toml").read_text()
        (second.home / "gateway.toml").write_text(text.replace("projects = false", "projects = true"))
        refused(second, "another gateway projects this ledger already")
        (second.home / "gateway.toml").write_text(text)
        check_config = ("--check-config", second.home / "gateway.toml")
        said = run(BIN / "till-gateway", *check_config).stdout
        check(f"till@127.0.0.1:{server.port}/postgres answers" in said, f"the check asks the server: {said}")
        server.kill()
        refused(second, f"the ledger cannot be used: till@127.0.0.1:{server.port}/postgres")
        refused(second, "the ledger cannot be reached", *check_config)
        check(second.home.joinpath("gateway.toml").stat().st_mode & 0o077 == 0, "nobody else reads the settings")
        logs = "".join(path.read_text() for path in lab.folder.glob("*.log"))
        check("127.0.0.1" in logs and server.password not in logs, "no password is in any log")


if __name__ == "__main__":
    run_tests(globals())
