#!/usr/bin/env python3
"""Master data: imported from CSV at the centre, obeyed by every till, all of a version or none of it."""
import itertools
import threading
import time

from harness import BIN, Lab, check, default_settings, run, sale, wait_until
from sync import SALES
from testing import run as run_tests

KEYS = itertools.count()
SHOP = {
    "stores": "store,name,currency,time_zone,cut_over,country,default_tax_code,gln,tax_id\n"
              "12,High Street,GBP,Europe/London,04:00,GB,A,4000001000005,GB123\n13,Pier,GBP,,,,,,\n",
    "workstations": "store,workstation,name,drawer\n12,1,Front,D-1\n12,2,Back,D-2\n",
    "operators": "operator_id,name,role,pin\n7,Clerk,pos,4711\n8,Manager,administrator,\n",
    "tax-rules": "code,rate,on_top,name\nA,20,no,Standard\nB,5,no,Reduced\n",
    "tenders": "type,name,max\ncash,Cash,\ncard,Card,100\n",
    "reasons": "code,use,name\nbroken,return,Broken\nmistake,void,Mistake\n",
    "products": "gtin,sku,name,unit_price,tax_code\n4006381333931,PEN,Pen,2.955,B\n,BAG,Bag,1.00,\n",
}


def import_list(lab, gateway, name, text, *options, ok=(0,)):
    file = lab.folder / f"{name}.csv"
    file.write_text(text)
    return gateway.ctl("import", name, file, *options, ok=ok)


def import_shop(lab, gateway):
    """Rules before what names them."""
    for name in ("tax-rules", "stores", "workstations", "operators", "tenders", "reasons", "products"):
        import_list(lab, gateway, name, SHOP[name])


def version(gateway):
    return gateway.json("masterdata")["version"]


def obeys(agent, wanted, seconds=20):
    wait_until(lambda: int(agent.status().get("master_data_version", 0)) >= wanted, seconds, f"version {wanted} is in use")


def sign_on(agent, operator, pin=None, key=None):
    body = {"type": "TYPE_SIGN_ON", "operator_id": operator, **({"pin": pin} if pin is not None else {})}
    return agent.call("POST", "/v1/controls", body, key or f"on-{operator}-{next(KEYS)}")


def refused(answer, status, field):
    code, problem, _ = answer
    check(code == status and problem.get("field") == field, f"{code} {problem}, not {status} at {field}")
    return problem


def event(agent, seq):
    return agent.call("GET", f"/v1/events?after={int(seq) - 1}&limit=1")[1]["events"][0]["event"]


def test_an_import_is_checked_shown_and_all_or_nothing():
    """A dry run says what would change and changes nothing; a file with faults is refused with each line and field; what is imported twice is no change; a whole list removes what it lacks; what others still need cannot be removed."""
    with Lab() as lab:
        gateway = lab.gateway()
        said = import_list(lab, gateway, "tax-rules", SHOP["tax-rules"], "--dry-run").stdout
        check("+ A" in said and "Nothing was changed" in said and version(gateway) == 0, said)
        import_shop(lab, gateway)
        at = version(gateway)
        check(at == 7, "one version an import")
        import_shop(lab, gateway)
        check(version(gateway) == at, "the same again is no change, PINs included")
        said = import_list(lab, gateway, "products", "gtin,unit_price,tax_code,name\n4006381333932,1,A,x\n4006381333931,-1,Q,x\n", ok=(2,)).stderr
        check("products.csv:2: gtin" in said and "products.csv:3: unit_price" in said and "nothing was imported" in said, said)
        said = import_list(lab, gateway, "products", "gtin,price\n4006381333931,1\n", ok=(2,)).stderr
        check('no column "price"' in said and "unit_price" in said, said)
        said = import_list(lab, gateway, "products", "sku,unit_price\nA,1,2\n", ok=(2,)).stderr
        check("line 2: 3 fields" in said, said)
        said = import_list(lab, gateway, "tax-rules", "code,rate\nA,20\n", "--whole", ok=(2,)).stderr
        check("tax_code" in said and '"B"' in said, said)
        check(version(gateway) == at, "none of them changed anything")
        said = import_list(lab, gateway, "products", "gtin,sku,name,unit_price,tax_code\n4006381333931,PEN,Pen,3.00,B\n", "--whole").stdout
        check('"unit_price":"2.955"' in said and '"unit_price":"3.00"' in said and "- sku:BAG" in said, said)
        check(gateway.json("masterdata")["counts"]["products"] == 1, "the bag is gone")
        shown = gateway.ctl("masterdata", "operators").stdout
        check('"pin_verifier":"set"' in shown and "argon2" not in shown and "4711" not in shown, shown)
        gateway.ctl("import", "prices", "x.csv", ok=(2,))
        gateway.ctl("import", "products", lab.folder / "no-such.csv", ok=(2,))
        big5 = lab.folder / "big5.csv"
        big5.write_bytes("sku,name,unit_price\nTEA,烏龍茶,35\n".encode("big5"))
        check("encoding" in gateway.ctl("import", "products", big5, ok=(2,)).stderr, "bytes are not guessed at")
        gateway.ctl("import", "products", big5, "--charset", "big5")
        check("烏龍茶" in gateway.ctl("masterdata", "products").stdout, "in any script")
        log = gateway.process.log.read_text()
        check("4711" not in log and "master data imported" in log, "who imported is logged, PINs are not")


