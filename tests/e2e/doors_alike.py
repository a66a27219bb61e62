#!/usr/bin/env python3
"""The doors of one agent, HTTP, ZeroMQ and the feed over both: the same commands come to the same, and nobody at one hurts another."""
import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from doors import REFUSALS, a_whole_day, ask, line
from harness import BIN, Lab, check, run, sale, synced, wait_until
from testing import Skip, note, run as run_tests
from zmq_till import FIELDS, ZmqTill, next_message, wire, zmq

try:
    import websockets
except ImportError:
    websockets = None

SALES = "/v1/transactions"
CLIENTS = Path(__file__).parent / "clients"
HTTP_NAMES = {"Idempotency-Key": "idempotency_key", "Authorization": "token"}  # Of a field, at the HTTP door and in a Call.


def same(answer, **but):
    """An answer without what differs from call to call."""
    return {name: value for name, value in {**answer, **but}.items() if name not in ("trace_id", "type")}


class Recorder:
    """Stands in for an agent: does over HTTP what it is told to, and remembers it."""

    def __init__(self, agent):
        self.agent, self.calls = agent, []

    def capture(self, path, body, key=None, role="pos"):
        key = key or str(uuid.uuid4())
        answer = self.agent.capture(path, body, key=key, role=role)
        self.calls.append((path, body, key, role, answer))
        return answer


