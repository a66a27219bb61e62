#!/usr/bin/env python3
"""The webhook connector against a real HTTP receiver that drops answers, refuses, breaks and is away."""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import random
import threading
import time

from clocks import DAY, WrongClock
from damage import sold_and_cut_off, zero_pages_of_events
from harness import Lab, check, sale, synced, wait_until
from testing import note, run as run_tests

SALES = "/v1/transactions"
OLD, NEW = "whsec_" + base64.b64encode(b"o" * 24).decode(), "whsec_" + base64.b64encode(b"n" * 32).decode()


class Receiver:
    """Keeps each CloudEvent by its id, as a CRM behind a webhook would; does with the answers what it is told."""

    def __init__(self, secret=OLD):
        self.events, self.order, self.calls, self.twice, self.bad = {}, [], 0, 0, []
        self.secret, self.mood, self.hates = secret, (lambda: "good"), {}
        self.random, self.now = random.Random(7), time.time
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls += 1
                mood = receiver.mood()
                if mood == "busy":
                    return self.answer(503, b"", {"Retry-After": "1"})
                if mood == "cut before":
                    return self.cut()
                if not receiver.signed(self.headers, body):
                    receiver.bad.append(dict(self.headers))
                    return self.answer(401, b"who are you?")
                answer = receiver.take(json.loads(body))
                if mood == "cut after":
                    return self.cut()
                self.answer(200 if answer is None else 422, json.dumps(answer or {"rejected": receiver.rejected(json.loads(body))}).encode())

            def cut(self):
                self.close_connection = True
                self.connection.close()

            def answer(self, status, body, headers={}):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def signed(self, headers, body):
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mine = "v1," + base64.b64encode(hmac.new(base64.b64decode(self.secret[6:]), text, hashlib.sha256).digest()).decode()
        return mine in headers["webhook-signature"].split() and abs(self.now() - int(headers["webhook-timestamp"])) < 60

    def take(self, batch):
        """All or nothing; None when it is good."""
        for event in batch:
            if self.hates.get(event["id"]) == "batch":
                return {"error": "one of these is not to my taste"}
        for event in batch:
            if event["id"] in self.hates:
                continue
            if event["id"] in self.events:
                self.twice += 1
                continue
            self.events[event["id"]] = event
            self.order.append(event["id"])
        return None

    def rejected(self, batch):
        return [{"id": e["id"], "field": "lines[0].sku", "detail": "no such article"} for e in batch if e["id"] in self.hates]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def gateway_with(lab, receiver, secrets=OLD, **more):
    gateway = lab.gateway(start=False)
    write_secrets(gateway, secrets)
    add_webhook(gateway, receiver.port, **more)
    return gateway.start()


def write_secrets(gateway, *secrets):
    file = gateway.home / "webhook-secrets"
    file.write_text("\n".join(secrets) + "\n")
    file.chmod(0o600)


def add_webhook(gateway, port, **more):
    words = {"name": "shop-crm", "url": f"http://127.0.0.1:{port}/events", "secrets_file": "webhook-secrets", **more}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in words.items())
    with open(gateway.home / "gateway.toml", "a", encoding="utf-8") as settings:
        settings.write(f"\n[[webhook]]\n{lines}")


def stands(gateway):
    return gateway.json("crm", "status")["connectors"][0]


def refusals(gateway):
    return [e for e in gateway.json("exceptions", "list")["exceptions"] if e["code"].startswith("refused by")]


def order_of(event):
    return event["data"]["event"]["retail_transaction"]["order_id"]


def drained(gateway, seconds=60):
    gateway.projected()
    wait_until(lambda: stands(gateway)["behind"] == 0, seconds, f"the CRM has all: {stands(gateway)}")


