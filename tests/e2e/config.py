#!/usr/bin/env python3
"""Settings, start-up faults and the rights of key files."""
import re
import socket

from harness import BIN, Lab, check, default_settings, run, sale
from testing import note, run as run_tests

STORE = '[store]\ncurrency = "GBP"\n'
AGENT_FAULTS = [  # What is wrong, the file, its line (0: none in particular), words that must be said.
    ("nothing at all", "", 0, ["store.currency"]),
    ("no such currency", '[store]\ncurrency = "pounds"\n', 2, ["store.currency", "three capital"]),
    ("unknown key", STORE + 'curency = "EUR"\n', 3, ["curency", "currency"]),
    ("unknown section", STORE + "[stor]\nx = 1\n", 0, ["stor"]),
    ("wrong type", STORE + "[http]\nport = \"eighty\"\n", 4, ["http.port"]),
    ("out of range", STORE + "[http]\nport = 70000\n", 4, ["http.port", "65535"]),
    ("not one of the words", STORE + 'tax_rounding = "up"\n', 3, ["tax_rounding", "line", "receipt"]),
    ("not a number", STORE + '[[tax_rule]]\ncode = "A"\nrate = "twenty"\n', 5, ["tax_rule", "rate"]),
    ("required key of a table left out", STORE + '[[tax_rule]]\ncode = "A"\n', 0, ["rate"]),
    ("two rules of one name", STORE + '[[tax_rule]]\ncode = "A"\nrate = "1"\n[[tax_rule]]\ncode = "A"\nrate = "2"\n', 7, ["tax_rule.code"]),
    ("default rule that is not there", STORE + 'default_tax_code = "Z"\n', 3, ["default_tax_code"]),
    ("time zone of nowhere", STORE + 'time_zone = "Europe/Atlantis"\n', 3, ["time_zone"]),
    ("mapping that is not there", STORE + '[[file_drop]]\nfolder = "/tmp"\nmapping = "no-such"\n', 5, ["mapping"]),
    ("a table where a list is", STORE + '[file_drop]\nfolder = "/tmp"\nmapping = "uci-online-retail"\n', 0, ["file_drop"]),
    ("not TOML", STORE + "port = = 1\n", 3, []),
    ("the same key twice", STORE + 'currency = "EUR"\n', 3, ["currency"]),
    ("a million brackets", "a = " + "[" * 100000, 0, []),
    ("not UTF-8", STORE + "drawer = \"\udcff\"\n", 0, []),
]
LISTEN = '[listen]\nserver_name = "gateway.test"\npublic_host = "127.0.0.1"\n'
GATEWAY_FAULTS = [
    ("nothing at all", "", 0, ["listen.server_name", "listen.public_host"]),
    ("unknown key", LISTEN + "prot = 1\n", 4, ["prot", "port"]),
    ("out of range", LISTEN + "port = -1\n", 4, ["listen.port"]),
    ("life of nothing", LISTEN + "[enrolment]\ncertificate_life_days = 0\n", 5, ["certificate_life_days", "1"]),
    ("wrong type", LISTEN + "loops = 1.5\n", 4, ["loops"]),
    ("unknown level", LISTEN + '[log]\nlevel = "chatty"\n', 5, ["log.level", "warning"]),
    ("not TOML", LISTEN + "[enrolment\n", 0, []),
]


def faults_of(program, folder, table):
    wrong = []
    for what, text, line, words in table:
        file = folder / "settings.toml"
        file.write_bytes(text.encode(errors="surrogateescape"))
        done = run(BIN / program, "--check-config", file, ok=None, timeout=20)
        said = done.stdout + done.stderr
        if done.returncode != 78:
            wrong.append(f"{what}: exit {done.returncode}: {said[:300]}")
        elif line and f"settings.toml:{line}" not in said:
            wrong.append(f"{what}: does not name line {line}: {said[:300]}")
        elif missing := [word for word in words if word not in said]:
            wrong.append(f"{what}: does not say {missing}: {said[:300]}")
    return wrong


def test_each_fault_of_a_settings_file_is_named():
    """--check-config of both programs names each fault with its line, its key and what is allowed, and exits 78."""
    with Lab() as lab:
        wrong = faults_of("till-agent", lab.folder, AGENT_FAULTS) + faults_of("till-gateway", lab.folder, GATEWAY_FAULTS)
        check(not wrong, "\n  " + "\n  ".join(wrong))
        three = lab.folder / "three.toml"
        three.write_text(STORE + 'tax_rounding = "up"\n[http]\nport = -1\ncolour = "red"\n')
        said = run(BIN / "till-agent", "--check-config", three, ok=(78,)).stderr
        check(all(f"three.toml:{line}" in said for line in (3, 5, 6)), f"all three faults at once: {said}")
        check(run(BIN / "till-agent", "--check-config", lab.folder / "absent", ok=None).returncode in (77, 78), "no file")
        note(f"{len(AGENT_FAULTS) + len(GATEWAY_FAULTS)} faulty files")


