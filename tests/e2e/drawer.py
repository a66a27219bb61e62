#!/usr/bin/env python3
"""A cash drawer at a real agent: on a simulated receipt printer behind the real libusb, with every opening in the journal and at the centre."""
import asyncio
import uuid

from counter import Counter, next_of
from harness import Lab, check, synced, wait_until
from testing import run as run_tests

OPEN = "/v1/drawer/open"


def order(counter, key=None, **body):
    return counter.agent.call("POST", OPEN, body or {"reason": "no sale"}, key or str(uuid.uuid4()))[:2]


def openings(gateway, counter):
    """What the centre was told of the drawer, in order: (kind, fact)."""
    events = gateway.events(counter.agent.journal_id())
    return [(event["kind_name"], event["event"][event["kind_name"]]) for event in events if event["kind_name"].startswith("drawer_")]


async def drawer(feed, is_open, seconds=10):
    """Waits until the feed says that it is."""
    while bool((await next_of(feed, "drawer", seconds))["drawer"].get("open")) != is_open:
        pass


def ready(counter):
    """Waits until the drawer is seen."""
    wait_until(lambda: "drawer_open" in counter.agent.status(), 10, "the drawer's state is known")


def test_every_opening_of_a_drawer_is_known():
    """An order opens the drawer once, also when it comes again with its key; an opening by key, one that was found, and an order that opened nothing are facts at the centre; the first stands among the exceptions, for somebody to look at. A printer that is offline or gone is told of in words, and works again when it is back."""
    async def day():
        with Lab() as lab:
            gateway = lab.gateway()
            counter = Counter(lab, gateway, "usb = true\nprinters = true\n")
            feed = await counter.follow("drawer,device,capture")
            ready(counter)
            counter.agent.capture("/v1/controls", {"type": "TYPE_SIGN_ON", "operator_id": "clerk7"})
            first = order(counter, "k1", reason="float")
            check(first[0] == 201, f"{first}")
            await drawer(feed, True)
            check(counter.agent.status()["drawer_open"], "the status says so")
            again = order(counter, "k1", reason="float")
            check(again[0] == 200 and again[1]["seq"] == first[1]["seq"], f"{again}")
            counter.do("drawer shut")
            await drawer(feed, False)
            check(order(counter, receipt_number="12-1-1-000001")[0] == 201, "for a receipt")
            await drawer(feed, True)
            counter.do("drawer shut")
            await drawer(feed, False)
            wait_until(lambda: counter.seen()["pulses"] == "2", 5, "two pulses for three orders, one of them twice")

            counter.do("drawer key")
            await drawer(feed, True)
            said = await next_of(feed, "capture.drawer_opened")
            while said["event"]["event"]["drawer_opened"]["cause"] != "CAUSE_WITHOUT_ORDER":
                said = await next_of(feed, "capture.drawer_opened")
            counter.do("drawer shut")
            await drawer(feed, False)

            counter.do("drawer lock")
            status, stuck = order(counter)
            check(status == 201, "the pulse was sent")
            shut = (await next_of(feed, "capture.drawer_stayed_shut"))["event"]["event"]["drawer_stayed_shut"]
            check(shut["ordered"] == stuck["seq"], f"{shut} {stuck}")
            counter.do("drawer unlock")

            counter.do("printer offline")
            while not (await next_of(feed, "drawer"))["drawer"].get("printer_offline"):
                pass
            status, problem = order(counter)
            check(status == 503 and "paper" in problem["detail"], f"{status} {problem}")
            counter.do("printer online")
            while (await next_of(feed, "drawer"))["drawer"].get("printer_offline"):
                pass

            counter.do("printer pull")
            while (await next_of(feed, "device"))["device"]["state"] != "offline":
                pass
            status, problem = order(counter)
            check(status == 404 and "USB" in problem["detail"], f"{status} {problem}")
            check(order(counter, "k1", reason="float")[0] == 200, "an old key is answered without a printer")
            counter.do("drawer key")
            counter.do("printer plug")
            await drawer(feed, True)
            counter.do("drawer shut")
            await drawer(feed, False)
            check(order(counter)[0] == 201, "it opens again")
            await drawer(feed, True)
            wait_until(lambda: counter.seen()["pulses"] == "4", 5, "and the printer saw no other pulse")

            synced(gateway, counter.agent)
            gateway.projected()
            facts = openings(gateway, counter)
            told = [fact["cause"] for kind, fact in facts if kind == "drawer_opened"]
            check(told == ["CAUSE_ORDERED", "CAUSE_ORDERED", "CAUSE_WITHOUT_ORDER", "CAUSE_ORDERED", "CAUSE_FOUND_OPEN", "CAUSE_ORDERED"], f"{told}")
            check([kind for kind, _ in facts].index("drawer_stayed_shut") == 4 and len(facts) == 7, f"{facts}")
            check(facts[0][1]["reason"] == "float" and facts[1][1]["receipt_number"] == "12-1-1-000001" and facts[0][1]["sensed"], f"{facts}")
            listed = gateway.json("exceptions", "list")["exceptions"]
            check([each["code"] for each in listed] == ["drawer without order"], f"{listed}")
            await feed.close()
            check(counter.agent.process.stop() == 0, "the agent ends in order")
    asyncio.run(day())


def test_a_printer_is_left_to_others_where_the_settings_say_so():
    """Without `printers = true` no receipt printer is touched, and an order is refused with what to do."""
    with Lab() as lab:
        counter = Counter(lab, lab.gateway())
        status, problem = order(counter)
        check(status == 404, f"{status} {problem}")
        check(counter.seen()["pulses"] == "0" and counter.agent.head() == 0, "nothing was done, and nothing stored")


if __name__ == "__main__":
    run_tests(globals())