def test_every_event_once_though_answers_are_lost_and_the_gateway_dies():
    """Half of the answers are dropped after or before the receiver took the events, others are 503, and the gateway is killed again and again: each sale arrives once, each journal in its order, and nothing else."""
    with Lab() as lab:
        receiver = Receiver()
        gateway = gateway_with(lab, receiver, batch_max=8)
        tills = [lab.agent(gateway, "12", lane) for lane in ("1", "2")]
        receiver.mood = lambda: receiver.random.choice(["good", "good", "cut after", "cut before", "busy"])
        sold = []
        for round_ in range(4):
            for i in range(25):
                till = tills[i % 2]
                done = till.capture(SALES, sale(order=f"{round_}-{i}"))
                sold.append(f"{done['journal_id']}/{done['seq']}")
            for till in tills:
                synced(gateway, till)
            time.sleep(1)
            gateway.process.kill()
            gateway.process.start()
            gateway.wait_ready()
        tills[0].capture(SALES, sale(order="training", training=True))
        tills[0].capture("/v1/controls", {"type": "TYPE_DAY_OPEN"})
        synced(gateway, tills[0])
        receiver.mood = lambda: "good"
        drained(gateway)
        check(sorted(receiver.events) == sorted(sold), f"{len(sold)} sold, {len(receiver.events)} there")
        for journal in {s.split("/")[0] for s in sold}:
            mine = [int(id.split("/")[1]) for id in receiver.order if id.startswith(journal)]
            check(mine == sorted(mine), "in the order of their journal")
        check(receiver.bad == [], "every call is signed")
        note(f"{len(sold)} sales, {receiver.calls} calls, {receiver.twice} came twice and were dropped by their id")
        receiver.close()


