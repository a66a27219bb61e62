#!/usr/bin/env python3
"""A customer's rights: all that is known of her, and to be forgotten, also by a till that was away and by records that come late."""
import json
import sqlite3

from customers import find, identifier, known, person
from harness import Lab, check, run, sale, synced, wait_until, BIN
from sync import SALES
from testing import run as run_tests


def sealed(file, table="event"):
    """How many sealed parts a journal or ledger holds; as whoever has the disk would look."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        return database.execute(f"SELECT count(*) FROM {table} WHERE sealed IS NOT NULL").fetchone()[0]


def enrol(till, number):
    till.capture("/v1/customers", {"customer": person(number), "consents": [
        {"purpose": "PURPOSE_MARKETING", "channel": "CONSENT_CHANNEL_EMAIL", "granted": True, "text_version": "2026-1", "proof": "signature"}]})


def erase(gateway, *who, ok=(0, 1)):
    return json.loads(gateway.ctl("--json", "privacy", "erase", *who, "--reason", "she asked", ok=ok).stdout)


def pending(report):
    return {row["place"]: row["pending"] for row in report["report"]["places"] if row["pending"]}


def test_a_customer_gets_all_that_is_known_of_her_signed():
    """The export has name, identifiers, consents with proof and every purchase with its lines; anybody with the administrator's folder can check the signature without the centre, and a changed letter shows."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "1")
        enrol(till, 1)
        done = till.capture(SALES, sale("3.50", customer=person(1)))
        synced(gateway, till)
        gateway.projected()
        answer = gateway.json("privacy", "export", "--email", "C1@example.com")
        told = answer["report"]
        check(told["person"]["family_name"] == "1" and len(told["person"]["identifiers"]) == 3, f"{told['person']}")
        check(told["consents"][0]["proof"] == "signature" and told["consents"][0]["granted"], f"{told['consents']}")
        bought, = told["transactions"]
        check(bought["number"] == done["receipt_number"] and "Tea" in json.dumps(bought["stored"]), f"{bought}")
        file = lab.folder / "export.json"
        file.write_text(json.dumps(answer))
        gateway.process.stop()
        check("Signed by this centre" in gateway.ctl("privacy", "verify", file).stdout, "checked offline")
        file.write_text(json.dumps({**answer, "report": {**told, "language": "xx"}}))
        check("not what was signed" in gateway.ctl("privacy", "verify", file, ok=(1,)).stderr, "the report was changed")
        file.write_text(json.dumps({**answer, "signed": answer["signed"].replace("Tea", "Tee"), "report": json.loads(answer["signed"].replace("Tea", "Tee"))}))
        gateway.ctl("privacy", "verify", file, ok=(1,))
        gateway.ctl("privacy", "verify", lab.folder / "none.json", ok=(2,))


def test_who_is_erased_is_forgotten_by_every_disk_and_stays_so():
    """Erased while one of her tills is away: the ledger, the vault and the till that is there forget her at once, the report says what is pending where; when the other comes back its unsent record about her is taken, counted and emptied, its journal and its cache forget her, and the report is done. She is known to nobody; figures and chain are as before; when she comes again she is a new customer."""
    with Lab() as lab:
        gateway = lab.gateway()
        here, away = lab.agent(gateway, "12", "1"), lab.agent(gateway, "12", "2")
        enrol(here, 1)
        here.capture(SALES, sale("1.00", customer=person(1)))
        here.capture(SALES, sale("1.50", customer=person(2)))
        away.capture(SALES, sale("2.00", customer=person(1)))
        for till in (here, away):
            synced(gateway, till)
            known(till, "LOYALTY_CARD", "CLUB-0001")
        gateway.projected()
        port = gateway.port
        file = away.home / "enrolment.toml"
        text = file.read_text()
        away.process.stop()
        file.write_text(text.replace(str(port), "1"))  # A line that leads nowhere.
        away.start()
        away.capture(SALES, sale("4.00", customer=person(1)))
        report = erase(gateway, "--card", "CLUB-0001", ok=(1,))
        customer = report["report"]["customer"]
        check(report["report"]["centre_done"], f"{report}")
        wait_until(lambda: find(here, "LOYALTY_CARD", "CLUB-0001", offline=False)[0] == 404, 20, "the till that is there forgot her")
        check(find(here, "LOYALTY_CARD", "CLUB-0002")[0] == 200, "and nobody else")
        check(find(away, "LOYALTY_CARD", "CLUB-0001")[0] == 200, "the one that is away cannot know")
        gateway.ctl("customer", "show", "--card", "CLUB-0001", ok=(1,))
        check(sealed(gateway.home / "ledger.db", "envelopes") == 1, "what is about the other customer stays")
        wait_until(lambda: sealed(here.home / "journal.db") == 1, 20, "its journal as well")

        away.process.stop()
        file.write_text(text)
        away.start()
        synced(gateway, away)
        gateway.projected()
        wait_until(lambda: gateway.ctl("privacy", "status", "--customer", customer, ok=(0, 1)).returncode == 0, 90, "done everywhere")
        wait_until(lambda: sealed(gateway.home / "ledger.db", "envelopes") == 1 and sealed(away.home / "journal.db") == 0, 20, "the late record is empty")
        check(find(away, "LOYALTY_CARD", "CLUB-0001", offline=False)[0] == 404, "and brought nobody back")
        check(sorted(t["gross"] for t in gateway.transactions()) == ["1.00", "1.50", "2.00", "4.00"], "what was sold was sold")
        check(all(t.get("customer") != customer for t in gateway.transactions(number="12-2-1-000002")), "by nobody")
        gateway.ctl("ledger")
        for till in (here, away):
            till.process.stop()
            run(BIN / "tillctl", "verify", till.home)
        again = erase(gateway, "--customer", customer, ok=(0,))
        check(again["report"]["erased"] == report["report"]["erased"], "once more changes nothing")
        with sqlite3.connect(f"file:{gateway.home / 'vault.db'}?mode=ro", uri=True) as vault:
            check(vault.execute("SELECT count(*) FROM customers WHERE length(wrapped_key) = 0 AND personal IS NULL").fetchone()[0] == 1, "no key")
            check(vault.execute("SELECT count(*) FROM identifiers").fetchone()[0] == 3, "no identifier but the other's")
        here.start()
        here.capture(SALES, sale("8.00", customer=person(1)))
        synced(gateway, here)
        gateway.projected()
        new = gateway.json("customer", "show", "--card", "CLUB-0001")
        check(new["customer"] != customer and len(new["transactions"]) == 1, f"{new}")


if __name__ == "__main__":
    run_tests(globals())
