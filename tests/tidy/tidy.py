#!/usr/bin/env python3
"""Enforces the house rules that a compiler does not: dependency arrows, sizes, banned constructs.

Prints one line per breach, "file:line: what", and exits 1 when there is any.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The programs: the only modules that may include across top-level folders freely.
PROGRAMS = {"agent/daemon", "agent/tillctl", "sync/gateway"}
# Pure modules: no I/O, no clock, no threads, no event loop.
PURE = {
    "agent/core", "agent/crypto", "agent/sale", "agent/customer", "agent/inventory", "drivers/decode", "drivers/escpos",
    "sync/masterdata", "sync/wire", "sync/session", "firmware-config/layers",
}
# Of agent/, what other top-level folders may use; the wire's messages and pure kits are for all.
SHARED = {"agent/core", "agent/crypto", "agent/runtime", "agent/store", "sync/wire", "sync/session", "firmware-config/layers"}
# Headers a module may not include, and the one folder that may: its wrapper.
WRAPPED = {
    "sqlite3.h": {"agent/store", "tests"},
    "libpq": {"sync/postgres"},
    "sodium.h": {"agent/crypto"},
    "nettle/": {"agent/crypto"},
    "mbedtls/": {"sync/tls"},
    "zstd.h": {"sync/wire"},
    "zdict.h": {"sync/wire", "tests"},
    "zmq": {"agent/api"},
    "libusb": {"drivers/usb"},
    "iconv.h": {"agent/capture", "drivers/display"},
    "zlib.h": {"agent/capture"},
    "expat.h": {"agent/capture"},
    "curl/": {"sync/crm"},
    "toml++/": {"firmware-config/layers", "agent/capture", "drivers/registry"},
}
IMPURE = re.compile(r"<(boost/asio|boost/beast|thread|mutex|fstream|filesystem|iostream|unistd|sys/|sqlite3)")
LINES_MAX = {".hpp": 150, ".cpp": 400}


def module_of(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def breaches(path: str):
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.split("\n")
    module = module_of(path)
    in_tests = path.startswith("tests/")
    limit = LINES_MAX[Path(path).suffix]
    if len(lines) > limit + 1:
        yield 1, f"{len(lines) - 1} lines; at most {limit}"
    if path.endswith(".hpp") and "#pragma once" not in text:
        yield 1, "header without #pragma once"
    for number, line in enumerate(lines, 1):
        if len(line) > 120:
            yield number, "line longer than 120 columns"
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            yield number, "unfinished work belongs in an issue"
        if re.search(r"\busing namespace std;", line):
            yield number, "using namespace std"
        if re.search(r"\bdetached\b", re.sub(r'"[^"]*"', "", line)) and not line.lstrip().startswith(("//", "///")) and not in_tests:
            yield number, "detached: every child has a parent (TaskGroup)"
        if re.search(r"#include <boost/(asio|beast)\.hpp>", line):
            yield number, "include the narrow header"
        if re.search(r"\b(float|double)\b\s+\w*(price|amount|total|money|quantity)", line):
            yield number, "floating-point money"
        if not in_tests:
            include = re.match(r'#include [<"]([^>"]+)[>"]', line)
            if include:
                yield from ((number, what) for what in arrow(module, include[1], line))
    if not in_tests:
        for match in re.finditer(r"co_await\s[^;]*?;", text):
            if re.search(r"\[[&=\w, ]*\]\s*\(|\w\{[^}]*\}\s*\)", match[0]):
                yield text[: match.start()].count("\n") + 1, "name it before you await it (g++ 12 destroys it twice)"


def arrow(module: str, target: str, line: str):
    for header, allowed in WRAPPED.items():
        if target.startswith(header) and module not in allowed:
            yield f"{header} belongs inside {', '.join(sorted(allowed))}"
    if module in PURE and IMPURE.search(line):
        yield f"{module} is pure and includes {target}"
    if '"' not in line or not re.match(r"(agent|drivers|sync|firmware-config)/", target):
        return
    other = module_of(target)
    if other == module or module in PROGRAMS:
        return
    if other in PROGRAMS:
        yield f"nobody includes a program ({other})"
    if module in PURE and other not in PURE:
        yield f"{module} is pure and includes {other}, which is not"
    if module.split("/")[0] != other.split("/")[0] and other not in SHARED and other not in PURE:
        yield f"{module} may not include {other}: a small interface, wired by a program"


def types_of(path: str):
    """Names of the types a header defines at namespace level, with their namespace."""
    space = []
    for line in (ROOT / path).read_text(encoding="utf-8").split("\n"):
        if opened := re.match(r"namespace\s*([\w:]*)\s*{", line):
            space.append(opened[1] or "anonymous")
        elif re.match(r"}\s*// namespace", line) and space:
            space.pop()
        elif named := re.match(r"(?:struct|class|enum class)\s+(?:\[\[nodiscard\]\]\s*)?(\w+)\b(?!<|::)[^;]*{", line):
            yield "::".join([*space, named[1]])


def types_defined_twice(headers):
    """Two types of one name link without a word and crash at run time (one-definition rule)."""
    first = {}
    for path in headers:
        for name in types_of(path):
            if first.setdefault(name, path) != path:
                yield f"{path}:1: {name} is also defined in {first[name]}"


def readme_lists_packages():
    packages = (ROOT / "cross/packaging/debian-packages.txt").read_text().split()
    readme = ROOT / "README.md"
    if readme.exists():
        text = readme.read_text(encoding="utf-8")
        for package in packages:
            if not re.search(rf"(?<![\w.+-]){re.escape(package)}(?![\w.+-])", text):
                yield f"README.md:1: does not list the package {package}"


def main() -> int:
    files = subprocess.run(["git", "ls-files", "*.hpp", "*.cpp"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = [f"{path}:{line}: {what}" for path in files.stdout.split() for line, what in breaches(path)]
    found += types_defined_twice(p for p in files.stdout.split() if p.endswith(".hpp") and not p.startswith("tests/"))
    found += readme_lists_packages()
    print("\n".join(found) if found else "tidy: no breach")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
