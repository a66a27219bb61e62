#!/usr/bin/env python3
"""A sale over ZeroMQ, and the feed that shows it:  sale.py HOME [KEY]

Needs pyzmq and the classes of commands.proto:  protoc --python_out=. sync/wire/*.proto
HOME is the agent's folder. The same KEY again gives the first answer again and sells nothing twice.
"""
import sys
import uuid
from pathlib import Path

import zmq
from sync.wire import commands_pb2, events_pb2


def main(home, key):
    context = zmq.Context()
    feed = context.socket(zmq.SUB)
    feed.connect(f"ipc://{home}/feed.sock")
    feed.subscribe(b"capture.retail_transaction")
    feed.subscribe(b"sync")
    feed.poll(5000)  # Who subscribes is told how the link stands: from here on nothing is missed.

    call = commands_pb2.Call(token=(home / "token-pos").read_text().strip(), idempotency_key=key)
    sale = call.record_transaction
    sale.lines.add(sku="TEA-1", description="Tea", quantity="2", unit_price="2.50")
    sale.tenders.add(type=events_pb2.TENDER_TYPE_CASH, amount="5.00")
    door = context.socket(zmq.REQ)
    door.connect(f"ipc://{home}/agent.sock")
    door.send(call.SerializeToString())
    if not door.poll(10_000):
        sys.exit("no answer: ask again with the same key")
    answer = commands_pb2.Answer.FromString(door.recv())
    if answer.WhichOneof("result") == "problem":
        sys.exit(f"{answer.problem.title}: {answer.problem.detail} {answer.problem.field}")
    print("receipt", answer.captured.receipt_number, "again" if answer.captured.replayed else "new")

    while not answer.captured.replayed and feed.poll(10_000):
        topic, message = feed.recv_multipart()
        if topic == b"capture.retail_transaction":
            event = commands_pb2.FeedMessage.FromString(message).event
            print("feed", event.seq, event.event.numbers.receipt_number)
            break
    context.destroy(linger=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else str(uuid.uuid4()))