def test_a_receiver_that_is_away_for_long_gets_all_when_it_is_back():
    """While the receiver is away, for a day, sales and their projection go on; a status says why; what waited arrives when it is back, signed at the new day's time and dated by when it was sold."""
    with Lab() as lab:
        receiver = Receiver()
        gateway = gateway_with(lab, receiver)
        till = lab.agent(gateway)
        port = receiver.port
        receiver.close()
        for i in range(150):
            till.capture(SALES, sale(order=f"away-{i}"))
        synced(gateway, till)
        gateway.projected()
        wait_until(lambda: stands(gateway)["trouble"], 20, "the trouble is said")
        check(stands(gateway)["behind"] == 150 and len(list(gateway.transactions())) == 150, f"{stands(gateway)}")
        check("crm status" in gateway.ctl("crm", "--help").stdout or "shop-crm" in gateway.ctl("crm", "status").stdout, "for people")
        sold = time.time()
        gateway.process.kill()
        WrongClock(lab, gateway).set(DAY)  # The next day, as the gateway sees it.
        settings = (gateway.home / "gateway.toml").read_text()
        back = Receiver()
        back.now = lambda: time.time() + DAY
        (gateway.home / "gateway.toml").write_text(settings.replace(f":{port}/", f":{back.port}/"))
        gateway.process.start()
        gateway.wait_ready()
        drained(gateway)
        check(len(back.events) == 150 and back.twice == 0 and back.bad == [], f"{len(back.events)}")
        dated = [datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00")).timestamp() for e in back.events.values()]
        check(max(abs(at - sold) for at in dated) < 120, f"sold {sold}, dated {min(dated)} to {max(dated)}")
        back.close()


def test_events_are_dated_by_the_centres_clock():
    """What a till sold whose clock is three hours fast reaches the receiver under the time it was."""
    with Lab() as lab:
        receiver = Receiver()
        gateway = gateway_with(lab, receiver)
        till = lab.agent(gateway, start=False)
        WrongClock(lab, till).set(3 * 3600)
        till.start()
        till.capture(SALES, sale(order="first"))
        drained(gateway)
        till.capture(SALES, sale(order="fast"))
        synced(gateway, till)
        drained(gateway)
        at = [datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00")).timestamp() for e in receiver.events.values()]
        check(len(at) == 2 and abs(at[-1] - time.time()) < 60, f"{at} for {time.time()}")
        receiver.close()

def test_what_is_refused_is_named_and_can_be_sent_again():
    """An event that the receiver refuses, by its answer's body or by refusing the batch that holds it, is named with field and cause and holds up no other; sent again when somebody asks for it."""
    with Lab() as lab:
        receiver = Receiver()
        gateway = gateway_with(lab, receiver)
        till = lab.agent(gateway)
        done = [till.capture(SALES, sale(order=str(i))) for i in range(2)]
        drained(gateway)
        journal, seq = done[-1]["journal_id"], int(done[-1]["seq"])
        receiver.hates = {f"{journal}/{seq + 2}": "alone", f"{journal}/{seq + 5}": "batch"}
        for i in range(8):
            till.capture(SALES, sale(order=f"more-{i}"))
        synced(gateway, till)
        drained(gateway)
        check(len(receiver.events) == 8, f"eight of ten: {len(receiver.events)}")
        refused = {r["seq"]: r for r in gateway.json("crm", "refused", "shop-crm")["refused"]}
        check(set(refused) == {seq + 2, seq + 5}, f"{refused}")
        check(refused[seq + 2]["cause"] == "no such article" and refused[seq + 2]["field"] == "lines[0].sku", f"{refused}")
        check("not to my taste" in refused[seq + 5]["cause"], f"{refused}")
        check(stands(gateway)["refused"] == 2 and not stands(gateway)["trouble"], f"{stands(gateway)}")
        gateway.ctl("crm", "refused", "nobody", ok=(1,))
        wait_until(lambda: len(refusals(gateway)) == 2, 10, "both are exceptions, too")
        first, other = sorted(refusals(gateway), key=lambda e: int(e["seq"]))
        check(first["code"] == "refused by shop-crm" and first["field"] == "lines[0].sku" and first["cause"] == "no such article" and first["store"], f"{first}")
        check(len(list(gateway.transactions())) == 10, "all of them count here")
        receiver.hates = {f"{journal}/{seq + 2}": "alone"}
        no = gateway.ctl("exceptions", "fix", str(first["id"]), "--set", "totals.gross=1", "--note", "cheaper", ok=(2,))
        check("what was sold" in no.stderr, no.stderr)
        gateway.ctl("exceptions", "fix", str(first["id"]), "--set", "lines[0].item.sku=OTHER", "--note", "as the shop calls it")
        wait_until(lambda: any(e["open"] for e in refusals(gateway) if e["seq"] == first["seq"]), 20, "refused again, it is open again")
        receiver.hates = {}
        gateway.ctl("exceptions", "fix", str(refusals(gateway)[-1]["id"]), "--set", "lines[0].item.sku=ANOTHER", "--note", "as the shop calls it")
        wait_until(lambda: len(receiver.events) == 9, 20, "as corrected")
        check("ANOTHER" in json.dumps(receiver.events[f"{journal}/{seq + 2}"]), "what the receiver got")
        check(first["seq"] not in {e["seq"] for e in refusals(gateway)}, "closed")
        check("1 event" in gateway.ctl("crm", "retry", "shop-crm").stdout, "again")
        wait_until(lambda: len(receiver.events) == 10, 20, "both are there")
        wait_until(lambda: refusals(gateway) == [], 10, "an exception that was taken closes by itself")
        receiver.hates = {f"{journal}/{seq + 9}": "alone"}
        till.capture(SALES, sale(order="never"))
        synced(gateway, till)
        wait_until(lambda: len(refusals(gateway)) == 1, 20, "one more")
        gateway.ctl("exceptions", "close", str(refusals(gateway)[0]["id"]), "--note", "they need not have it")
        check(stands(gateway)["refused"] == 0 and refusals(gateway) == [], "given up")
        check(stands(gateway)["refused"] == 0 and receiver.twice == 0, f"{stands(gateway)}")
        receiver.close()


def test_what_was_salvaged_arrives_as_what_it_was():
    """Sales that are salvaged from a damaged journal reach the receiver as sales, each once; the one that nothing proves waits for a person."""
    with Lab() as lab:
        receiver = Receiver()
        gateway = gateway_with(lab, receiver)
        till = lab.agent(gateway)
        journal, _ = sold_and_cut_off(gateway, till)
        zero_pages_of_events(till, [40])
        gateway.start()
        till.start()
        wait_until(lambda: till.journal_id() != journal, 30, "the till goes on in a new journal")
        till.capture(SALES, sale(order="after"))
        synced(gateway, till)
        wait_until(lambda: any(t["order_id"] == "after" for t in gateway.transactions()), 30, "all is projected")
        drained(gateway)
        counted = sorted(t["order_id"] for t in gateway.transactions())
        arrived = sorted(order_of(e) for e in receiver.events.values())
        check(arrived == counted and len(set(arrived)) == len(arrived), f"{set(counted) ^ set(arrived)}")
        check(any(i.split("/")[0] != journal and "unsent" in order_of(e) for i, e in receiver.events.items()), "some were salvaged")
        receiver.close()


def test_secrets_change_without_loss():
    """While a secret is changed the gateway signs with both; a receiver that knows the old or the new one takes every event, and the gateway does not restart."""
    with Lab() as lab:
        receiver = Receiver(OLD)
        gateway = gateway_with(lab, receiver)
        till = lab.agent(gateway)

        def sold(order):
            till.capture(SALES, sale(order=order))
            synced(gateway, till)
            drained(gateway)
        sold("old")
        write_secrets(gateway, NEW, OLD)
        sold("both, known by the old")
        receiver.secret = NEW
        sold("both, known by the new")
        write_secrets(gateway, NEW)
        sold("new")
        check(len(receiver.events) == 4 and receiver.bad == [], f"{len(receiver.events)} {receiver.bad[:1]}")
        write_secrets(gateway, OLD)
        till.capture(SALES, sale(order="wrong"))
        synced(gateway, till)
        wait_until(lambda: "401" in stands(gateway)["trouble"], 20, "a wrong one is said")
        write_secrets(gateway, "too short")
        wait_until(lambda: "shorter than 24" in stands(gateway)["trouble"], 20, "and one that is none")
        write_secrets(gateway, NEW)
        drained(gateway)
        check(len(receiver.events) == 5, "nothing was lost by it")
        receiver.close()


def test_a_customer_goes_along_only_where_she_may():
    """With person a receiver is told who a customer is, as her events arrive; without it only by the centre's number; http to another machine is refused at the start."""
    with Lab() as lab:
        plain, full = Receiver(), Receiver()
        gateway = gateway_with(lab, plain)
        add_webhook(gateway, full.port, name="full", person=True)
        gateway.process.stop()
        gateway.start()
        till = lab.agent(gateway)
        till.capture(SALES, sale(customer={"identifiers": [{"type": "IDENTIFIER_TYPE_EMAIL", "value": "Shopper@Example.com"}], "given_name": "Mei"}))
        synced(gateway, till)
        gateway.projected()
        wait_until(lambda: plain.events and full.events, 20, "both have it")
        told, quiet = next(iter(full.events.values())), next(iter(plain.events.values()))
        person = told["data"]["customer"]["person"]
        check(person["given_name"] == "Mei" and person["identifiers"][0]["value"] == "shopper@example.com", f"{person}")
        check(quiet["data"]["customer"] == {"id": told["subject"]} and "hopper" not in json.dumps(quiet), f"{quiet}")
        add_webhook(gateway, 1, name="far", url="http://crm.example/events")
        gateway.process.stop()
        gateway.process.start()
        wait_until(lambda: not gateway.process.running, 10, "it does not start")
        check("https://" in gateway.process.tail() and "webhook.url" in gateway.process.tail(), gateway.process.tail())
        plain.close()
        full.close()


if __name__ == "__main__":
    run_tests(globals())