def test_the_sample_is_accepted_once_filled_in():
    """--sample-config is refused only for what a person must fill in, and accepted with that and with every line switched on."""
    with Lab() as lab:
        for program, fill in (("till-agent", {"currency": '"GBP"'}), ("till-gateway", {"server_name": '"a.test"', "public_host": '"a.test"'})):
            sample = run(BIN / program, "--sample-config").stdout
            file = lab.folder / f"{program}.toml"
            file.write_text(sample)
            said = run(BIN / program, "--check-config", file, ok=(78,)).stderr
            check(all(key in said for key in fill), f"{program} asks for {list(fill)}: {said}")
            for key, value in fill.items():
                sample = re.sub(rf'^{key} = ""$', f"{key} = {value}", sample, flags=re.M)
            file.write_text(sample)
            run(BIN / program, "--check-config", file)
            # Settings whose defaults stand in comments are what they say they are.
            opened = re.sub(r"^# (\w+ = (?!\"\"$).*)$", r"\1", sample, flags=re.M)
            opened = re.sub(r"^# \[\[.*?(?=^\[|^# \[\[|\Z)", "", opened, flags=re.M | re.S)
            opened = re.sub(r"^(included|code|rate|role|folder|mapping) = .*\n", "", opened, flags=re.M)
            file.write_text(opened)
            run(BIN / program, "--check-config", file)


def starts_badly(lab, name, *arguments):
    """Runs a program that must end by itself: (exit code, what it said)."""
    done = run(*arguments, ok=None, timeout=20)
    check(done.returncode != 0, f"{name} ran")
    return done.returncode, done.stdout + done.stderr


def test_faults_at_the_start_are_said():
    """A busy port, a second program on one home, no enrolment, broken files: an exit code and a cause, and nothing is touched."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        agent.capture("/v1/transactions", sale())
        code, said = starts_badly(lab, "a second agent", BIN / "till-agent", "run", "--home", agent.home, "--config", agent.config)
        check(code == 75 and ("another" in said or "lock" in said), f"second agent on one home: {code} {said}")
        code, said = starts_badly(lab, "a second gateway", BIN / "till-gateway", "serve", gateway.home)
        check(code in (70, 75) and ("another" in said or "lock" in said or "running" in said), f"second gateway: {code} {said}")
        check(run(BIN / "till-gateway", "init", gateway.home, "--server-name", "x.test", "--public-host", "x", ok=None).returncode != 0,
              "init does not overwrite a gateway")
        agent.capture("/v1/transactions", sale())  # Nobody was disturbed.
        agent.process.stop()

        with socket.create_server(("127.0.0.1", 0)) as busy:
            port = busy.getsockname()[1]
            agent.config.write_text(default_settings(port=port))
            code, said = starts_badly(lab, "agent on a busy port", BIN / "till-agent", "run", "--home", agent.home, "--config", agent.config)
            check(code == 70 and str(port) in said, f"busy port: {code} {said}")
            gateway.process.stop()
            settings = gateway.home / "gateway.toml"
            settings.write_text(settings.read_text().replace(f"port = {gateway.port}", f"port = {port}"))
            code, said = starts_badly(lab, "gateway on a busy port", BIN / "till-gateway", "serve", gateway.home)
            check(code == 70 and str(port) in said, f"busy port: {code} {said}")
        code, said = starts_badly(lab, "no enrolment", BIN / "till-agent", "run", "--home", lab.folder / "empty", "--config", agent.config)
        check(code == 78 and "tillctl enrol new" in said, f"not enrolled: {code} {said}")
        code, said = starts_badly(lab, "no gateway", BIN / "till-gateway", "serve", lab.folder / "empty")
        check(code == 78 and "init" in said, f"no gateway: {code} {said}")

        agent.config.write_text(default_settings())
        enrolment = (agent.home / "enrolment.toml").read_text()
        for broken in ("", enrolment[:200], enrolment.replace("[device]", "[devices]"), "\0" * 100):
            (agent.home / "enrolment.toml").write_text(broken)
            code, said = starts_badly(lab, "broken enrolment", BIN / "till-agent", "run", "--home", agent.home, "--config", agent.config)
            check(code == 65 and "enrolment.toml" in said, f"broken enrolment.toml: {code} {said}")
        (agent.home / "enrolment.toml").write_text(enrolment)
        agent.start()
        check(agent.head() == 2, "after all of that, the journal is as it was")


def test_private_files_are_private():
    """Keys and tokens are for their owner only, and a program refuses to use one that others may read."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway)
        agent.process.stop()
        gateway.process.stop()
        for home in (agent.home, gateway.home, gateway.admin):
            check(home.stat().st_mode & 0o077 == 0, f"{home.name} is its owner's alone")
        for file in [f for home in (agent.home, gateway.home) for f in home.rglob("*") if f.is_file()]:
            secret = any(word in file.name for word in ("key", "token", "credentials", "-ca.pem", "server.pem"))
            check(not secret or file.stat().st_mode & 0o777 == 0o600, f"{file.name} has mode {file.stat().st_mode & 0o777:o}")
        for file, program in ((agent.home / "credentials.pem", "till-agent"), (agent.home / "token-pos", "till-agent"),
                              (gateway.home / "device-ca.pem", "till-gateway"), (gateway.home / "vault-key", "till-gateway"),
                              (gateway.home / "sealing-keys", "till-gateway"), (gateway.home / "server.pem", "till-gateway")):
            file.chmod(0o640)
            command = ["run", "--home", agent.home, "--config", agent.config] if program == "till-agent" else ["serve", gateway.home]
            code, said = starts_badly(lab, file.name, BIN / program, *command)
            check(code not in (0, -6, -11) and file.name in said, f"{file.name} that others may read: {code} {said}")
            file.chmod(0o600)
        (gateway.admin / "credentials.pem").chmod(0o644)
        done = run(BIN / "tillctl", "--gateway", gateway.admin, "status", ok=None)
        check(done.returncode != 0 and "credentials.pem" in done.stderr, f"tillctl: {done.returncode} {done.stderr}")
        (gateway.admin / "credentials.pem").chmod(0o600)
        gateway.start()
        agent.start()


if __name__ == "__main__":
    run_tests(globals())
