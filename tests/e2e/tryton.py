#!/usr/bin/env python3
"""The Tryton connector against a real Tryton whose answers get lost; with --postgres it is one on PostgreSQL, which commits side by
side what SQLite does one after the other."""
import itertools
import json
import random
import shutil
import sys
import tempfile
import threading
from decimal import Decimal
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from customers import find, known as known_at
from doors import line
from harness import Lab, check, sale, synced, wait_until
from testing import Skip, note, run as run_tests
from tryton_server import PASSWORD, USER, Tryton
from webhook import drained, stands

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import postgres  # noqa: E402

SALES = "/v1/transactions"
CASH = "TENDER_TYPE_CASH"
NUMBERS = itertools.count(1)
ON_POSTGRES = "--postgres" in sys.argv
SERVERS = {}  # Made once for all tests of this file: half a minute.


class Leaky:
    """Stands in front of a Tryton and loses so many of the answers to what it is told to write."""

    def __init__(self, port, lost):
        self.port, self.lost, self.dropped, self.random = port, lost, 0, random.Random(11)
        self.meanwhile = None  # Called with each request and its answer, before the gateway has that.
        leaky = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server = HTTPConnection("127.0.0.1", leaky.port, timeout=60)
                try:
                    server.request("POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() not in ("host", "expect")})
                    writes = any(word in body for word in (b".create", b".write", b".quote", b".confirm"))
                    if writes and leaky.random.random() < leaky.lost:
                        leaky.dropped += 1
                        if leaky.random.random() < 0.5:
                            server.getresponse().read()
                        self.close_connection = True
                        return self.connection.close()
                    answer = server.getresponse()
                    text = answer.read()
                    if leaky.meanwhile:
                        leaky.meanwhile(body, text)
                except OSError:
                    self.close_connection = True
                    return self.connection.close()
                finally:
                    server.close()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def tryton(lab, hardened=False):
    """A server with what a shop set up and nothing else; hardened it has an index that lets no reference in twice."""
    if "made" not in SERVERS:
        SERVERS["folder"] = tempfile.mkdtemp(prefix="tillstream-tryton-")
        SERVERS["uri"] = None
        if ON_POSTGRES:
            try:
                SERVERS["postgres"] = postgres.Postgres().__enter__()
            except postgres.Unavailable as why:
                raise Skip(str(why)) from None
            SERVERS["uri"] = SERVERS["postgres"].tcp_url.removesuffix("postgres")
        SERVERS["made"] = Tryton(Path(SERVERS["folder"]) / "made", SERVERS["uri"]).make()
    server = Tryton(lab.folder / "tryton", SERVERS["uri"], f"crm{next(NUMBERS)}").copy_of(SERVERS["made"])
    lab.processes.append(server.process)
    if hardened:
        server.harden()
    return server.start()


def gateway_with(lab, port, database):
    gateway = lab.gateway(start=False)
    (gateway.home / "tryton-password").write_text(PASSWORD + "\n")
    (gateway.home / "tryton-password").chmod(0o600)
    with open(gateway.home / "gateway.toml", "a", encoding="utf-8") as settings:
        settings.write(f'\n[[tryton]]\nname = "tryton"\nurl = "http://127.0.0.1:{port}"\ndatabase = "{database}"\n'
                       f'user = "{USER}"\npassword_file = "tryton-password"\nsettle_seconds = 1\n')
    return gateway.start()


def customer(number, **more):
    return {"identifiers": [{"type": "IDENTIFIER_TYPE_EMAIL", "value": f"c{number}@example.com"},
                            {"type": "IDENTIFIER_TYPE_PHONE", "value": f"+44 7400 1234{number:02}"},
                            {"type": "IDENTIFIER_TYPE_LOYALTY_CARD", "value": f"CLUB-{number:04}"}],
            "given_name": "Shopper", "family_name": str(number), **more}


def consent(till, number, granted, channel="CONSENT_CHANNEL_EMAIL", purpose="PURPOSE_MARKETING"):
    till.capture("/v1/consents", {"customer": customer(number), "consent": {"purpose": purpose, "channel": channel, "granted": granted,
                                                                           "text_version": "2026-1", "proof": "signature" if granted else ""}})


def test_every_customer_sale_and_consent_once_though_answers_are_lost():
    """A third of the answers to writes are lost, before or after Tryton has finished, and the gateway is killed three times: every sale and return is there once, done, to the cent; every customer once, with her address, number and card; consents as they stand at last."""
    with Lab() as lab:
        server = tryton(lab)
        leaky = Leaky(server.port, 0.33)
        gateway = gateway_with(lab, leaky.server.server_port, server.database)
        till = lab.agent(gateway, "12", "1")
        sold = {}

        def sell(body):
            done = till.capture(SALES, body)
            sold[f"till:12-1-{done['business_day']}-{done['receipt_number']}"] = Decimal(done["total"])
            return done
        for i in range(4):
            sell(sale(order=f"plain-{i}", customer=customer(i)))
            sell(sale(lines=[line(gtin="4006381333931", sku="", quantity="3", unit_price="1.105", discounts=[{"amount": "0.20"}]),
                             line(sku="CHEESE", description="Cheese", quantity="0.345", unit="KGM", unit_price="17.99")],
                      tenders=[{"type": CASH, "amount": "20.00"}], customer=customer(i)))
            gateway.process.kill()
            gateway.process.start()
            gateway.wait_ready()
        sell(sale(order="nobody"))
        back = sale(tenders=[{"type": CASH, "amount": "-2.50"}], customer=customer(1))
        back["lines"][0].update(kind="LINE_KIND_RETURN", reason="broken")
        sell(back)
        gone = sell(sale(order="gone"))
        void = till.capture("/v1/post-voids", {"receipt_number": gone["receipt_number"], "reason": "changed her mind"})
        sold[f"till:12-1-{void['business_day']}-{void['receipt_number']}"] = -Decimal(gone["total"])
        till.capture(SALES, sale(order="training", training=True))
        till.capture("/v1/customers", {"customer": customer(9, given_name="New"), "language": "en"})
        consent(till, 0, True)
        consent(till, 1, True)
        consent(till, 1, False)
        consent(till, 2, True, "CONSENT_CHANNEL_SMS")
        consent(till, 3, True, "CONSENT_CHANNEL_SMS")
        consent(till, 3, False, "CONSENT_CHANNEL_SMS")
        synced(gateway, till)
        drained(gateway, 240)

        there = server.sales()
        check(stands(gateway)["refused"] == 0, f"{gateway.json('crm', 'refused', 'tryton')}")
        check(sorted(r for r, _, _ in there) == sorted(sold), f"each sale once: {sorted(set(sold) - {r for r, _, _ in there})} are missing of {len(sold)}, {len(there)} there")
        check(all(state == "done" for _, state, _ in there), f"all done: {[s for s in there if s[1] != 'done']}")
        wrong = [(r, total, sold[r]) for r, _, total in there if Decimal(total) != sold[r]]
        check(not wrong, f"to the cent: {wrong}")
        parties = server.read("party.party", [["code", "like", "till:cust:%"]], "name", "contact_mechanisms", "identifiers", "code", "categories")
        check(sorted(p["name"] for p in parties) == ["New 9", "Shopper 0", "Shopper 1", "Shopper 2", "Shopper 3"], f"each customer once: {parties}")
        check(all(len(p["contact_mechanisms"]) == 2 and len(p["identifiers"]) == 1 for p in parties), f"{parties}")
        check(len(server.read("party.party", [["identifiers.code", "=", "loyalty:CLUB0002"]], "name")) == 1, "found by her card")
        check(server.read("party.party", [["code", "=", "till:walkin:12"]], "name") != [], "nobody is a walk-in")
        listed = {e["email"]: e["active"] for e in server.read("marketing.email", [["active", "in", [True, False]]], "email", "active")}
        check(listed == {"c0@example.com": True, "c1@example.com": False}, f"who may be written to: {listed}")
        sms = [p["name"] for p in parties if p["categories"]]
        check(sms == ["Shopper 2"], f"who may be sent a message: {sms}")
        check(leaky.dropped > 5, "answers were lost")
        note(f"{len(sold)} sales, {len(parties)} customers; {leaky.dropped} answers lost")
        leaky.close()


def test_what_tryton_refuses_is_named_and_goes_when_it_is_mended():
    """A sale of a store that Tryton does not know is refused with the field that names it and holds up nobody; once the store is set up there it is sent again. A wrong password is said, and does not lock the account."""
    with Lab() as lab:
        server = tryton(lab)
        gateway = gateway_with(lab, server.port, server.database)
        known, unknown = lab.agent(gateway, "12", "1"), lab.agent(gateway, "77", "1")
        unknown.capture(SALES, sale(order="far"))
        known.capture(SALES, sale(order="here"))
        for till in (known, unknown):
            synced(gateway, till)
        drained(gateway)
        check(len(server.sales()) == 1, f"{server.sales()}")
        refused = gateway.json("crm", "refused", "tryton")["refused"]
        check(len(refused) == 1 and refused[0]["field"] == "context.store" and '"77"' in refused[0]["cause"], f"{refused}")
        server.add_store("77")
        gateway.ctl("crm", "retry", "tryton")
        wait_until(lambda: len(server.sales()) == 2, 30, "both are there")

        gateway.process.stop()
        (gateway.home / "tryton-password").write_text("wrong\n")
        gateway.start()
        known.capture(SALES, sale(order="later"))
        synced(gateway, known)
        wait_until(lambda: "does not" in stands(gateway)["trouble"], 20, "it says so")
        (gateway.home / "tryton-password").write_text(PASSWORD + "\n")
        drained(gateway, 90)
        check(len(server.sales()) == 3 and stands(gateway)["refused"] == 0, f"{stands(gateway)}")


def test_changes_merges_and_counts_go_both_ways_though_answers_are_lost():
    """Answers are lost and the gateway is killed: a customer of Tryton is known at the till, with her consents, and what is changed of her there follows; of two customers who turn out to be one Tryton keeps one, with both sales; a withdrawal there is obeyed here, and one that was never given is not; an approved count is the stock there, once."""
    with Lab() as lab:
        server = tryton(lab)
        leaky = Leaky(server.port, 0.3)
        gateway = gateway_with(lab, leaky.server.server_port, server.database)
        till = lab.agent(gateway, "12", "1")
        listed = server.read("marketing.email.list", [], "name")[0]["id"]
        sms = server.read("party.category", [["name", "=", "consent:sms"]], "name")[0]["id"]
        online, = server.rpc("model.party.party.create", [{
            "name": "Mei Lin", "categories": [["add", [sms]]],
            "contact_mechanisms": [["create", [{"type": "email", "value": "Mei@Example.com"}, {"type": "mobile", "value": "07400 555111"}]]]}])
        server.rpc("model.marketing.email.create", [{"email": "mei@example.com", "list_": listed, "active": True}])

        def consents():
            found = find(till, "EMAIL", "mei@example.com")[1].get("customer", {})
            return {c["channel"][16:]: c.get("granted", False) for c in found.get("consents", [])}
        wait_until(lambda: consents() == {"EMAIL": True, "SMS": True}, 40, "known at the till, and what she agreed to")
        check(known_at(till, "PHONE", "+447400555111")["customer"]["family_name"] == "Lin", "however it is written")
        gateway.process.kill()
        gateway.process.start()
        gateway.wait_ready()
        till.capture(SALES, sale("1.00", customer={"identifiers": [{"type": "IDENTIFIER_TYPE_PHONE", "value": "07400 555111"}]}))
        server.rpc("model.party.party.write", [online], {"categories": [["remove", [sms]]]})
        wait_until(lambda: consents() == {"EMAIL": True, "SMS": False}, 40, "she withdrew it there")
        till.capture("/v1/consents", {"customer": {"identifiers": [{"type": "IDENTIFIER_TYPE_EMAIL", "value": "mei@example.com"}]}, "consent": {
            "purpose": "PURPOSE_MARKETING", "channel": "CONSENT_CHANNEL_SMS", "granted": True, "text_version": "2", "proof": "signature"}})
        synced(gateway, till)
        drained(gateway, 90)
        check(server.read("party.party", [["id", "=", online]], "categories")[0]["categories"] == [sms], "and gave it again at the till")

        # Another one, made at the till, who turns out to be her.
        till.capture(SALES, sale("2.00", customer={"identifiers": [{"type": "IDENTIFIER_TYPE_LOYALTY_CARD", "value": "CLUB-0555"}], "family_name": "Lin"}))
        synced(gateway, till)
        drained(gateway, 90)
        parties = lambda: server.read("party.party", [["OR", ["id", "=", online], ["code", "like", "till:cust:%"]]], "name")
        check(len(parties()) == 2, f"{parties()}")
        till.capture(SALES, sale("4.00", customer={"identifiers": [{"type": "IDENTIFIER_TYPE_LOYALTY_CARD", "value": "CLUB-0555"},
                                                                   {"type": "IDENTIFIER_TYPE_EMAIL", "value": "mei@example.com"}]}))
        synced(gateway, till)
        drained(gateway, 90)
        check(len(parties()) == 1, f"one is left: {parties()}")
        sales = server.read("sale.sale", [["reference", "like", "till:%"]], "party", "total_amount")
        check(sorted(s["total_amount"]["decimal"] for s in sales) == ["1.00", "2.00", "4.00"] and len({s["party"] for s in sales}) == 1, f"{sales}")

        counting = {"session": "S1", "location": "shop", "lines": [{"gtin": "4006381333931", "quantity": "40", "counter": "a"}, {"sku": "TEA-1", "quantity": "7", "counter": "a"}]}
        till.capture("/v1/stock/counts", {**counting, "state": "SESSION_STATE_OPEN"})
        till.capture("/v1/stock/counts", {**counting, "lines": [{"gtin": "4006381333931", "quantity": "2", "counter": "b"}], "state": "SESSION_STATE_SUBMITTED"})
        till.capture("/v1/stock/counts", {"session": "S1", "location": "shop", "lines": [{"sku": "TEA-1", "quantity": "8", "counter": "a", "recount": True}], "state": "SESSION_STATE_APPROVED"})
        synced(gateway, till)
        drained(gateway, 90)
        check(stands(gateway)["refused"] == 0, f"{gateway.json('crm', 'refused', 'tryton')}")
        counted = server.read("stock.inventory.line", [["inventory.state", "=", "done"]], "quantity")
        check(sorted(row["quantity"] for row in counted) == [8, 42], f"two counters add, a recount supersedes, and each is there once: {counted}")
        check(leaky.dropped > 2, "answers were lost")
        leaky.close()


def test_a_hardened_tryton_tells_the_loser_who_looks_again():
    """With an index that lets no reference in twice, somebody makes each sale between our look and our write: the sale is there once, and is finished."""
    with Lab() as lab:
        server = tryton(lab, hardened=True)
        leaky = Leaky(server.port, 0)
        gateway = gateway_with(lab, leaky.server.server_port, server.database)
        till = lab.agent(gateway, "12", "1")
        raced = []

        def make_it_first(body, text):
            asked, answer = json.loads(body), json.loads(text)
            if asked["method"] != "model.sale.sale.create" and "sale.sale.search_read" not in asked["method"] or answer.get("result") != []:
                return
            reference = asked["params"][0][0][2]
            party = server.read("party.party", [["code", "=", "till:walkin:12"]], "addresses") or server.read("party.party", [], "addresses")
            company = server.company
            ours = server.rpc("model.sale.sale.create", [{"company": company, "currency": server.read("currency.currency", [], "code")[0]["id"], "party": party[0]["id"],
                                                          "warehouse": server.read("stock.location", [["type", "=", "warehouse"], ["code", "=", "12"]], "code")[0]["id"],
                                                          "reference": reference, "invoice_method": "manual", "shipment_method": "manual",
                                                          "invoice_address": address(server, party[0]), "shipment_address": address(server, party[0]),
                                                          "sale_date": {"__class__": "date", "year": 2026, "month": 11, "day": 23},
                                                          "lines": [["create", [{"type": "line", "description": "Tea", "quantity": 1.0, "unit_price": {"__class__": "Decimal", "decimal": "2.50"}}]]]}])
            raced.append(ours)
        leaky.meanwhile = make_it_first
        for i in range(3):
            till.capture(SALES, sale(order=f"raced-{i}"))
        synced(gateway, till)
        drained(gateway, 60)
        there = server.sales()
        check(len(there) == 3 and len(raced) == 3 and all(state == "done" for _, state, _ in there), f"{there} {raced}")
        leaky.close()


def address(server, party):
    return party["addresses"][0] if party["addresses"] else server.rpc("model.party.address.create", [{"party": party["id"]}])[0]


if __name__ == "__main__":
    sys.argv = [word for word in sys.argv if word != "--postgres"]
    try:
        run_tests(globals())
    finally:
        if "postgres" in SERVERS:
            SERVERS["postgres"].__exit__(None, None, None)
        shutil.rmtree(SERVERS.get("folder", "/nonexistent"), ignore_errors=True)
