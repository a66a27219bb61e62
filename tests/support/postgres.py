#!/usr/bin/env python3
"""A real PostgreSQL server of a test's own, in a temporary folder, on a Unix socket and a loopback port.

`postgres.py PROGRAM [ARGUMENTS …]` runs a program with its address in TILL_TEST_POSTGRES and ends as it
does, or with 77 and a reason where no server can be run.
"""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USER = "postgres"  # The server refuses to run as root; Debian's package makes this user for it.


class Unavailable(Exception):
    """Why no server can be run here."""


def find(program):
    for folder in [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.get_exec_path())]:
        if (folder / program).exists():
            return folder / program
    raise Unavailable(f"{program} is not installed (Debian package postgresql)")


class Postgres:
    """`with Postgres() as server:` makes it, starts it, and leaves nothing behind."""

    def __init__(self):
        self.who = {}
        if os.geteuid() == 0:
            try:
                entry = pwd.getpwnam(USER)
            except KeyError:
                raise Unavailable(f"it does not run as root and there is no user {USER}") from None
            self.who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.initdb, self.program = find("initdb"), find("postgres")
        self.folder = Path(tempfile.mkdtemp(prefix="till-pg-"))
        self.log = self.folder / "log"
        self.child = None
        if self.who:
            os.chown(self.folder, self.who["user"], self.who["group"])
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        # Trust is for whoever reaches the folder; over TCP a password is asked for.
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.who:
            os.chown(secret, self.who["user"], self.who["group"])
        made = subprocess.run([self.initdb, "-D", self.folder / "data", "-U", "till", "--auth-local=trust",
                               "--auth-host=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-locale", "--no-sync"],
                              capture_output=True, text=True, cwd=self.folder, **self.who)
        if made.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise Unavailable(f"initdb: {made.stderr.strip()}")

    password = "s3cret-of-the-centre"

    @property
    def url(self):
        return f"postgresql://till@localhost/postgres?host={self.folder}&port={self.port}"

    @property
    def tcp_url(self):
        return f"postgresql://till:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self):
        with open(self.log, "ab") as sink:
            self.child = subprocess.Popen([self.program, "-D", self.folder / "data", "-k", self.folder, "-p", str(self.port),
                                           "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=40"],
                                          stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, cwd=self.folder, **self.who)
        end = time.monotonic() + 30
        while not self.answers():
            if self.child.poll() is not None or time.monotonic() > end:
                raise Unavailable(f"the server does not start: {self.log.read_text(errors='replace')[-800:]}")
            time.sleep(0.05)
        return self

    def answers(self):
        return subprocess.run([find("pg_isready"), "-q", "-h", self.folder, "-p", str(self.port)]).returncode == 0

    def ask(self, sql):
        """One statement's rows, as psql prints them: columns by '|'."""
        done = subprocess.run([find("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", sql],
                              capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    def kill(self):
        """SIGKILL to the postmaster and all of its children at once: a crash, not a shutdown."""
        parent = self.child.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in [parent, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.child.wait()

    def stop(self):
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGQUIT)
            self.child.wait(20)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    try:
        with Postgres() as server:
            sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, "TILL_TEST_POSTGRES": server.tcp_url}).returncode)
    except Unavailable as why:
        print(f"skipped: no PostgreSQL server: {why}")
        sys.exit(77)
