#!/usr/bin/env python3
"""What central IT mends from its desk: exceptions shown, corrected and closed; a till replaced; codes for a handheld's camera; manual and completion."""
import json
import os
import subprocess

from clocks import library
from damage import orders_of
from harness import BIN, Lab, check, run, sale, synced, wait_until
from strange_devices import SALE, stranger
from sync import SALES, sell
from testing import run as run_tests


def test_a_held_sale_counts_once_it_is_corrected():
    """A sale that cannot be read into the tables is shown with its cause and field, corrected by one field, counts from then on, once, and stays in the ledger as it came; what is corrected wrongly is refused and changes nothing; one that may stay is closed with a note."""
    with Lab() as lab:
        gateway = lab.gateway()
        device = stranger(lab, gateway, "9")
        device.connect()
        event = device.wire.Event.FromString(device.sale("held"))
        event.retail_transaction.currency = "?"
        seq = device.journal.add(SALE, event.SerializeToString())
        device.journal.add(SALE, b"\xff\xff unreadable")
        device.drain()
        gateway.projected()
        check(orders_of(gateway) == [], "it is in no table")
        found = {e["seq"]: e for e in gateway.json("exceptions", "list")["exceptions"]}
        held, poison = found[seq]["id"], found[seq + 1]["id"]
        shown = gateway.ctl("exceptions", "show", str(held)).stdout
        check("field: currency" in shown and "is no currency" in shown and "exceptions fix" in shown, shown)
        refused = gateway.ctl("exceptions", "fix", str(held), "--set", "currency=pounds", ok=(2,))
        check("currency" in refused.stderr, f"{refused}")
        wrong = gateway.ctl("exceptions", "fix", str(held), "--set", "no_such.field=1", ok=(2,))
        check("there is no" in wrong.stderr, f"{wrong}")
        check(orders_of(gateway) == [] and len(gateway.json("exceptions", "list")["exceptions"]) == 2, "nothing has changed")
        gateway.ctl("exceptions", "fix", str(held), "--set", "currency=GBP", "--note", "a till set up wrongly")
        check(orders_of(gateway) == ["held"], "it counts")
        check(next(gateway.transactions())["currency"] == "GBP", "as it was put right")
        stored = gateway.json("exceptions", "show", str(held))
        check(stored["stored"]["event"]["retail_transaction"]["currency"] == "?", "the ledger has what came")
        check(stored["exception"]["fixed_by"] and "wrongly" in stored["exception"]["note"], f"{stored['exception']}")
        gateway.ctl("exceptions", "fix", str(held), "--set", "currency=EUR", ok=(1, 4))
        check(gateway.json("ledger")["ok"], "the chain is whole")

        unreadable = gateway.ctl("exceptions", "fix", str(poison), "--set", "context.store=1", ok=(1,))
        check("--event" in unreadable.stderr, f"{unreadable}")
        gateway.ctl("exceptions", "close", str(poison), "--note", "a broken till, sold nothing")
        gateway.ctl("exceptions", "close", str(poison), "--note", "again", ok=(4,))
        gateway.ctl("exceptions", "show", "999", ok=(1,))
        check(gateway.json("exceptions", "list")["exceptions"] == [], "nothing waits any more")
        check(len(gateway.json("exceptions", "list", "--all")["exceptions"]) == 2, "and nothing is forgotten")
        gateway.process.kill()
        gateway.start()
        check(orders_of(gateway) == ["held"], "a restart keeps the correction")


def test_a_replaced_till_takes_over_its_lane():
    """A till that died is shut out and another takes over its store and lane with receipt numbers of its own; the old one's journal stays provable, and it is let in no more."""
    with Lab() as lab:
        gateway = lab.gateway()
        old = lab.agent(gateway, "12", "3")
        sell(old, 3, "old")
        synced(gateway, old)
        journal = old.journal_id()
        device = next(d for d in gateway.json("devices", "list")["devices"] if d["lane"] == "3")["device"]
        said = gateway.ctl("devices", "replace", device).stdout
        check("store 12, lane 3" in said and "stay provable" in said, said)
        gateway.ctl("devices", "replace", "no-such-device", ok=(1,))
        code = gateway.json("devices", "replace", device)["code"]  # Again, as when the first code is lost.
        wait_until(lambda: not old.status()["sync"]["up"], 20, "the old one is shut out")
        old.capture(SALES, sale(order="too late"))
        home = lab.folder / "new"
        run(BIN / "till-agent", "enrol", code, "--home", home)
        new = lab.agents[0].__class__(home, old.settings)
        new.config.write_text(new.settings)
        lab.agents.append(new)
        new.start()
        sell(new, 3, "new")
        synced(gateway, new)
        gateway.projected()
        numbers = [t["number"] for t in gateway.transactions()]
        check(len(numbers) == 6 and len(set(numbers)) == 6 and all(n.startswith("12-3-") for n in numbers), f"{numbers}")
        report = gateway.json("ledger", "--journal", journal)
        check(report["ok"], f"the old journal stays provable: {report}")


