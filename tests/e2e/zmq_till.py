"""A till program that speaks ZeroMQ: commands.proto over the agent's Unix socket, as any language would."""
import uuid

from protos import messages
try:
    import zmq
except ImportError:
    print("SKIPPED: Debian's package python3-zmq is not installed")
    raise SystemExit(77) from None
from google.protobuf import json_format

wire = messages("sync/wire/commands.proto")
# Path at the HTTP door: the command's field in a Call.
FIELDS = {
    "/v1/transactions": "record_transaction", "/v1/post-voids": "post_void", "/v1/controls": "record_control",
    "/v1/tender-controls": "tender_control", "/v1/customers/identify": "identify_customer", "/v1/customers": "enrol_customer",
    "/v1/consents": "set_consent", "/v1/stock/counts": "record_count", "/v1/stock/adjustments": "record_adjustment",
    "/v1/scans/unknown": "record_unknown_scan", "/v1/drawer/open": "open_drawer", "/v1/display": "show_on_display",
    "/v1/status": "status", "/v1/events": "read_events",
}


class ZmqTill:
    """Calls and feed of one agent. `call` answers as Agent.call does: (status, parsed answer)."""

    def __init__(self, agent, timeout=10_000):
        self.agent, self.timeout = agent, timeout
        self.context = zmq.Context()
        self.door = self.socket(zmq.DEALER, "agent.sock")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.destroy(linger=0)

    def socket(self, kind, name):
        made = self.context.socket(kind)
        made.connect(f"ipc://{self.agent.home}/{name}")
        return made

    def subscribe(self, *topics):
        feed = self.socket(zmq.SUB, "feed.sock")
        for topic in topics or ("",):
            feed.subscribe(topic.encode())
        return feed

    def send(self, path, body=None, key=None, role="pos", token=None):
        call = wire.Call(token=self.agent.token(role) if token is None else token,
                         idempotency_key=str(uuid.uuid4()) if key is None else key)
        command = getattr(call, FIELDS[path])
        command.SetInParent()
        json_format.ParseDict(body or {}, command)
        self.door.send(call.SerializeToString())

    def receive(self):
        if not self.door.poll(self.timeout):
            raise TimeoutError("no answer over ZeroMQ")
        answer = wire.Answer.FromString(self.door.recv())
        kind = answer.WhichOneof("result")
        shown = json_format.MessageToDict(getattr(answer, kind), preserving_proto_field_name=True)
        status = shown["status"] if kind == "problem" else 201 if kind == "captured" and not answer.captured.replayed else 200
        return status, shown

    def call(self, path, body=None, **how):
        self.send(path, body, **how)
        return self.receive()


def next_message(feed, timeout=10_000):
    """(topic, FeedMessage) of a subscription."""
    if not feed.poll(timeout):
        raise TimeoutError("the feed is silent")
    topic, message = feed.recv_multipart()
    return topic.decode(), wire.FeedMessage.FromString(message)