def test_a_till_sells_by_what_came_down():
    """Within seconds a till has prices, taxes, tenders, reasons, drawer and business day from the centre; a sale takes its price from the catalogue and names the version; a restart without network keeps it all; what is not listed is refused."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "1", settings=default_settings().replace('"20"', '"99"'))
        early = till.capture(SALES, sale(order="early"))
        check("versions" not in event(till, early["seq"])["retail_transaction"], "no version before there is any")
        import_shop(lab, gateway)
        obeys(till, version(gateway))
        check(sign_on(till, "8")[0] == 201, "an operator without a PIN")
        status, found, _ = till.call("GET", "/v1/products?gtin=4006381333931")
        check(status == 200 and found["unit_price"] == "2.955" and found["name"] == "Pen", f"{found}")
        check(till.call("GET", "/v1/products?sku=BAG", role="reader")[1]["unit_price"] == "1.00", "by SKU")
        check(till.call("GET", "/v1/products?gtin=96385074")[0] == 404, "none is none")
        lists = till.call("GET", "/v1/master-data")[1]
        check(lists["store"]["name"] == "High Street" and lists["workstation"]["drawer"] == "D-1" and len(lists["reasons"]) == 2, f"{lists}")

        done = till.capture(SALES, {"lines": [{"gtin": "4006381333931", "quantity": "2"}, {"sku": "BAG"}],
                                    "tenders": [{"type": "TENDER_TYPE_CASH", "amount": "10.00"}]}, "priced")
        check(done["total"] == "6.91" and done["change"] == "3.09", f"{done}")
        fact = event(till, done["seq"])
        lines = fact["retail_transaction"]["lines"]
        check([line["tax_code"] for line in lines] == ["B", "A"] and lines[0]["unit_price"]["mantissa"] == "2955", f"{lines}")
        check(int(fact["retail_transaction"]["versions"]["master_data"]) == version(gateway), "the version it used")
        check(fact["context"]["drawer"] == "D-1" and fact["context"]["operator_id"] == "8", f"{fact['context']}")

        cheque = sale(tenders=[{"type": "TENDER_TYPE_VOUCHER", "amount": "2.50"}])
        check("CASH" in refused(till.call("POST", SALES, cheque, "t1"), 422, "tenders[0].type")["allowed"], "what would do")
        dear = sale("150.00", tenders=[{"type": "TENDER_TYPE_CARD", "amount": "150.00"}])
        refused(till.call("POST", SALES, dear, "t2"), 422, "tenders[0].amount")
        back = sale()
        back["lines"][0].update(kind="LINE_KIND_RETURN", reason="ugly")
        check(refused(till.call("POST", SALES, back, "t3"), 422, "lines[0].reason")["allowed"] == "broken", "which would")

        gateway.process.stop()
        till.process.kill()
        till.start()
        done = till.capture(SALES, {"lines": [{"sku": "PEN"}], "tenders": [{"type": "TENDER_TYPE_CASH", "amount": "2.96"}]})
        check(done["total"] == "2.96", "offline and after a crash, too")
        gateway.process.start()
        gateway.wait_ready()
        import_list(lab, gateway, "products", "gtin,sku,name,unit_price,tax_code\n4006381333931,PEN,Pen,3.50,B\n")
        obeys(till, version(gateway))
        again = till.capture(SALES, {"lines": [{"gtin": "4006381333931", "quantity": "2"}, {"sku": "BAG"}],
                                     "tenders": [{"type": "TENDER_TYPE_CASH", "amount": "10.00"}]}, "priced")
        check(again["replayed"] and again["total"] == "6.91", "a key's first answer stands, whatever prices are now")
        wait_until(lambda: gateway.json("devices", "list")["devices"][0]["master_data_version"] == version(gateway), 20,
                   "the centre knows what the till uses")


def test_a_disabled_operator_is_out_at_every_till():
    """A PIN opens the till and nothing of it is on the disk; after five wrong ones even the right one waits; an operator who is disabled at the centre sells no more, though signed on; another can take over, and the day can be closed."""
    with Lab() as lab:
        gateway = lab.gateway()
        tills = [lab.agent(gateway, "12", lane) for lane in ("1", "2")]
        import_shop(lab, gateway)
        for till in tills:
            obeys(till, version(gateway))
            refused(sign_on(till, "99"), 403, "operator_id")
            refused(sign_on(till, "7", "0000"), 403, "pin")
            refused(sign_on(till, "7"), 403, "pin")
            check(sign_on(till, "7", "4711", "on")[0] == 201, "the right PIN")
            check(sign_on(till, "7", "4711", "on")[0] == 200, "the same call again")
        for _ in range(5):
            refused(sign_on(tills[0], "7", "1234"), 403, "pin")
        check("patience" in refused(sign_on(tills[0], "7", "4711"), 403, "pin")["allowed"], "five are enough")
        tills[0].capture(SALES, sale(order="before"))
        refused(tills[0].call("POST", SALES, sale(operator_id="99"), "who"), 403, "operator_id")
        import_list(lab, gateway, "operators", "operator_id,name,role,disabled\n7,Clerk,pos,yes\n")
        for till in tills:
            obeys(till, version(gateway))
            refused(till.call("POST", SALES, sale(order="after"), "after"), 403, "operator_id")
            till.capture("/v1/controls", {"type": "TYPE_SIGN_OFF"})
            refused(sign_on(till, "7", "4711"), 403, "operator_id")
            answer = sign_on(till, "8")
            check(answer[0] == 201, f"another takes over: {answer}")
            check(till.call("POST", SALES, sale(order="after"), "after")[0] == 201, "and the sale goes through")
            till.capture("/v1/controls", {"type": "TYPE_DAY_OPEN"})
            till.capture("/v1/controls", {"type": "TYPE_DAY_CLOSE"})
            for file in till.home.iterdir():
                if file.is_file():
                    check(b"4711" not in file.read_bytes().replace(b"14711", b""), f"no PIN in {file.name}")


def test_fifty_thousand_products_take_seconds_and_no_sale_waits():
    """Fifty thousand products are imported within seconds, reach a till within seconds while it sells, without a sale that waits for them, and count all at once."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "1")
        import_list(lab, gateway, "tax-rules", SHOP["tax-rules"])
        rows = [f"SKU-{i},Product number {i},{i % 90 + 1}.{i % 100:02}" for i in range(50_000)]
        slowest, stop, sold = [0.0], threading.Event(), []

        def clerk():
            while not stop.is_set():
                began = time.monotonic()
                sold.append(till.capture(SALES, sale()))
                slowest[0] = max(slowest[0], time.monotonic() - began)
        selling = threading.Thread(target=clerk)
        selling.start()
        try:
            began = time.monotonic()
            import_list(lab, gateway, "products", "sku,name,unit_price\n" + "\n".join(rows) + "\n")
            imported = time.monotonic() - began
            obeys(till, version(gateway), 60)
            arrived = time.monotonic() - began - imported
        finally:
            stop.set()
            selling.join()
        print(f"imported in {imported:.1f} s, in use {arrived:.1f} s later, {len(sold)} sales meanwhile, the slowest {slowest[0] * 1000:.0f} ms")
        check(imported < 20 and arrived < 30, "seconds")
        check(till.call("GET", "/v1/products?sku=SKU-49999")[1]["unit_price"] == "50.99", "the last one")
        began = time.monotonic()
        import_list(lab, gateway, "products", "sku,name,unit_price\nSKU-7,Product number 7,1.11\n")
        obeys(till, version(gateway))
        print(f"one price changed: in use {time.monotonic() - began:.1f} s after the command began")
        check(till.call("GET", "/v1/products?sku=SKU-7")[1]["unit_price"] == "1.11", "a delta")


def test_a_restored_centre_is_followed():
    """When the centre is restored from an older backup, tills go back to what it has, and follow it from there."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway, "12", "1")
        import_shop(lab, gateway)
        obeys(till, version(gateway))
        backup = lab.folder / "backup"
        run(BIN / "till-gateway", "backup", gateway.home, "--to", backup)
        import_list(lab, gateway, "products", "gtin,sku,name,unit_price,tax_code\n4006381333931,PEN,Pen,9.99,B\n")
        obeys(till, version(gateway))
        gateway.process.stop()
        gateway.home.rename(lab.folder / "lost")
        run(BIN / "till-gateway", "restore", backup, "--to", gateway.home)
        gateway.start()
        price = lambda: till.call("GET", "/v1/products?sku=PEN")[1].get("unit_price")
        wait_until(lambda: price() == "2.955", 30, "the price of the backup")
        check(till.status()["master_data_version"] == str(version(gateway)), "and its version")


if __name__ == "__main__":
    run_tests(globals())