def test_a_code_is_shown_as_a_picture():
    """`enrol new --qr` draws the code so that a camera reads exactly the code."""
    with Lab() as lab:
        gateway = lab.gateway()
        said = gateway.ctl("enrol", "new", "--store", "12", "--lane", "3", "--qr").stdout
        code = next(line.strip() for line in said.splitlines() if line.startswith("  "))
        rows = [line[len("\033[30;107m"):-len("\033[0m")] for line in said.splitlines() if line.startswith("\033[30;107m")]
        pixels = []
        for row in rows:
            pixels.append([c in "█▀" for c in row])
            pixels.append([c in "█▄" for c in row])
        picture = lab.folder / "code.pbm"
        scale = 4
        with open(picture, "w", encoding="ascii") as file:
            file.write(f"P1\n{len(pixels[0]) * scale} {len(pixels) * scale}\n")
            for row in pixels:
                for _ in range(scale):
                    file.write(" ".join("1" if dark else "0" for dark in row for _ in range(scale)) + "\n")
        read = subprocess.run(["zbarimg", "--quiet", "--raw", picture], capture_output=True, text=True)
        check(read.stdout.strip() == code, f"{read.stdout!r} {read.stderr} {code}")


def test_the_doctor_says_what_ails_a_device():
    """A healthy till is well; one without its centre, its agent, a good certificate, settings or enrolment is told so in plain words with a remedy; the bundle for support has nothing of a customer, no key and no token."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "3")
        phone, secret = "07700900123", "Canary-Surname"
        till.capture("/v1/customers", {"customer": {"identifiers": [{"type": "IDENTIFIER_TYPE_PHONE", "value": phone}], "family_name": secret}})
        till.capture(SALES, sale(order="private-order"))
        synced(gateway, till)

        def doctor(*more, ok):
            return run(BIN / "tillctl", "doctor", till.home, "--config", till.config, *more, ok=ok).stdout
        well = doctor(ok=(0,))
        check("SICK" not in well and "it runs and stores captures" in well and "the centre is reached" in well, well)
        later = {"LD_PRELOAD": str(library()), "FAKETIME": "+400d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        late = run(BIN / "tillctl", "doctor", till.home, "--config", till.config, ok=(1,), env=later).stdout
        check("SICK   certificate: it ran out" in late and "renews by itself" in late, late)
        gateway.process.stop()
        wait_until(lambda: not till.status()["sync"]["up"], 20, "the link is down")
        cut = doctor(ok=(1,))
        check("the centre is not reached" in cut and "refused" in cut and "sales go on" in cut, cut)
        check("  ok     agent" in cut, "the agent itself is well")
        bundle = lab.folder / "bundle.json"
        doctor("--bundle", bundle, ok=(1,))
        packed = bundle.read_text()
        for canary in (phone, "7700900123", secret, "private-order", till.token(), till.token("reader"), "PRIVATE KEY"):
            check(canary not in packed, f"{canary} is in the bundle")
        check({f["name"] for f in json.loads(packed)["findings"]} >= {"journal", "link", "disk", "certificate", "settings"}, packed)
        till.process.stop()
        check("it does not answer" in doctor(ok=(1,)), "without its agent")
        till.config.write_text(till.settings.replace("GBP", "POUNDS"))
        check("SICK   settings" in doctor(ok=(1,)), "settings that are not usable")
        (till.home / "enrolment.toml").unlink()
        check("not enrolled" in doctor(ok=(1,)), "a device that nobody knows")
        check("is no folder" in run(BIN / "tillctl", "doctor", till.home / "nowhere", ok=(1,)).stdout, "nothing there")


def test_manual_and_completion_come_from_the_commands():
    """Each program's manual page names every command with its options and groff finds nothing wrong in it; bash completes commands, options and files."""
    for program, commands, option in (("tillctl", ("exceptions fix", "devices replace", "verify"), "receipts"),
                                      ("till-agent", ("enrol", "run"), "home"), ("till-gateway", ("init", "serve", "backup"), "public\\-host")):
        manual = run(BIN / program, "manual").stdout
        for words in commands:
            check(f".SS {words}" in manual, words)
        check(f"\\-\\-{option}" in manual and "EXIT STATUS" in manual, "options and exit codes")
        judged = subprocess.run(["groff", "-K", "utf8", "-man", "-ww", "-Tutf8", "-z"], input=manual, capture_output=True, text=True) if os.path.exists("/usr/bin/groff") else None
        check(judged is None or not judged.stderr, f"groff: {judged and judged.stderr}")

    def completed(*words):
        script = f'source <({BIN}/tillctl completion); COMP_WORDS=({" ".join(words)} ""); COMP_CWORD={len(words)}; _tillctl; echo "${{COMPREPLY[@]}}"'
        return run("bash", "-c", script).stdout.split()
    check({"exceptions", "devices", "verify"} <= set(completed("tillctl")), "commands")
    check({"list", "show", "fix", "close"} <= set(completed("tillctl", "--json", "exceptions")), "behind an option")
    check("--receipts" in completed("tillctl", "verify"), "options")
    check("complete -F _till_gateway till-gateway" in run(BIN / "till-gateway", "completion").stdout, "of the other programs, too")


if __name__ == "__main__":
    run_tests(globals())
