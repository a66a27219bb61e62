"""Starts the three real programs on loopback and talks to them, for end-to-end tests and the demo.

Everything a test makes lives in one temporary folder; every process it starts is ended by its id.
"""
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("TILL_BIN", ROOT / "build" / "bin"))
SHARED = Path(os.environ.get("TILL_SHARED", ROOT.parent / "shared"))


class Failure(Exception):
    """A promise that did not hold, or a program that did not do as it should."""


def check(condition, what):
    if not condition:
        raise Failure(what)


def wait_until(condition, seconds, what):
    """Polls until the condition holds; says what did not happen when it never does."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def free_port():
    """A port the kernel has just given out; programs that restart must come back on the same one."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(*arguments, ok=(0,), env=None, input=None, timeout=120):
    """Runs a program to its end; returns its output, or fails with what it said."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=timeout, input=input,
                          env={**os.environ, **(env or {})})
    if ok is not None and done.returncode not in ok:
        raise Failure(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def copy_home(home, to, ignore=()):
    """A device's folder, as when its disk is imaged: links stay links, sockets are nobody's any more."""
    def left_out(folder, names):
        return [name for name in names if name in ignore or Path(folder, name).is_socket()]
    return shutil.copytree(home, to, symlinks=True, ignore=left_out)


class Process:
    """A program that runs until it is told to stop. Its log lies beside its data."""

    def __init__(self, log, *arguments, env=None):
        self.arguments = [str(a) for a in arguments]
        self.log = Path(log)
        self.env = {**os.environ, **(env or {})}
        self.child = None

    def start(self):
        with open(self.log, "ab") as sink:
            self.child = subprocess.Popen(self.arguments, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, env=self.env)
        return self

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None

    def stop(self, seconds=10):
        """SIGTERM, and its exit code: programs must end by themselves."""
        if not self.running:
            return self.child.returncode if self.child else None
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.arguments[0]} did not stop within {seconds} s of SIGTERM\n{self.tail()}")

    def kill(self):
        """SIGKILL: what a crash or a pulled plug looks like to the program."""
        if self.running:
            self.child.kill()
            self.child.wait()

    def tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


class Gateway:
    """A till-gateway with its own folder, port and administrator."""

    server_name = "gateway.test"

    def __init__(self, folder, port=None):
        self.home = Path(folder)
        self.port = port or free_port()
        self.admin = self.home / "admin"
        self.process = Process(self.home.with_suffix(".log"), BIN / "till-gateway", "serve", self.home)

    def init(self):
        run(BIN / "till-gateway", "init", self.home, "--server-name", self.server_name, "--public-host", "127.0.0.1",
            "--port", self.port)
        return self

    def start(self):
        self.process.start()
        self.wait_ready()
        return self

    def wait_ready(self):
        def listening():
            if not self.process.running:
                raise Failure(f"till-gateway ended by itself\n{self.process.tail()}")
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0
        wait_until(listening, 15, f"till-gateway listens\n{self.process.tail()}")

    def ctl(self, *arguments, ok=(0,)):
        """tillctl as this gateway's administrator."""
        return run(BIN / "tillctl", "--gateway", self.admin, *arguments, ok=ok)

    def json(self, *arguments, ok=(0,)):
        return json.loads(self.ctl("--json", *arguments, ok=ok).stdout)

    def new_code(self, store, lane):
        return self.json("enrol", "new", "--store", store, "--lane", lane)["code"]

    def https(self, method, path, body=None, certificate=None, content_type="application/json"):
        """One exchange as whoever holds `certificate` (a PEM file with its key): (status, body bytes)."""
        with self.tls(certificate) as stream:
            connection = http.client.HTTPConnection(self.server_name)
            connection.sock = stream
            connection.request(method, path, body, {"Content-Type": content_type} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def tls(self, certificate=None):
        """An open connection that has verified the gateway; raises ssl.SSLError or OSError when refused."""
        context = ssl.create_default_context(cafile=self.admin / "server-ca.pem")
        if certificate:
            context.load_cert_chain(certificate)
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 60), server_hostname=self.server_name)

    def ask(self, path):
        """GET as the administrator: parsed JSON."""
        status, body = self.https("GET", path, certificate=self.admin / "credentials.pem")
        check(status == 200, f"GET {path}: {status} {body[:300]}")
        return json.loads(body)

    def events(self, journal):
        """Every event of a journal as the centre stored it, in order."""
        after = 0
        while page := self.ask(f"/admin/v1/events?journal={journal}&after={after}&limit=1000")["events"]:
            yield from page
            after = page[-1]["seq"]

    def transactions(self, **query):
        """Every projected transaction that matches day, store, lane or number."""
        after = 0
        words = "".join(f"&{key}={value}" for key, value in query.items())
        while page := self.ask(f"/admin/v1/transactions?limit=1000&after={after}{words}"):
            yield from page["transactions"]
            if not page["transactions"] or not page["next"]:
                return
            after = page["next"]

    def projected(self, seconds=20):
        """Waits until everything that was accepted is in the tables."""
        wait_until(lambda: self.ask("/admin/v1/status")["projection_behind"] == 0, seconds, "the projection keeps up")

    def marks(self):
        """Highest committed sequence by journal id."""
        return {j["journal"]: j["mark"] for j in self.json("status")["journals"]}


