#!/usr/bin/env python3
"""Scanners and scales at a real agent: simulated devices behind the real libusb, and the feed that a point of sale follows."""
import asyncio
import json
import re
import time
import urllib.request

from counter import Counter, next_of
from harness import Lab, check, sale, synced, wait_until
from master_data import import_shop, obeys, version
from testing import note, run as run_tests

EAN = "4006381333931"


async def enabled(counter, feed):
    """Scans until one is heard: a device may have been enabled before anybody followed."""
    for attempt in range(100):
        counter.do(f"scan ]C0 hello-{attempt}")
        try:
            await next_of(feed, "scan", 0.2)
            break
        except asyncio.TimeoutError:
            continue
    try:
        while True:  # What is still on its way.
            await next_of(feed, "scan", 0.5)
    except asyncio.TimeoutError:
        pass


def test_scans_reach_the_feed_and_none_is_lost():
    """What is scanned and weighed is on the feed at once, in order, none lost in a burst, while sales go on; a scanner that is pulled and put back works again within two seconds."""
    async def counter_day():
        with Lab() as lab:
            gateway = lab.gateway()
            counter = Counter(lab, gateway)
            feed = await counter.follow("scan,weight,device")
            await enabled(counter, feed)
            counter.do(f"scan ]E0 {EAN}")
            scan = (await next_of(feed, "scan"))["scan"]
            check(scan["text"] == EAN and scan["aim"] == "]E0" and scan["from"]["port"] == "1-1" and scan["from"]["kind"] == "scanner", f"{scan}")
            counter.do("weigh 4 742")
            weight = (await next_of(feed, "weight"))["weight"]
            check(weight["grams"] == "742" and weight["may_be_sold"], f"{weight}")
            counter.do("weigh 3 750")
            moving = (await next_of(feed, "weight"))["weight"]
            check(not moving.get("may_be_sold"), f"{moving}")
            took = []
            for i in range(100):
                began = time.monotonic()
                counter.do(f"scan ]E0 {i}")
                check((await next_of(feed, "scan"))["scan"]["text"] == str(i), "in order")
                took.append(time.monotonic() - began)
            took.sort()
            note(f"from the simulated endpoint, through a FIFO, to a follower in Python: p50 {took[50] * 1000:.1f} ms, p99 {took[98] * 1000:.1f} ms")
            counter.do("\n".join(f"scan ]E0 b{i}" for i in range(50)))
            heard = [(await next_of(feed, "scan"))["scan"]["text"] for _ in range(50)]
            check(heard == [f"b{i}" for i in range(50)], f"{heard}")
            counter.agent.capture("/v1/transactions", sale(order="meanwhile"))
            synced(gateway, counter.agent)
            with urllib.request.urlopen(f"http://127.0.0.1:{counter.agent.port}/metrics") as page:
                figures = page.read().decode()
            reads = re.search(r'tillstream_peripheral_reads_total\{kind="scanner",port="1-1"\} (\d+)', figures)
            check(reads and int(reads[1]) >= 151, f"its good reads are told: {reads}")
            counter.do("pull")
            gone = (await next_of(feed, "device"))["device"]
            check(gone["state"] == "offline" and gone["device"]["port"] == "1-1", f"{gone}")
            began = time.monotonic()
            counter.do("plug")
            back = (await next_of(feed, "device"))["device"]
            note(f"back {time.monotonic() - began:.2f} s after it was plugged in")
            check(back["state"] == "enabled" and time.monotonic() - began < 2, f"{back}")
            counter.do("scan ]E0 again")
            check((await next_of(feed, "scan"))["scan"]["text"] == "again", "it scans")
            await feed.close()
            check(counter.agent.process.stop() == 0, "the agent ends in order")
    asyncio.run(counter_day())


def tell(agent, body, ok=(200,)):
    status, answer, _ = agent.call("POST", "/v1/devices/tell", body)
    check(status in ok, f"{body}: {status} {answer}")
    return answer


def unknown_articles(gateway):
    return [row for row in gateway.ask("/admin/v1/exceptions")["exceptions"] if row["code"] == "unknown article"]


