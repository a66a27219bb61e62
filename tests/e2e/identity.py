#!/usr/bin/env python3
"""Who is let in: codes, certificates, names, protocols; openssl and testssl.sh as outside witnesses."""
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import threading
import uuid

import pki
from harness import BIN, Failure, Lab, check, free_port, run, sale, synced, wait_until
from testing import Skip, note, run as run_tests

REFUSED = 77  # sysexits: the centre refused.


def enrol(lab, code, name):
    """till-agent enrol with that code in a new home: the finished program."""
    return run(BIN / "till-agent", "enrol", code, "--home", lab.folder / name, ok=None)


def must_refuse(done, exit_code, word):
    said = done.stdout + done.stderr
    check(done.returncode == exit_code and word in said, f"exit {done.returncode}, wanted {exit_code} and {word!r}: {said}")


def test_a_code_lets_one_device_in_once():
    """A code that was used, mistyped, cut short or has expired lets nobody in and says why; a refusal spends nothing."""
    with Lab() as lab:
        gateway = lab.gateway()
        code = gateway.new_code("12", "1")
        middle = len(code) // 2
        slip = code[:middle] + ("a" if code[middle] != "a" else "b") + code[middle + 1:]
        must_refuse(enrol(lab, slip, "typo"), 2, "mistyped")
        must_refuse(enrol(lab, code[:20], "cut"), 2, "code")
        must_refuse(enrol(lab, "hello", "word"), 2, "code")
        check(enrol(lab, code, "good").returncode == 0, "the code itself is still good")
        must_refuse(enrol(lab, code, "again"), REFUSED, "used")
        must_refuse(enrol(lab, gateway.new_code("12", "1"), "good"), REFUSED, "enrolled already")
        old = gateway.new_code("12", "2")
        gateway.process.stop()
        with sqlite3.connect(gateway.home / "registry.db") as registry:
            registry.execute("UPDATE code SET expires_ms = created_ms - 1 WHERE used_ms IS NULL")
        gateway.start()
        must_refuse(enrol(lab, old, "old"), REFUSED, "expired")
        check(len(gateway.json("devices", "list")["devices"]) == 1, "one device is known")
        for name in ("typo", "cut", "again", "old"):
            check(not (lab.folder / name / "enrolment.toml").exists(), f"{name} is not enrolled")


def test_a_code_is_for_one_gateway():
    """A code of another gateway is refused by the device before it is spent, whoever answers at that address."""
    with Lab() as lab:
        one, other = lab.gateway("one"), lab.gateway("other")
        code = one.new_code("12", "1")
        one.process.stop()
        other.process.stop()
        settings = other.home / "gateway.toml"
        settings.write_text(settings.read_text().replace(f"port = {other.port}", f"port = {one.port}"))
        other.port = one.port  # An impostor at the address that the code names.
        other.start()
        must_refuse(enrol(lab, code, "fooled"), REFUSED, "certificate")
        other.process.stop()
        must_refuse(enrol(lab, code, "nobody"), 75, "")
        one.start()
        check(enrol(lab, code, "home").returncode == 0, "the code was not spent")


def gateway_refuses(gateway, certificate, alert, *options):
    """The handshake ends with that alert and no HTTP answer comes."""
    said = pki.s_client(gateway, certificate, *options)
    check("HTTP/1.1" not in said, f"the gateway answered: {said[-400:]}")
    check(re.search(alert, said, re.I), f"no {alert!r} in: {said[-600:]}")