class Agent:
    """A till-agent with its own home; `settings` is the text of its settings file."""

    def __init__(self, folder, settings=None):
        self.home = Path(folder)
        self.config = self.home.with_suffix(".toml")
        self.settings = settings or default_settings()
        self.process = Process(self.home.with_suffix(".log"), BIN / "till-agent", "run", "--home", self.home, "--config",
                               self.config)

    def enrol(self, gateway, store, lane):
        self.config.write_text(self.settings)
        run(BIN / "till-agent", "enrol", gateway.new_code(store, lane), "--home", self.home)
        return self

    def start(self):
        (self.home / "http.port").unlink(missing_ok=True)
        self.process.start()
        self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if not self.process.running:
                raise Failure(f"till-agent ended by itself\n{self.process.tail()}")
            return (self.home / "http.port").exists() and (self.home / "http.port").read_text().strip()
        wait_until(ready, 15, f"till-agent opens its door\n{self.process.tail()}")

    @property
    def port(self):
        return int((self.home / "http.port").read_text())

    def token(self, role="pos"):
        return (self.home / f"token-{role}").read_text().strip()

    def call(self, method, path, body=None, key=None, role="pos", headers=None, raw=None, timeout=15):
        """One HTTP exchange: (status, parsed JSON, headers)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {"Authorization": f"Bearer {self.token(role)}", **(headers or {})}
            if body is not None or raw is not None:
                sent.setdefault("Content-Type", "application/json")
            if key:
                sent["Idempotency-Key"] = key
            connection.request(method, path, raw if raw is not None else (json.dumps(body) if body is not None else None), sent)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, (json.loads(text) if text else None), dict(answer.getheaders())
        finally:
            connection.close()

    def capture(self, path, body, key=None, role="pos"):
        """A capture that must succeed."""
        status, answer, _ = self.call("POST", path, body, key or str(uuid.uuid4()), role)
        check(status in (200, 201), f"POST {path}: {status} {answer}")
        return answer

    def status(self):
        return self.call("GET", "/v1/status")[1]

    def journal_id(self):
        return self.status()["journal_id"]

    def head(self):
        """The newest sequence on the device's disk."""
        return int(self.status().get("head_seq", 0))


def default_settings(port=0, extra=""):
    """Settings of a British shop."""
    return f"""
[store]
currency = "GBP"
time_zone = "Europe/London"
country = "GB"
default_tax_code = "A"

[[tax_rule]]
code = "A"
rate = "20"
included = true

[[tax_rule]]
code = "B"
rate = "5"
included = true

[http]
port = {port}
{extra}
"""


def sale(total="2.50", order=None, **more):
    """The smallest honest sale."""
    body = {"currency": "GBP",
            "lines": [{"sku": "TEA-1", "description": "Tea", "quantity": "1", "unit_price": total}],
            "tenders": [{"type": "TENDER_TYPE_CASH", "amount": total}]}
    if order:
        body["order_id"] = order
    return {**body, **more}


class Lab:
    """A temporary folder with a gateway and agents; `with Lab() as lab:` cleans up whatever happens."""

    def __init__(self, keep=False):
        self.folder = Path(tempfile.mkdtemp(prefix="tillstream-"))
        self.keep = keep
        self.gateways, self.agents, self.processes = [], [], []

    def gateway(self, name="gateway", start=True):
        made = Gateway(self.folder / name).init()
        self.gateways.append(made)
        return made.start() if start else made

    def agent(self, gateway, store="12", lane="1", settings=None, start=True):
        made = Agent(self.folder / f"agent-{store}-{lane}-{len(self.agents)}", settings)
        made.enrol(gateway, store, lane)
        self.agents.append(made)
        return made.start() if start else made

    def process(self, name, *arguments, env=None):
        made = Process(self.folder / f"{name}.log", *arguments, env=env)
        self.processes.append(made)
        return made

    def __enter__(self):
        return self

    def __exit__(self, kind, failure, trace):
        for process in [*(a.process for a in self.agents), *(g.process for g in self.gateways), *self.processes]:
            if kind is not None and process.log.exists():
                print(f"--- {process.log.name}\n{process.tail(40)}")
            process.kill()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def synced(gateway, agent, seconds=20):
    """Waits until the centre has all that the agent holds; returns the head."""
    def level():
        status = agent.status()
        head = int(status.get("head_seq", 0))
        return head if head == gateway.marks().get(status["journal_id"], -1) else None
    return int(wait_until(level, seconds, "the centre has everything the device holds"))