def test_a_scan_is_read_for_the_till_and_unknown_articles_reach_central_it():
    """A scan comes with its facts and the product of the list in use, at the feed and at the table alike; an article no list has is an exception at the centre once a day, and a payment card goes nowhere."""
    async def counter_day():
        with Lab() as lab:
            gateway = lab.gateway()
            import_shop(lab, gateway)
            counter = Counter(lab, gateway)
            agent = counter.agent
            obeys(agent, version(gateway))
            feed = await counter.follow("scan,device")
            await enabled(counter, feed)
            counter.do(f"scan ]E0 {EAN}")
            told = (await next_of(feed, "scan"))["scan"]
            facts = told["facts"]
            check(facts["meaning"] == "item" and facts["gtin"] == f"0{EAN}" and facts["product"]["name"] == "Pen" and "unknown" not in facts, f"{facts}")
            status, asked, _ = agent.call("POST", "/v1/scans", {"text": f"]E0{EAN}"})
            check(status == 200 and asked["facts"] == facts and asked["text"] == EAN, f"{status} {asked}")
            status, asked, _ = agent.call("POST", "/v1/scans", {"text": f"]d201{'09506000134352'}10AB\x1d17270101"})
            check(asked["facts"]["ai"] == {"01": "09506000134352", "10": "AB", "17": "270101"} and asked["facts"]["unknown"], f"{status} {asked}")
            for _ in range(3):
                counter.do("scan ]E0 4000001000005")
                check((await next_of(feed, "scan"))["scan"]["facts"]["unknown"], "no list has it")
            counter.do("scan ]E0 2012345678900")  # A shop's own number.
            check("unknown" not in (await next_of(feed, "scan"))["scan"]["facts"], "a shop's own number may hold a weight")
            counter.do("scan ]C0 4111111111111111")
            dropped = (await next_of(feed, "device"))["device"]
            check("payment card" in dropped["trouble"], f"{dropped}")
            status, problem, _ = agent.call("POST", "/v1/scans", {"text": "4111111111111111"})
            check(status == 422 or status == 501 or status == 400, f"{status} {problem}")
            check("4111111111111111" not in json.dumps(problem), "its number is not repeated")
            synced(gateway, agent)
            wait_until(lambda: len(unknown_articles(gateway)) == 2, 20, "both unknown articles are told once")
            causes = " ".join(row["cause"] for row in unknown_articles(gateway))
            check("04000001000005" in causes and "09506000134352" in causes, causes)
            await feed.close()
            check(agent.process.stop() == 0, "the agent ends in order")
    asyncio.run(counter_day())


def test_devices_obey_the_till():
    """Through the till's table a scanner is made to beep, a scale is zeroed and takes a tare off each weight; what cannot be done is refused in words."""
    async def counter_day():
        with Lab() as lab:
            counter = Counter(lab, lab.gateway())
            feed = await counter.follow("scan,weight")
            await enabled(counter, feed)
            told = tell(counter.agent, {"page_scanner": {}})
            check(told["kind"] == "scanner" and told["port"] == "1-1", f"it beeps, and is named: {told}")
            problem = tell(counter.agent, {"tare_scale": {}}, ok=(409,))
            check("rests" in problem["detail"], f"{problem}")
            counter.do("weigh 4 120")
            check((await next_of(feed, "weight"))["weight"]["grams"] == "120", "the bowl alone")
            tell(counter.agent, {"tare_scale": {}})
            bare = (await next_of(feed, "weight"))["weight"]
            check(bare["grams"] == "0" and bare["tare"] == "120" and "may_be_sold" not in bare, f"{bare}")
            counter.do("weigh 4 862")
            full = (await next_of(feed, "weight"))["weight"]
            check(full["grams"] == "742" and full["may_be_sold"], f"{full}")
            tell(counter.agent, {"tare_scale": {"grams": "12.5"}})
            check((await next_of(feed, "weight"))["weight"]["grams"] == "849.5", "another tare")
            tell(counter.agent, {"tare_scale": {"grams": "0"}, "port": "1-2"})
            check("tare" not in (await next_of(feed, "weight"))["weight"], "and none")
            tell(counter.agent, {"zero_scale": {}})
            tell(counter.agent, {"tare_scale": {"grams": "-1"}}, ok=(422,))
            tell(counter.agent, {"tare_scale": {"grams": "a lot"}}, ok=(400, 422))
            tell(counter.agent, {}, ok=(400, 422))
            check("scanner" in tell(counter.agent, {"page_scanner": {}, "port": "9-9"}, ok=(404,))["detail"], "there is none")
            await feed.close()
            check(counter.agent.process.stop() == 0, "the agent ends in order")
    asyncio.run(counter_day())


run_tests(globals())
