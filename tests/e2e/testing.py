"""Runs a file of end-to-end tests: its functions test_*, whose docstrings say what must hold.

A file ends with `run(globals())`. Arguments pick tests by a part of their name. Exit 1 when a promise
did not hold, 77 when every test was skipped.
"""
import sys
import time
import traceback

from harness import Failure


class Skip(Exception):
    """What the test needs is not on this machine."""


def note(text):
    """A figure that a reader of the output cares for."""
    print(f"        {text}", flush=True)


def run(names):
    wanted = sys.argv[1:]
    tests = [value for name, value in names.items() if name.startswith("test_") and callable(value)
             and (not wanted or any(part in name for part in wanted))]
    if not tests:
        sys.exit(f"no test matches {' '.join(wanted)}")
    failed = skipped = 0
    for test in tests:
        promise = " ".join((test.__doc__ or test.__name__).split())
        began = time.monotonic()
        try:
            test()
            print(f"held    {promise} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skip as why:
            skipped += 1
            print(f"SKIPPED {promise}: {why}", flush=True)
        except Failure as failure:
            failed += 1
            print(f"BROKEN  {promise}: {failure}\n        in {test.__name__}", flush=True)
        except Exception:  # A fault of the test itself is a failure, too.
            failed += 1
            print(f"BROKEN  {promise}\n{traceback.format_exc()}", flush=True)
    sys.exit(1 if failed else 77 if skipped == len(tests) else 0)
