#!/usr/bin/env python3
"""Strangers at the gateway's one port: many of them, silent, slow, and back as soon as they are dropped."""
import socket
import ssl
import threading
import time

from harness import BIN, Lab, check, run, sale, synced, wait_until
from testing import note, run as run_tests

PLACES = 32
# The beginning of a greeting of 512 bytes; what follows comes a byte at a time.
GREETING = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 400


def dial(gateway, source):
    return socket.create_connection(("127.0.0.1", gateway.port), 10, source_address=(source, 0))


def dial_tls(gateway, source):
    """TLS without a certificate, and without asking for the gateway's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(dial(gateway, source), server_hostname=gateway.server_name)


def is_over(stream):
    """Whether the gateway closed this non-blocking socket."""
    try:
        return stream.recv(4096) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


class Crowd:
    """Strangers of one kind from one address; each that is dropped dials again at once."""

    def __init__(self, gateway, source, size, open_one, dribbles=False):
        self.gateway, self.source, self.size, self.open_one, self.dribbles = gateway, source, size, open_one, dribbles
        self.dropped = 0
        self.over = threading.Event()
        self.streams = {}  # What is open, and how many bytes it has said.
        self.thread = threading.Thread(target=self.crowd)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for stream in self.streams:
            stream.close()

    def crowd(self):
        fed = time.monotonic()
        while not self.over.wait(0.1):
            for stream in [s for s in self.streams if is_over(s)]:
                del self.streams[stream]
                stream.close()
                self.dropped += 1
            while len(self.streams) < self.size and not self.over.is_set():
                self.dial_one()
            if self.dribbles and time.monotonic() - fed >= 1:
                fed = time.monotonic()
                self.dribble()

    def dial_one(self):
        try:
            stream = self.open_one(self.gateway, self.source)
        except OSError:
            self.dropped += 1
            return
        stream.setblocking(False)
        self.streams[stream] = 0

    def dribble(self):
        for stream, said in self.streams.items():
            try:
                self.streams[stream] += stream.send(GREETING[said:said + 1])
            except OSError:
                pass  # Dropped; it is found by the next look.


def narrow_gateway(lab):
    gateway = lab.gateway(start=False)
    settings = gateway.home / "gateway.toml"
    settings.write_text(settings.read_text().replace("[listen]\n", f"[listen]\nstrangers_max = {PLACES}\n", 1))
    return gateway.start()


def test_a_crowd_of_strangers_keeps_no_device_out():
    """While strangers from other addresses crowd the door, a device connects and another enrols, each with its sale at
    the centre within 10 s."""
    with Lab() as lab:
        gateway = narrow_gateway(lab)
        known = lab.agent(gateway, lane="1", start=False)
        with Crowd(gateway, "127.0.0.2", 120, dial) as silent, \
                Crowd(gateway, "127.0.0.3", 120, dial, dribbles=True) as slow, \
                Crowd(gateway, "127.0.0.4", 40, dial_tls) as shaken:
            crowds = (silent, slow, shaken)
            wait_until(lambda: all(c.dropped > PLACES for c in crowds), 20, "each crowd is more than there are places")
            before = [c.dropped for c in crowds]
            began = time.monotonic()
            known.start().capture("/v1/transactions", sale())
            synced(gateway, known, 10)
            connected = time.monotonic()
            fresh = lab.agent(gateway, lane="2")
            fresh.capture("/v1/transactions", sale())
            synced(gateway, fresh, 10)
            enrolled = time.monotonic()
            came = [c.dropped - b for c, b in zip(crowds, before)]
        check(connected - began < 10, f"a known device took {connected - began:.1f} s")
        check(enrolled - connected < 10, f"a new device took {enrolled - connected:.1f} s")
        check(sum(came) > PLACES, f"the crowds kept coming back meanwhile: {came}")
        note(f"connected in {connected - began:.1f} s, enrolled in {enrolled - connected:.1f} s; {came} came back")


def test_strangers_that_dawdle_are_shown_out():
    """Who says nothing, dribbles a greeting, or finishes TLS and asks nothing is closed after 10 s, with room for all."""
    with Lab() as lab:
        gateway = lab.gateway()
        streams = {"silent": dial(gateway, "127.0.0.2"), "dribbles": dial(gateway, "127.0.0.3"),
                   "asks nothing": dial_tls(gateway, "127.0.0.4"), "asks slowly": dial_tls(gateway, "127.0.0.5")}
        try:
            began = time.monotonic()
            left = dict(streams)
            for stream in left.values():
                stream.setblocking(False)
            for at in range(16):
                left = {kind: stream for kind, stream in left.items() if not is_over(stream)}
                check(at > 7 or len(left) == 4, f"nobody is hurried; after {at} s only {list(left)}")
                for kind, said in (("dribbles", GREETING), ("asks slowly", b"POST /enrol HTTP/1.1\r\n")):
                    try:
                        if kind in left:
                            left[kind].send(said[at:at + 1])
                    except OSError:
                        pass  # Dropped; it is found by the next look.
                if not left:
                    break
                time.sleep(1)  # The pace of the slow ones.
            check(not left, f"still open after {time.monotonic() - began:.0f} s: {list(left)}")
        finally:
            for stream in streams.values():
                stream.close()


def test_a_port_in_use_is_refused():
    """A second gateway on the port of a running one ends at once and says why; the first one's devices go on."""
    with Lab() as lab:
        first = lab.gateway()
        agent = lab.agent(first)
        second = lab.gateway("second", start=False)
        settings = second.home / "gateway.toml"
        settings.write_text(settings.read_text().replace(f"port = {second.port}", f"port = {first.port}"))
        ended = run(BIN / "till-gateway", "serve", second.home, ok=(70,))
        check(f"another program listens on 127.0.0.1:{first.port}" in ended.stderr, f"it says: {ended.stderr}")
        agent.capture("/v1/transactions", sale())
        synced(first, agent)


if __name__ == "__main__":
    run_tests(globals())