def test_the_same_commands_come_to_the_same_at_both_doors():
    """A whole day captured over HTTP and asked again over ZeroMQ, and the other way round, gives every answer again; every refusal names the same status, field and remedy."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        with ZmqTill(agent) as till:
            recorder = Recorder(agent)
            a_whole_day(recorder)
            for path, body, key, role, first in recorder.calls:
                status, again = till.call(path, body, key=key, role=role)
                check(status == 200 and again.pop("replayed"), f"{path}: {status} {again}")
                first.pop("replayed", None)
                check(again == first, f"{path}: over HTTP {first}, over ZeroMQ {again}")
            head = agent.head()
            status, first = till.call(SALES, sale(order="over ZeroMQ"), key="z1")
            check(status == 201 and int(first["seq"]) == head + 1, f"{status} {first}")
            again = agent.capture(SALES, sale(order="over ZeroMQ"), key="z1")
            check(same(again, replayed=None) == same(first, replayed=None), f"{first}, over HTTP {again}")

            compared, faults = 0, []
            for what, request, _, _, _ in REFUSALS:
                path, body = request.get("path", SALES), request.get("body")
                if set(request) - {"path", "body", "method", "key", "drop"} or not isinstance(body, dict) or path not in FIELDS:
                    continue  # About HTTP itself, or bytes that are no command.
                if what in ("GET of a capture", "wrong method", "unknown field", "unknown field in a line", "unknown word"):
                    continue  # A Call cannot say that.
                drop = request.get("drop", [])
                key = "" if "Idempotency-Key" in drop else request.get("key") or str(uuid.uuid4())
                token = "" if "Authorization" in drop else None
                _, over_http, _ = ask(agent, **request)
                status, over_zmq = till.call(path, body, key=key, token=token)
                over_http["field"] = HTTP_NAMES.get(over_http.get("field"), over_http.get("field"))
                for answer in (over_http, over_zmq):
                    if answer["status"] in (401,):  # Where the token is put differs.
                        answer.pop("allowed")
                if same(over_http, field=over_http.get("field") or None) != same(over_zmq, field=over_zmq.get("field") or None):
                    faults.append(f"\n  {what}: {over_http}\n      {over_zmq}")
                compared += 1
            check(not faults and compared >= 30, f"{compared} compared:" + "".join(faults))
            for role, may in (("reader", False), ("stock", False), ("pos", True)):
                status, answer = till.call(SALES, sale(), role=role)
                check((status == 201) == may and (may or status == 403), f"{role}: {status} {answer}")
            synced(gateway, agent)
            http_status = agent.status()
            status, over_zmq = till.call("/v1/status")
            check(over_zmq.items() <= http_status.items() | {"sync": over_zmq["sync"]}.items() if False else
                  all(http_status[name] == value for name, value in over_zmq.items() if name != "sync"), f"{http_status} {over_zmq}")
            _, page, _ = agent.call("GET", "/v1/events?after=3&limit=4", role="reader")
            status, over_zmq = till.call("/v1/events", {"after": 3, "limit": 4}, role="reader")
            check(over_zmq == page, "a page of events is the same")
            note(f"{len(recorder.calls) + 1} captures and {compared} refusals alike")


def test_calls_of_many_clients_and_broken_ones():
    """Forty clients call at once and each gets its own answers; garbage, oversized messages, callers that never read and callers that die cost nobody else an answer; a restart takes over the sockets, which only the owner may open."""
    with Lab() as lab:
        agent = lab.agent(lab.gateway())
        for name in ("agent.sock", "feed.sock"):
            mode = stat.S_IMODE((agent.home / name).stat().st_mode)
            check(mode == 0o600, f"{name}: {mode:o}")
        with ZmqTill(agent) as till:
            deaf = till.socket(zmq.DEALER, "agent.sock")
            call = wire.Call(token=agent.token("reader"))
            call.read_events.limit = 1000
            doors = [till.socket(zmq.DEALER, "agent.sock") for _ in range(40)]
            for n in range(25):
                for i, door in enumerate(doors):
                    one = wire.Call(token=agent.token(), idempotency_key=f"{i}-{n}")
                    one.record_transaction.order_id = f"{i}-{n}"
                    one.record_transaction.lines.add(sku="A", unit_price="1.00")
                    one.record_transaction.tenders.add(type=wire.TENDER_TYPE_CASH, amount="1.00")
                    door.send(one.SerializeToString())
                deaf.send(call.SerializeToString())
                for junk in ([b""], [b"\xff" * 100], [os.urandom(2000)], [b"a", b"b", b"c"], [b"x"] * 20, []):
                    if junk:
                        deaf.send_multipart(junk)
            seqs = set()
            for door in doors:
                for _ in range(25):
                    check(door.poll(20_000), "every call is answered")
                    answer = wire.Answer.FromString(door.recv())
                    check(answer.HasField("captured"), f"{answer}")
                    seqs.add(answer.captured.seq)
            check(len(seqs) == 1000 and agent.head() == 1000, f"{len(seqs)} answers, head {agent.head()}")
            huge = till.socket(zmq.DEALER, "agent.sock")
            huge.send(b"x" * (3 * 1024 * 1024))
            check(not huge.poll(500), "what is larger than any command is not read")
            status, answer = till.call(SALES, sale())
            check(status == 201, f"{status} {answer}")
            raw = till.socket(zmq.REQ, "agent.sock")
            raw.send(b"\x08")
            check(wire.Answer.FromString(raw.recv()).problem.status == 400, "bytes that are no call are refused by name")
            agent.process.kill()
            agent.start()
            status, answer = till.call(SALES, sale(), key="after")
            check(status in (200, 201), f"the same client goes on after a crash: {status} {answer}")
        agent.process.stop()


async def listen(agent, query="", role="reader", **how):
    """A WebSocket to the feed."""
    headers = {} if "subprotocols" in how else {"Authorization": f"Bearer {agent.token(role)}"}
    return await websockets.connect(f"ws://127.0.0.1:{agent.port}/v1/feed{query}", extra_headers=headers, **how)


async def captures(socket, count):
    """The next captures: (seq, order id)."""
    seen = []
    while len(seen) < count:
        message = json.loads(await asyncio.wait_for(socket.recv(), 20))
        if message["topic"] == "capture.retail_transaction":
            seen.append((int(message["event"]["seq"]), message["event"]["event"]["retail_transaction"].get("order_id")))
    return seen


def test_the_feed_shows_every_capture_in_order():
    """Over WebSocket from any sequence, and over ZeroMQ from the subscription on, the feed shows every capture in order and how the link stands; followers that never read, or die, delay no sale."""
    if websockets is None:
        raise Skip("Debian's package python3-websockets is not installed")
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        for n in range(10):
            agent.capture(SALES, sale(order=f"early-{n}"))

        async def follow():
            with ZmqTill(agent) as till:
                feed = till.subscribe()
                topic, first = next_message(feed)
                check(topic == "sync" and first.journal_id == agent.journal_id(), f"{topic} {first}")
                from_start = await listen(agent, "?after=0")
                from_now = await listen(agent)
                browser = await listen(agent, subprotocols=["tillstream.feed.v1", f"bearer.{agent.token('reader')}"])
                check(browser.subprotocol == "tillstream.feed.v1", "a browser's own way to bring its token")
                for n in range(20):
                    agent.capture(SALES, sale(order=f"late-{n}"))
                wanted = [(n + 1, f"early-{n}") for n in range(10)] + [(n + 11, f"late-{n}") for n in range(20)]
                check(await captures(from_start, 30) == wanted, "from the start")
                check(await captures(from_now, 20) == wanted[10:], "from now on")
                check(await captures(browser, 20) == wanted[10:], "in a browser")
                over_zmq = []
                while len(over_zmq) < 20:
                    topic, message = next_message(feed)
                    if topic == "capture.retail_transaction":
                        over_zmq.append((message.event.seq, message.event.event.retail_transaction.order_id))
                check(over_zmq == wanted[10:], f"over ZeroMQ: {over_zmq}")
                await from_start.close()
                again = await listen(agent, f"?after=25&journal_id={agent.journal_id()}&topics=capture")
                check(await captures(again, 5) == wanted[25:], "resumed where it left")

                gateway.process.stop()
                while (message := next_message(feed)[1]).WhichOneof("what") != "sync" or message.sync.up:
                    pass
                check(message.sync.last_error, f"the feed says that the link is down: {message}")
                gateway.start()
                while (message := next_message(feed, 30_000)[1]).WhichOneof("what") != "sync" or not message.sync.up:
                    pass
                for query, status in (("?after=99999", 400), (f"?journal_id={uuid.uuid4()}", 409), ("?topic=x", 400)):
                    try:
                        await listen(agent, query)
                        check(False, f"{query} is refused")
                    except websockets.exceptions.InvalidStatusCode as refused:
                        check(refused.status_code == status, f"{query}: {refused}")
                check(agent.call("GET", "/v1/feed", role="reader")[0] == 426, "without an upgrade")
                check(agent.call("GET", "/v1/feed", role="stock")[0] == 403, "for a role that may not read")

                # Followers that never read, one of each kind, while the till sells on.
                asleep = await listen(agent, "?after=0", max_queue=1, read_limit=1024, close_timeout=0.2)
                till.subscribe()
                body = sale(order="x", lines=[line(description="y" * 4000) for _ in range(20)],
                            tenders=[{"type": "TENDER_TYPE_CASH", "amount": "50.00"}])
                slowest = 0
                for n in range(300):
                    began = time.monotonic()
                    agent.capture(SALES, body)
                    slowest = max(slowest, time.monotonic() - began)
                check(slowest < 2, f"a sale took {slowest:.2f} s")
                size = int(Path(f"/proc/{agent.process.child.pid}/statm").read_text().split()[1]) * 4 // 1024
                check(size < 120, f"the agent grew to {size} MB")
                asleep.transport.abort()
                check(await captures(from_now, 1) == [(31, "x")], "who reads late still misses nothing")
                for socket in (from_now, browser, again):
                    socket.transport.abort()  # They did not read, so no goodbye would get through.
                return slowest, size
        slowest, size = asyncio.run(follow())
        agent.process.stop()
        note(f"slowest sale beside followers that never read: {1000 * slowest:.0f} ms; agent {size} MB resident")


def test_the_example_clients_sell():
    """The clients in curl, Python and C++ that integrators start from each sell once, and say so again when asked again."""
    with Lab() as lab, tempfile.TemporaryDirectory(prefix="tillstream-") as folder:
        agent = lab.agent(lab.gateway())
        root = Path(__file__).resolve().parents[2]
        run("protoc", f"-I{root}", f"--python_out={folder}", *sorted(str(proto) for proto in Path(root, "sync/wire").glob("*.proto")))
        clients = {"curl": [CLIENTS / "sale.sh"], "python": ["/usr/bin/python3", CLIENTS / "sale.py"], "c++": [BIN.parent / "tests" / "client_sale"]}
        for name, command in clients.items():
            if not shutil.which(command[0]):
                raise Skip(f"there is no {command[0]}")
            said = [run(*command, agent.home, f"key-{name}", env={"PYTHONPATH": folder}).stdout for _ in range(2)]
            number = f"12-1-1-{agent.head():06}"
            check(all(number in each for each in said), f"{name}: {said}")
            check("again" in said[1] or '"replayed":true' in said[1].replace(" ", ""), f"{name}: {said}")
            if name == "python":
                check(f"feed {agent.head()} {number}" in said[0], f"the feed showed it: {said[0]}")
        check(agent.head() == 3, "each sold once")
        failed = subprocess.run([*clients["curl"], agent.home / "nowhere", "k"], capture_output=True)
        check(failed.returncode != 0, "a failure is one")


if __name__ == "__main__":
    run_tests(globals())