def test_the_gateway_refuses_bad_certificates():
    """Expired, early, foreign, self-signed, wrongly used certificates and a CA's are refused by the gateway in the handshake."""
    with Lab() as lab:
        gateway = lab.gateway()
        mine, admins, devices = lab.folder, gateway.home / "admin-ca.pem", gateway.home / "device-ca.pem"
        good = pki.issue(mine, admins, "witness")
        check("HTTP/1.1 200" in pki.s_client(gateway, good), f"a good one is let in: {pki.s_client(gateway, good)[-600:]}")
        someone = str(uuid.uuid4())
        cases = {
            "expired": (pki.issue(mine, admins, "late", start=-9, end=-1), "certificate expired"),
            "not yet valid": (pki.issue(mine, admins, "early", start=1, end=9), "bad certificate|certificate expired"),
            "device, not yet valid": (pki.issue(mine, devices, someone, start=1, end=9), "bad certificate"),
            "for servers": (pki.issue(mine, admins, "x", use=pki.SERVER), "unsupported certificate"),
            "device, for servers": (pki.issue(mine, devices, someone, use=pki.SERVER), "unsupported certificate"),
            "for nothing in particular": (pki.issue(mine, admins, "x", use=None), "unsupported certificate"),
            "for signing certificates": (pki.issue(mine, admins, "x", is_ca=True), "certificate"),
            "of another CA": (pki.issue(mine, pki.new_authority(mine), "administrator"), "unknown ca"),
            "signed by itself": (pki.issue(mine, None, "administrator"), "unknown ca"),
            "issued by the server CA": (pki.issue(mine, gateway.home / "server-ca.pem", "x"), "unknown ca"),
            "the gateway's own": (gateway.home / "server.pem", "unknown ca|unsupported"),
        }
        for what, (certificate, alert) in cases.items():
            try:
                gateway_refuses(gateway, certificate, alert)
            except Failure as failure:
                raise Failure(f"{what}: {failure}")
        lab.agent(gateway)
        note(f"{len(cases)} certificates refused")


def test_the_gateway_speaks_one_protocol():
    """The gateway refuses plaintext, TLS 1.0 and 1.1, CBC suites, RSA key exchange and renegotiation."""
    with Lab() as lab:
        gateway = lab.gateway()
        admin = gateway.admin / "credentials.pem"
        refused = "SSL alert number (40|70)"  # The gateway's word: openssl itself was willing.
        gateway_refuses(gateway, admin, refused, "-tls1", "-cipher", "ALL:@SECLEVEL=0")
        gateway_refuses(gateway, admin, refused, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        gateway_refuses(gateway, admin, refused, "-tls1_3")
        for suite in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES256-SHA", "DHE-RSA-AES128-GCM-SHA256",
                      "ECDHE-ECDSA-AES128-CCM8", "NULL", "aNULL"):
            gateway_refuses(gateway, admin, refused, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"):
            said = pki.s_client(gateway, admin, "-tls1_2", "-cipher", suite)
            check("HTTP/1.1 200" in said, f"{suite}: {said[-400:]}")
        renegotiation = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2"],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = renegotiation.communicate(b"R\n", timeout=20)[0].decode(errors="replace")
        check("RENEGOTIATING" in said and re.search("no renegotiation|error|alert", said[said.index("RENEGOTIATING"):], re.I),
              f"renegotiation: {said[-400:]}")
        with socket.create_connection(("127.0.0.1", gateway.port), 5) as plain:
            plain.sendall(b"GET /admin/v1/status HTTP/1.1\r\nHost: g\r\n\r\n")
            plain.settimeout(15)
            try:
                answer = plain.recv(4096)
            except ConnectionError:
                answer = b""
        check(b"HTTP" not in answer, f"plaintext is not answered: {answer}")


class Impostor:
    """openssl s_server in the centre's place, for one agent to dial."""

    def __init__(self, lab, certificate, *options):
        self.port = free_port()
        command = ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", certificate, "-key", certificate,
                   "-cert_chain", certificate, *options]
        self.process = lab.process(f"s_server-{self.port}", *command)

    def __enter__(self):
        self.process.child = subprocess.Popen(self.process.arguments, stdin=subprocess.PIPE, bufsize=0,
                                              stdout=open(self.process.log, "ab"), stderr=subprocess.STDOUT)
        wait_until(lambda: "ACCEPT" in self.process.tail(), 10, f"s_server listens: {self.process.tail()}")
        return self

    def __exit__(self, *failure):
        self.process.kill()

    def shaken_hands(self):
        return "CIPHER is" in self.process.tail(200)


def edit_enrolment(agent, **fields):
    file = agent.home / "enrolment.toml"
    text = file.read_text()
    for key, value in fields.items():
        text = re.sub(rf"^{key} = .*$", lambda _: f"{key} = {json.dumps(value)}", text, flags=re.M)
    file.write_text(text)


def uplink_cause(agent):
    """Why this start of the agent is not connected; empty while it has not said."""
    found = re.findall(r"not connected .*?why=(.*)$", agent.process.log.read_text(), re.M)
    return found[-1] if found else ""


def dial(agent, **fields):
    """Starts the agent against what `fields` say; returns why its first attempt failed. It captures all the same."""
    edit_enrolment(agent, **fields)
    agent.process.log.unlink(missing_ok=True)
    agent.start()
    agent.capture("/v1/transactions", sale())
    cause = wait_until(lambda: uplink_cause(agent), 15, "the agent says why it is not connected")
    check(agent.process.stop() == 0, "it stops cleanly")
    return cause


