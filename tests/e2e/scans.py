#!/usr/bin/env python3
"""Scanners and scales at a real agent: simulated devices behind the real libusb, and the feed that a point of sale follows."""
import asyncio
import json
import os
import re
import time
import urllib.request

import websockets

from harness import BIN, Lab, check, default_settings, sale, synced
from testing import note, run as run_tests

EAN = "4006381333931"


class Counter:
    """An agent with a simulated scanner and scale plugged in."""

    def __init__(self, lab, gateway):
        self.agent = lab.agent(gateway, start=False)
        self.agent.config.write_text(default_settings() + "\n[devices]\nusb = true\n")
        self.fifo = lab.folder / "devices"
        os.mkfifo(self.fifo)
        process = self.agent.process
        process.arguments = [str(BIN / "usb_host"), str(self.fifo), *process.arguments]
        process.env["LD_PRELOAD"] = "libumockdev-preload.so.0"
        process.env["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        self.agent.start()

    def do(self, line):
        with open(self.fifo, "w", encoding="ascii") as devices:
            devices.write(line + "\n")

    async def follow(self, topics):
        headers = {"Authorization": f"Bearer {self.agent.token('reader')}"}
        return await websockets.connect(f"ws://127.0.0.1:{self.agent.port}/v1/feed?topics={topics}", extra_headers=headers)


async def next_of(feed, topic, seconds=10):
    while True:
        message = json.loads(await asyncio.wait_for(feed.recv(), seconds))
        if message["topic"] == topic:
            return message


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


run_tests(globals())
