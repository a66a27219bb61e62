"""A device in Python, made from sync/wire/WIRE.md and the .proto files alone: what an agent of another version, or a strange one, may do."""
import base64
import hashlib
import os
import socket
import struct
import time
import uuid

from harness import check, run
from protos import messages


def sha256(data):
    return hashlib.sha256(data).digest()


class Closed(Exception):
    """The gateway ended the connection."""


class Journal:
    """Envelopes in order, each with the hash after it (WIRE.md §2)."""

    def __init__(self):
        self.id, self.boot = uuid.uuid4().bytes, uuid.uuid4().bytes
        self.records, self.hashes = [], [sha256(self.id)]

    def add(self, kind, body):
        wall, since_boot, seq = int(time.time() * 1000), time.monotonic_ns() // 1_000_000, len(self.records) + 1
        self.hashes.append(sha256(
            b"tillstream.envelope\0" + struct.pack(">I", 1) + self.hashes[-1] + struct.pack(">I", 16) + self.id
            + struct.pack(">QIq", seq, kind, wall) + self.boot + struct.pack(">Q", since_boot) + sha256(body) + sha256(b"")))
        self.records.append((kind, wall, since_boot, body))
        return seq


class WireDevice:
    """One connection after another of an enrolled device; `agent` is who enrolled."""

    wire = None

    def __init__(self, gateway, agent, store="12", workstation="12/9", version="0.0.1"):
        WireDevice.wire = WireDevice.wire or messages("sync/wire/frames.proto")
        self.gateway, self.credentials = gateway, agent.home / "credentials.pem"
        subject = run("openssl", "x509", "-in", self.credentials, "-noout", "-subject", "-nameopt", "multiline").stdout
        self.id = uuid.UUID(subject.split("commonName")[1].split("=")[1].split()[0]).bytes
        self.store, self.workstation, self.version = store, workstation, version
        self.journal, self.stream, self.sent_to, self.acked = Journal(), None, 0, 0

    def connect(self, protocol=(1, 1), schema=1, codecs=(0,), unknown=b""):
        """Hello and what answers it: a Frame with a welcome or a bye. `unknown` is appended to the hello's bytes."""
        self.stream = self.gateway.tls(self.credentials)
        key = base64.b64encode(os.urandom(16)).decode()
        self.stream.sendall((f"GET /v1/sync HTTP/1.1\r\nHost: {self.gateway.server_name}\r\nConnection: Upgrade\r\n"
                             f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                             "Sec-WebSocket-Protocol: tillstream.v1\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        check(head.startswith(b"HTTP/1.1 101"), f"upgraded: {head[:80]}")
        hello = self.wire.Hello(
            device_id=self.id, journal_id=self.journal.id, head=len(self.journal.records), head_hash=self.journal.hashes[-1],
            generation=1, store=self.store, workstation=self.workstation, protocol_min=protocol[0], protocol_max=protocol[1],
            schema=schema, codecs=codecs, agent_version=self.version, clock=self._clock())
        frame = self.wire.Frame(stream=1)
        frame.hello.ParseFromString(hello.SerializeToString() + unknown)
        self.send(frame)
        answer = self.receive("welcome", "bye")
        if answer.HasField("welcome"):
            self.sent_to = self.acked = answer.welcome.mark
        return answer

    def _clock(self):
        return self.wire.ClockSample(wall_ms=int(time.time() * 1000), since_boot_ms=time.monotonic_ns() // 1_000_000,
                                       boot_id=self.journal.boot)

    def send(self, frame):
        """One frame, or bytes, as one binary message (RFC 6455: masked by the client)."""
        data = frame if isinstance(frame, bytes) else frame.SerializeToString()
        size = len(data)
        head = bytes([0x82]) + (bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack(">H", size) if size < 65536
                                else bytes([0xFF]) + struct.pack(">Q", size))
        self.stream.sendall(head + bytes(4) + data)  # A mask of zeros is a mask.

    def _more(self):
        try:
            got = self.stream.recv(1 << 16)
        except OSError as why:
            raise Closed(str(why)) from None
        if not got:
            raise Closed("end of stream")
        self.buffer += got

    def _message(self):
        while True:
            if len(self.buffer) >= 2:
                size, at = self.buffer[1] & 0x7F, 2
                wide = {126: 2, 127: 8}.get(size, 0)
                if len(self.buffer) >= at + wide:
                    if wide:
                        size, at = int.from_bytes(self.buffer[at:at + wide], "big"), at + wide
                    if len(self.buffer) >= at + size:
                        opcode, data = self.buffer[0] & 0x0F, self.buffer[at:at + size]
                        self.buffer = self.buffer[at + size:]
                        if opcode == 8:
                            raise Closed("closed")
                        if opcode == 2:
                            return data
                        continue
            self._more()

    def receive(self, *kinds, seconds=20):
        """The next frame of one of these kinds; pings are answered and acknowledgements noted on the way."""
        self.stream.settimeout(seconds)
        while True:
            frame = self.wire.Frame.FromString(self._message())
            kind = frame.WhichOneof("kind")
            if kind == "ping":
                self.send(self.wire.Frame(pong=self.wire.Pong(id=frame.ping.id, clock=self._clock())))
            if kind == "ack":
                self.acked = frame.ack.mark
            if kind in kinds:
                return frame

    def batch(self, count=4096):
        """The batch after what was sent; None when there is nothing left."""
        first = self.sent_to + 1
        records = self.journal.records[self.sent_to:self.sent_to + count]
        if not records:
            return None
        columns, last_wall, last_boot = self.wire.BatchRecords(boot_ids=self.journal.boot), 0, 0
        for index, (kind, wall, since_boot, body) in enumerate(records):
            columns.kinds.append(kind)
            columns.walls.append(wall if index == 0 else wall - last_wall)
            columns.drifts.append(since_boot if index == 0 else since_boot - last_boot - (wall - last_wall))
            columns.body_sizes.append(len(body))
            last_wall, last_boot = wall, since_boot
        columns.bodies = b"".join(record[3] for record in records)
        self.sent_to += len(records)
        return self.wire.Frame(stream=1, batch=self.wire.Batch(
            first_seq=first, count=len(records), head_hash=self.journal.hashes[self.sent_to][:16], payload=columns.SerializeToString()))

    def drain(self):
        """Sends all there is and waits until it is acknowledged."""
        while frame := self.batch():
            self.send(frame)
        while self.acked < len(self.journal.records):
            self.receive("ack")

    def sale(self, order, cents=250, **more):
        """A sale as one serialised Event of our own schema."""
        e = self.wire
        event = e.Event(context=e.Context(store=self.store, workstation=self.workstation, business_day=time.strftime("%Y-%m-%d"),
                                          operator_id="7"), trace_id=os.urandom(16),
                        numbers=e.Numbers(receipt_number=f"{self.workstation}-{order}"))
        tax = cents * 20 // 120
        event.retail_transaction.CopyFrom(e.RetailTransaction(
            status=e.TRANSACTION_STATUS_COMPLETED, currency="GBP", currency_decimals=2, channel=e.CHANNEL_STORE, order_id=order,
            lines=[e.Line(number=1, kind=e.LINE_KIND_SALE, item=e.Item(sku="TEA-1"), quantity=e.Quantity(mantissa=1),
                          unit_price=e.Decimal(mantissa=cents, scale=2), extended_amount=cents, amount=cents)],
            taxes=[e.Tax(code="A", included=True, taxable=cents - tax, amount=tax)],
            tenders=[e.Tender(type=e.TENDER_TYPE_CASH, state=e.TENDER_STATE_APPROVED, tendered=cents, applied=cents)],
            totals=e.Totals(gross=cents, net=cents - tax, tax=tax), **more))
        return event.SerializeToString()

    def close(self):
        if self.stream:
            try:
                self.stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.stream.close()
            self.stream = None