def test_the_agent_refuses_bad_servers():
    """A server with the wrong name, CA, dates or use is refused by the agent in the handshake; it goes on capturing."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway, start=False)
        mine, ca, name = lab.folder, gateway.home / "server-ca.pem", gateway.server_name

        def server(**how):
            return pki.issue(mine, how.pop("authority", ca), how.pop("common_name", name), authority_too=True,
                             **{"use": pki.SERVER, "dns": name, **how})
        with Impostor(lab, server(), "-www") as good:
            cause = dial(agent, port=good.port)  # It speaks no WebSocket, but it is heard.
            check("declined with 200" in cause, f"a good server is believed: {cause}")
        cases = {
            "another name": (server(dns="other.test"), "not for this server name"),
            "no alternative name": (server(dns=None), "not for this server name"),
            "expired": (server(start=-9, end=-1), "expired"),
            "not yet valid": (server(start=1, end=9), "not yet valid"),
            "for clients": (server(use=pki.CLIENT), "extended key usage"),
            "for nothing in particular": (server(use=None), "extended key usage"),
            "another CA": (server(authority=pki.new_authority(mine)), "no authority known"),
            "signed by itself": (server(authority=None), "no authority known"),
            "the device CA": (server(authority=gateway.home / "device-ca.pem"), "no authority known"),
        }
        for what, (certificate, words) in cases.items():
            with Impostor(lab, certificate) as impostor:
                cause = dial(agent, port=impostor.port)
                check(words in cause and not impostor.shaken_hands(), f"{what}: {cause}\n{impostor.process.tail()}")
        cause = dial(agent, port=gateway.port, server_name="somebody.else.test")
        check("not for this server name" in cause, f"wrong name in enrolment.toml: {cause}")
        stranger = "".join(pki.certificates(pki.new_authority(mine, "Stranger")))
        cause = dial(agent, server_name=name, authorities=stranger)
        check("no authority known" in cause, f"wrong CA in enrolment.toml: {cause}")
        edit_enrolment(agent, authorities="".join(pki.certificates(ca)))
        agent.start()
        check(synced(gateway, agent) == len(cases) + 3, "all that was captured meanwhile arrives at the right one")
        note(f"{len(cases) + 2} servers refused")


def test_the_agent_speaks_one_protocol():
    """The agent refuses servers of plaintext, TLS 1.0 and 1.1, CBC suites and RSA key exchange."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway, start=False)

        def server(kind="ec"):
            return pki.issue(lab.folder, gateway.home / "server-ca.pem", gateway.server_name, dns=gateway.server_name,
                             use=pki.SERVER, authority_too=True, key_kind=kind)
        elliptic, rsa = server(), server("rsa")
        weak = "ALL:@SECLEVEL=0"
        for certificate, options in ((elliptic, ["-tls1", "-cipher", weak]), (elliptic, ["-tls1_1", "-cipher", weak]),
                                     (elliptic, ["-tls1_3"]),
                                     (elliptic, ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384"]),
                                     (rsa, ["-tls1_2", "-cipher", "AES128-GCM-SHA256:AES128-SHA"]),
                                     (rsa, ["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"])):
            with Impostor(lab, certificate, *options) as impostor:
                cause = dial(agent, port=impostor.port)
                check("handshake" in cause and not impostor.shaken_hands(), f"{options}: {cause}\n{impostor.process.tail()}")
                run("openssl", "s_client", "-connect", f"127.0.0.1:{impostor.port}", *options, input="")  # It would have served others.
        for what, answer in (("plaintext", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
                             ("a ServerHello of TLS 1.0", server_hello(1)), ("a ServerHello of TLS 1.1", server_hello(2))):
            hello, reply, cause = dial_raw(agent, answer)
            check(hello[:1] == b"\x16", f"{what}: it says nothing but a TLS hello: {hello}")
            check(len(reply) < 16 and "handshake" in cause, f"{what}: {cause} {reply}")
            if what != "plaintext":
                check(reply[0] == 0x15 and reply[5:7] == b"\x02\x46", f"{what}: not a fatal protocol_version alert: {reply}")


def server_hello(minor):
    """A ServerHello that picks TLS 1.`minor - 1` and ECDHE-ECDSA-AES128-GCM-SHA256 from what was offered."""
    body = bytes([3, minor]) + bytes(32) + b"\0" + b"\xc0\x2b" + b"\0"
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16" + bytes([3, minor]) + len(message).to_bytes(2, "big") + message


def dial_raw(agent, answer):
    """The agent dials a server that answers its first bytes with these: (hello, reply, why it is not connected)."""
    got = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                got.append(connection.recv(4096))
                connection.sendall(answer)
                try:
                    got.append(connection.recv(4096))
                except OSError:
                    got.append(b"")
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        cause = dial(agent, port=listener.getsockname()[1])
        thread.join(10)
    check(len(got) == 2, f"it dialled and was answered: {got}")
    return *got, cause


UPGRADE = ("GET /v1/sync HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
           "Sec-WebSocket-Protocol: tillstream.v1\r\n\r\n").encode()


def ask_for_sync(gateway, certificate):
    """Status of the answer to a WebSocket upgrade."""
    with gateway.tls(certificate) as stream:
        stream.sendall(UPGRADE)
        return int(stream.recv(4096).split()[1])


def renewal_request(folder, credentials):
    """A serialised RenewRequest for the key in that file."""
    csr = run("openssl", "req", "-new", "-key", credentials, "-subj", "/CN=device").stdout.encode()
    size = len(csr)
    return b"\x0a" + bytes([size & 0x7f | 0x80, size >> 7]) + csr


def renew(gateway, folder, certificate, key=None):
    return gateway.https("POST", "/renew", renewal_request(folder, key or certificate), certificate, "application/x-protobuf")


def test_a_certificate_opens_only_its_own_doors():
    """Each kind of certificate reaches its own paths only: none enrols, devices sync and renew, administrators administrate."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        device, admin = agent.home / "credentials.pem", gateway.admin / "credentials.pem"
        for path in ("/admin/v1/status", "/admin/v1/devices", "/admin/v1/transactions", "/admin/", "/renew", "/"):
            check(gateway.https("GET", path)[0] == 403, f"nobody at {path}")
            check(gateway.https("GET", path, certificate=device)[0] in (400, 403), f"a device at {path}")
        check(gateway.https("POST", "/admin/v1/devices/revoke", b"{}", device)[0] == 403, "a device revokes nobody")
        check(gateway.https("POST", "/enrol", b"x", device, "application/x-protobuf")[0] == 403, "a device enrols no other")
        check(gateway.https("POST", "/enrol", b"x", admin, "application/x-protobuf")[0] == 403, "an administrator's certificate enrols nobody")
        check(gateway.https("POST", "/renew", b"x", admin, "application/x-protobuf")[0] == 403, "nor renews")
        check(ask_for_sync(gateway, admin) == 403, "an administrator does not sync")
        check(ask_for_sync(gateway, None) == 403, "nobody does not sync")
        stranger = pki.issue(lab.folder, gateway.home / "device-ca.pem", str(uuid.uuid4()))
        check(ask_for_sync(gateway, stranger) == 404, "a device that never enrolled does not sync")
        check(renew(gateway, lab.folder, stranger)[0] == 403, "nor renews")
        check(ask_for_sync(gateway, pki.issue(lab.folder, gateway.home / "device-ca.pem", "not-a-uuid")) >= 400, "nor one without an id")
        check(ask_for_sync(gateway, device) == 101, "the device itself does")


def test_an_expired_certificate_may_only_renew():
    """A device whose certificate ran out may renew it for the same key and nothing else, does so by itself, and syncs."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        agent.capture("/v1/transactions", sale())
        synced(gateway, agent)
        agent.process.stop()
        own = agent.home / "credentials.pem"
        key = run("openssl", "pkey", "-in", own, "-pubout").stdout
        device = run("openssl", "x509", "-in", own, "-noout", "-subject", "-nameopt", "RFC2253").stdout.strip().split("CN=")[1]
        old = pki.issue(lab.folder, gateway.home / "device-ca.pem", device, key=own, start=-400, end=-35)
        for path in ("/admin/v1/status", "/enrol", "/v1/sync"):
            status, body = gateway.https("GET", path, certificate=old)
            check(status == 403 and b"renew" in body, f"{path} with an expired certificate: {status} {body}")
        check(ask_for_sync(gateway, old) == 403, "no session with an expired certificate")
        other = pki.new_key(lab.folder / "other.key")
        check(renew(gateway, lab.folder, old, key=other)[0] == 403, "no renewal for another key")
        own.write_text(old.read_text())
        agent.start()
        agent.capture("/v1/transactions", sale())
        check(synced(gateway, agent) == 2, "it syncs again")
        check(run("openssl", "pkey", "-in", own, "-pubout").stdout == key, "the key is the same")
        run("openssl", "x509", "-in", own, "-noout", "-checkend", 86400)
        check("renewing" in agent.process.log.read_text(), "it says so in its log")


def test_a_revoked_device_is_out():
    """Revocation closes a live session within seconds; reconnecting and renewing are refused, also after restarts; sales go on."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent, other = lab.agent(gateway, "12", "1"), lab.agent(gateway, "12", "2")
        agent.capture("/v1/transactions", sale())
        synced(gateway, agent)
        mine = next(d for d in gateway.json("devices", "list")["devices"] if d["lane"] == "1")
        check(mine["connected"], "it is connected")
        gateway.json("devices", "revoke", mine["device"], "--reason", "stolen")

        def session_gone():
            return not next(d for d in gateway.json("devices", "list")["devices"] if d["lane"] == "1")["connected"]
        wait_until(session_gone, 6, "the live session is closed")
        check(ask_for_sync(gateway, agent.home / "credentials.pem") == 403, "it may not come back")
        agent.capture("/v1/transactions", sale())
        gateway.process.stop()
        gateway.start()
        agent.process.stop()
        agent.start()
        agent.capture("/v1/transactions", sale())
        wait_until(lambda: uplink_cause(agent), 15, "the agent says that it is refused")
        check(ask_for_sync(gateway, agent.home / "credentials.pem") == 403, "nor after restarts")
        check(renew(gateway, lab.folder, agent.home / "credentials.pem")[0] == 403, "nor may it renew")
        old = pki.issue(lab.folder, gateway.home / "device-ca.pem", mine["device"], key=agent.home / "credentials.pem", start=-9, end=-1)
        check(renew(gateway, lab.folder, old)[0] == 403, "nor with an expired certificate")
        check(gateway.marks()[agent.journal_id()] == 1, "nothing of it arrived after the revocation")
        other.capture("/v1/transactions", sale())
        synced(gateway, other)


# What testssl.sh may find, and why that is as it should be.
EXPLAINED = {
    "cert_chain_of_trust": "the authority is the retailer's own; devices know it from enrolment",
    "cert_validityPeriod": "the rule of 398 days is for public authorities",
    "cert_revocation": "a gateway that is lost gets a new authority; devices hold no revocation lists",
    "DNS_CAArecord": "names are private",
    "HSTS": "no browser comes here, and there is no plain port to fall back to",
    "TLS1_3": "Debian's mbedTLS 2.28 has none",
}


def test_testssl_finds_nothing():
    """testssl.sh finds TLS 1.2 only and no weakness, apart from what a private authority and no TLS 1.3 explain."""
    program = shutil.which("testssl") or shutil.which("testssl.sh")
    if not program:
        raise Skip("testssl.sh is not installed (Debian package testssl.sh)")
    with Lab() as lab:
        gateway = lab.gateway()
        report = lab.folder / "testssl.json"
        done = run(program, "--warnings", "off", "--ip", "one", "--quiet", "--color", "0", "--jsonfile", report,
                   f"127.0.0.1:{gateway.port}", ok=None, input="", timeout=240)
        findings = json.loads(report.read_text())
        by_id = {f["id"]: f["finding"] for f in findings}
        check(len(findings) > 60 and "TLS1_2" in by_id, f"testssl.sh looked: {done.stdout[-800:]}")
        for old in ("SSLv2", "SSLv3", "TLS1", "TLS1_1"):
            check(by_id.get(old, "").startswith("not offered"), f"{old}: {by_id.get(old)}")
        check(by_id["TLS1_2"].startswith("offered"), f"TLS 1.2: {by_id['TLS1_2']}")
        bad = [f for f in findings if f["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL")]
        unexplained = [f for f in bad if f["id"].split(" ")[0] not in EXPLAINED]
        for f in bad:
            note(f"{f['severity']} {f['id']}: {f['finding']} ({EXPLAINED.get(f['id'].split(' ')[0], 'not explained')})")
        check(not unexplained, "".join(f"\n  {f['severity']} {f['id']}: {f['finding']}" for f in unexplained))
        check(gateway.json("status")["journals"] == [], "the gateway still answers")


if __name__ == "__main__":
    run_tests(globals())
