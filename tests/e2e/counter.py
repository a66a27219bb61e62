"""A counter with devices: a real agent behind the real libusb, on simulated ones."""
import asyncio
import json
import os
from pathlib import Path

import websockets

from harness import BIN, default_settings


class Counter:
    """An agent with a simulated scanner, scale, receipt printer and line display plugged in (tests/usb/host.cpp)."""

    def __init__(self, lab, gateway, devices="usb = true\n"):
        self.agent = lab.agent(gateway, start=False)
        self.agent.config.write_text(default_settings() + "\n[devices]\n" + devices)
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

    def seen(self):
        """What the devices were told: {"pulses": "2"}."""
        lines = Path(f"{self.fifo}.seen").read_bytes().removesuffix(b"\n").split(b"\n")
        return {name.decode(): value.decode("cp950", "backslashreplace") for name, _, value in (line.partition(b" ") for line in lines)}

    async def follow(self, topics):
        headers = {"Authorization": f"Bearer {self.agent.token('reader')}"}
        return await websockets.connect(f"ws://127.0.0.1:{self.agent.port}/v1/feed?topics={topics}", extra_headers=headers)


async def next_of(feed, topic, seconds=10):
    while True:
        message = json.loads(await asyncio.wait_for(feed.recv(), seconds))
        if message["topic"] == topic:
            return message
