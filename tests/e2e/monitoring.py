#!/usr/bin/env python3
"""What monitoring and the service manager see of both programs: metrics, health, signs of life, log levels, one trace id from end to end."""
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

from harness import Lab, check, free_port, sale, synced, wait_until
from testing import note, run as run_tests

SALES = "/v1/transactions"


def page(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.getheader("Content-Type")


def metrics(port):
    """Sample by sample: "name{labels}" to its number."""
    status, text, kind = page(port, "/metrics")
    check(status == 200 and kind.startswith("text/plain; version=0.0.4"), f"{status} {kind}")
    if promtool := shutil.which("promtool"):
        judged = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        check(judged.returncode == 0 and not judged.stderr and not judged.stdout, f"promtool: {judged.stdout}{judged.stderr}")
    else:
        note("promtool (Debian's prometheus) is not installed: names were not judged")
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*(?:\{[^}]*\})?) (\S+)$", text, re.M)}


def of(samples, name):
    """The values of every sample of that name."""
    return [value for sample, value in samples.items() if sample.split("{")[0] == name]


def monitored(lab):
    gateway = lab.gateway(start=False)
    port = free_port()
    with open(gateway.home / "gateway.toml", "a", encoding="utf-8") as settings:
        settings.write(f"\n[metrics]\nport = {port}\n")
    return gateway.start(), port


def test_metrics_tell_what_is_unsent_and_how_old_at_both_ends():
    """Both programs answer /metrics as promtool wants it, /healthz and /readyz; what a device has not sent, and since when, is told by itself while it is cut off and by the centre after."""
    with Lab() as lab:
        gateway, port = monitored(lab)
        till = lab.agent(gateway, "12", "3")
        till.capture(SALES, sale(), key="one")
        till.capture(SALES, sale(), key="one")
        till.call("POST", SALES, {"lines": []}, "bad")
        synced(gateway, till)
        samples = metrics(till.port)
        for outcome, count in (("stored", 1), ("replayed", 1), ("out_of_range", 1)):
            name = f'tillstream_commands_total{{command="record_transaction",outcome="{outcome}"}}'
            check(samples.get(name) == count, f"{name}: {samples.get(name)}")
        check(samples["tillstream_capture_duration_seconds_count"] == 1, "one capture was timed")
        check(samples["tillstream_journal_unsent_events"] == 0 and samples["tillstream_uplink_up"] == 1, f"{samples}")
        gateway.process.stop()
        for n in range(5):
            till.capture(SALES, sale())
        time.sleep(1.2)
        samples = metrics(till.port)
        check(samples["tillstream_journal_unsent_events"] == 5, f"{samples}")
        check(1 <= samples["tillstream_journal_oldest_unsent_age_seconds"] < 60, f"{samples}")
        wait_until(lambda: metrics(till.port)["tillstream_uplink_up"] == 0, 20, "the link is down")
        for path in ("/healthz", "/readyz"):
            check(page(till.port, path)[0] == 200, f"a till without a centre is well: {path}")
        gateway.start()
        synced(gateway, till)
        samples = wait_until(lambda: of(s := metrics(port), "tillstream_device_unsent_events") and s, 20, "telemetry came in")
        labels = next(s for s in samples if s.startswith("tillstream_device_unsent_events"))
        check('store="12"' in labels and 'workstation="3"' in labels, labels)
        check(of(samples, "tillstream_device_oldest_unsent_age_seconds"), f"{samples}")
        check(samples["tillstream_ledger_events_total"] == 6 and of(samples, "tillstream_device_up") == [1], f"{samples}")
        check([page(port, path)[0] for path in ("/healthz", "/readyz", "/admin/v1/status")] == [200, 200, 404], "health, and nothing else")
        readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
        for at in (till.port, port):
            samples = metrics(at)
            check(of(samples, "process_resident_memory_bytes")[0] > 1e6, "of the process itself")
            names = {re.sub("_(bucket|sum|count)$", "", sample.split("{")[0]) for sample in samples}
            check(not (unknown := {name for name in names if f"`{name}`" not in readme}), f"README.md tells of every one: {unknown}")


@contextlib.contextmanager
def service_manager(folder):
    """Listens as systemd does; gives (path, the next word within seconds)."""
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(path))

        def word(seconds):
            ear.settimeout(seconds)
            try:
                return ear.recv(256).decode()
            except TimeoutError:
                return None
        yield path, word


def test_the_service_manager_hears_of_ready_life_and_end():
    """Under systemd's protocol each program says READY when it serves, gives signs of life from its loop, none while it hangs, and says that it is stopping."""
    with Lab() as lab, service_manager(lab.folder) as (path, word):
        gateway = lab.gateway()
        till = lab.agent(gateway, start=False)
        gateway.process.stop()
        for program in (gateway, till):
            program.process.env |= {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"}
            program.start()
            said = [word(5) for _ in range(4)]
            check(said == ["READY=1"] + ["WATCHDOG=1"] * 3, f"{said}")
            os.kill(program.process.child.pid, signal.SIGSTOP)
            while word(0.1):
                pass  # What was on its way.
            check(word(1) is None, "a program that hangs is silent")
            os.kill(program.process.child.pid, signal.SIGCONT)
            check(word(5) == "WATCHDOG=1", "and goes on")
            program.process.stop()
            said = []
            while heard := word(0.5):
                said.append(heard)
            check(said and said[-1] == "STOPPING=1", f"{said}")
            del program.process.env["NOTIFY_SOCKET"]
            program.start()


def test_log_levels_change_while_running():
    """SIGHUP applies the log level of the settings file at once, at both programs; a file with a fault changes nothing and is named."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        files = ((gateway.process, gateway.home / "gateway.toml"), (till.process, till.config))
        for process, file in files:
            good = file.read_text()
            file.write_text(good + '\n[log]\nlevel = "warning"\n')
            process.child.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            quiet = process.log.read_text()
            file.write_text(good + '\n[log]\nlevel = "loud"\n')
            process.child.send_signal(signal.SIGHUP)
            wait_until(lambda: "nothing changed" in process.log.read_text(), 5, "a fault is named")
            check(" info " not in process.log.read_text()[len(quiet):], "still only warnings")
            file.write_text(good)
            process.child.send_signal(signal.SIGHUP)
            wait_until(lambda: "settings read again" in process.log.read_text()[len(quiet):], 5, "back at info")
            check(process.running, "it runs on")


def test_one_trace_id_from_request_to_table():
    """The trace id a till program sends (W3C traceparent) is in the device's events and in the centre's tables."""
    with Lab() as lab:
        gateway = lab.gateway()
        till = lab.agent(gateway)
        trace = uuid.uuid4().hex
        status, answer, _ = till.call("POST", SALES, sale(), "traced", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        check(status == 201, f"{answer}")
        synced(gateway, till)
        gateway.projected()
        shown = gateway.json("show", answer["receipt_number"])["transactions"][0]
        check(shown["trace_id"] == trace, f"{shown}")
        till.capture(SALES, sale())
        found = gateway.json("show", "--trace", trace)["transactions"]
        check([t["number"] for t in found] == [answer["receipt_number"]], f"found by it alone: {found}")
        event = till.call("GET", "/v1/events", role="reader")[1]["events"][0]["event"]
        check(event["trace_id"], f"{event}")


if __name__ == "__main__":
    run_tests(globals())
