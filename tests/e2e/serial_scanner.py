#!/usr/bin/env python3
"""A scanner on a serial line at a real agent: `tillctl simulate-device scanner` in a clerk's stead."""
import asyncio
import json
import queue
import subprocess
import threading
import time

import websockets

from harness import BIN, Lab, check, default_settings
from testing import note, run as run_tests

EAN = "4006381333931"
SETTINGS = """
[scanners]
read = "QR"
do_not_read = "EAN8"
beeper = "low"
trigger = "presentation"

[[serial_scanner]]
port = "{port}"
dialect = "honeywell_menu"
"""


class Scanner:
    def __init__(self, link):
        self.process = subprocess.Popen([BIN / "tillctl", "simulate-device", "scanner", "--link", str(link)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line.strip()) for line in self.process.stdout], daemon=True).start()

    def type(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def says(self, wanted, seconds=10):
        until = time.monotonic() + seconds
        heard = []
        while time.monotonic() < until:
            try:
                heard.append(self.lines.get(timeout=max(0.01, until - time.monotonic())))
            except queue.Empty:
                break
            if wanted in heard[-1]:
                return heard[-1]
        raise AssertionError(f"the scanner never said {wanted!r}, only {heard}")

    def pull(self):
        self.process.stdin.close()
        check(self.process.wait(10) == 0, "the simulated scanner ends in order")


async def next_of(feed, topic, seconds=10):
    while True:
        message = json.loads(await asyncio.wait_for(feed.recv(), seconds))
        if message["topic"] == topic:
            return message[topic]


def test_a_serial_scanner_is_told_its_settings_and_comes_back():
    """A scanner on a serial line scans to the feed, takes the shop's settings each time it is plugged in, is paged by its beeper, and is back within two seconds of being put back."""
    async def day():
        with Lab() as lab:
            port = lab.folder / "scanner"
            scanner = Scanner(port)
            agent = lab.agent(lab.gateway(), start=False)
            agent.config.write_text(default_settings() + SETTINGS.format(port=port))
            agent.start()
            for setting in ("QRCENA1", "EA8ENA0", "BEPLVL1", "TRGMOD3"):
                scanner.says(f"setting taken: {setting}")
            feed = await websockets.connect(f"ws://127.0.0.1:{agent.port}/v1/feed?topics=scan,device",
                                            extra_headers={"Authorization": f"Bearer {agent.token('reader')}"})
            scanner.type(EAN)
            scan = await next_of(feed, "scan")
            check(scan["text"] == EAN and scan["aim"] == "]E0" and scan["from"]["port"] == str(port), f"{scan}")
            scanner.type("96385074")
            scanner.says("EAN8 is switched off")
            scanner.type("(01)04006381333931(10)AB(21)7")
            scan = await next_of(feed, "scan")
            check(scan["text"] == f"010{EAN}10AB\x1d217" and scan["aim"] == "]d2", f"{scan}")
            status, told, _ = agent.call("POST", "/v1/devices/tell", {"page_scanner": {}})
            check(status == 200 and told["kind"] == "scanner", f"{status} {told}")
            scanner.says("the till looks for this scanner")
            for i in range(50):
                scanner.type(f"burst {i}")
            heard = [(await next_of(feed, "scan"))["text"] for _ in range(50)]
            check(heard == [f"burst {i}" for i in range(50)], f"{heard}")

            scanner.pull()
            check((await next_of(feed, "device"))["state"] == "offline", "the feed tells that it is gone")
            began = time.monotonic()
            scanner = Scanner(port)
            check((await next_of(feed, "device"))["state"] in ("enabled", "error"), "it is looked for")
            scanner.says("setting taken: TRGMOD3")
            note(f"told its settings {time.monotonic() - began:.2f} s after it was put back")
            check(time.monotonic() - began < 2.5, "back within two seconds, starting the program included")
            scanner.type("again")
            check((await next_of(feed, "scan"))["text"] == "again", "it scans")
            await feed.close()
            scanner.pull()
            check(agent.process.stop() == 0, "the agent ends in order")
    asyncio.run(day())


run_tests(globals())
