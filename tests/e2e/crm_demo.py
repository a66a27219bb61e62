#!/usr/bin/env python3
"""The loop that the whole is for, on a real CRM: a customer made online is greeted at an offline till, buys, withdraws, and is erased.

  ./run demo --crm

Ends with a search of every disk of ours for her name and numbers; exits 1 when one of them knows her, or when the CRM does not have
what happened exactly once. Leaves nothing behind.
"""
import sys
import time

from customers import find, identifier, known
from erasure import sealed
from harness import Failure, Lab, check, sale, synced, wait_until
from sync import SALES
from testing import Skip
from tryton import gateway_with, tryton
from webhook import drained

NAME, PHONE, EMAIL, CARD = "Clothilde Vandermeer", "+447400123456", "clothilde@example.com", "CLUB424242"
started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:6.1f} s  {text}", flush=True)


def create_online(server):
    """What somebody types into Tryton, or its web shop writes."""
    party, = server.rpc("model.party.party.create", [{
        "name": NAME, "contact_mechanisms": [["create", [{"type": "email", "value": EMAIL}, {"type": "mobile", "value": PHONE}]]],
        "identifiers": [["create", [{"code": f"loyalty:{CARD}"}]]],
        "addresses": [["create", [{"street": "1 rue de Rivoli", "postal_code": "75001", "city": "Paris"}]]]}])
    listed = server.read("marketing.email.list", [], "name")[0]["id"]
    server.rpc("model.marketing.email.create", [{"email": EMAIL, "list_": listed, "active": True}])
    return party


def disks(lab):
    """Every file that a device or the centre of ours has written."""
    for home in [*(a.home for a in lab.agents), *(g.home for g in lab.gateways)]:
        for file in [*home.rglob("*"), home.with_suffix(".log")]:
            if file.is_file() and not file.is_symlink():
                yield file


def knows(file):
    text = file.read_bytes()
    return [word for word in (NAME.split()[0], NAME.split()[1], PHONE[1:], EMAIL, CARD) if word.encode() in text]


def loop(lab, server):
    gateway = gateway_with(lab, server.port, server.database)
    till = lab.agent(gateway, "12", "1")
    say("a Tryton, a gateway and a till are running")

    party = create_online(server)
    began = time.monotonic()
    known(till, "LOYALTY_CARD", CARD, 30)
    say(f"{NAME} was created in Tryton; the till knows her {time.monotonic() - began:.1f} s later")
    wait_until(lambda: [c.get("granted") for c in known(till, "LOYALTY_CARD", CARD)["customer"].get("consents", [])] == [True], 30,
               "the till knows that she may be written to")

    gateway.process.stop()
    status, found = find(till, "PHONE", "07400 123456", offline=False)
    check(status == 200 and found["source"] == "SOURCE_DEVICE", f"{status} {found}")
    say(f"the line is cut. She shows her phone number, and the till greets her: Hello {found['customer']['given_name']} {found['customer']['family_name']}")
    done = till.capture(SALES, sale("19.90", customer={"identifiers": [identifier("LOYALTY_CARD", CARD)]}))
    say(f"she buys, receipt {done['receipt_number']}, still without a line")
    gateway.start()
    synced(gateway, till)
    drained(gateway, 90)
    reference = f"till:12-1-{done['business_day']}-{done['receipt_number']}"
    sales = server.read("sale.sale", [["reference", "=", reference]], "party", "state", "total_amount")
    check(len(sales) == 1 and sales[0]["party"] == party and sales[0]["total_amount"]["decimal"] == "19.90", f"{sales}")
    say("the line is back: her purchase is in Tryton, once, under her own party")

    till.capture("/v1/consents", {"customer": {"identifiers": [identifier("LOYALTY_CARD", CARD)]}, "consent": {
        "purpose": "PURPOSE_MARKETING", "channel": "CONSENT_CHANNEL_EMAIL", "granted": False}})
    may_write = lambda: server.read("marketing.email", [["email", "=", EMAIL], ["active", "in", [True, False]]], "active")
    wait_until(lambda: [row["active"] for row in may_write()] == [False], 30, "Tryton shows that she withdrew")
    say("she withdraws her consent at the till: Tryton may not write to her any more")

    server.rpc("model.party.party.write", [party], {"contact_mechanisms": [["delete", [
        row["id"] for row in server.read("party.contact_mechanism", [["party", "=", party], ["type", "=", "mobile"]], "id")]],
        ["create", [{"type": "mobile", "value": "+447400654321"}]]]})
    known(till, "PHONE", "+447400654321", 30)
    wait_until(lambda: find(till, "PHONE", PHONE)[0] == 404, 10, "and not by the old one")
    say("her phone number is changed in Tryton: the till finds her by the new one, and not by the old")

    customer = gateway.json("customer", "show", "--card", CARD)["customer"]
    report = gateway.ctl("privacy", "erase", "--card", CARD, "--reason", "she asked for it", ok=(0, 1))
    say("she asks to be erased; the centre's signed report:")
    print("\n".join("         " + text for text in report.stdout.splitlines()), flush=True)
    wait_until(lambda: gateway.ctl("privacy", "status", "--customer", customer, ok=(0, 1)).returncode == 0, 90, "done everywhere")
    check(find(till, "LOYALTY_CARD", CARD, offline=False)[0] == 404, "nobody knows her")
    there = server.rpc("model.party.party.read", [party], ["name", "contact_mechanisms", "active"])[0]
    check(not there["name"] and not there["contact_mechanisms"] and not there["active"] and not may_write(), f"{there}")
    check(len(server.read("sale.sale", [["reference", "=", reference]], "state")) == 1, "what was sold was sold")
    say("done everywhere: the till, the ledger, Tryton (and its mailing list); the sale stays, as nobody's")
    for agent in lab.agents:
        agent.process.stop()
    gateway.process.stop()
    remembering = {str(file.name): words for file in disks(lab) if (words := knows(file))}
    check(not remembering, f"disks that know her: {remembering}")
    check(sealed(gateway.home / "ledger.db", "envelopes") == 0 and all(sealed(a.home / "journal.db") == 0 for a in lab.agents), "and no sealed part is left to open")
    say(f"no disk of ours names her: {sum(1 for _ in disks(lab))} files searched")


def main():
    try:
        with Lab() as lab:
            loop(lab, tryton(lab))
    except Skip as why:
        sys.exit(f"./run demo --crm needs a Tryton: {why}")
    except Failure as failure:
        sys.exit(f"BROKEN: {failure}")


if __name__ == "__main__":
    main()
