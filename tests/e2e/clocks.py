#!/usr/bin/env python3
"""Wrong clocks on real programs: years off at boot, stepping while they run, and a month without the centre.

libfaketime lies to the agent about the wall clock only; its boot clock goes on as the kernel's.
"""
import datetime
import os
import time
import zoneinfo
from pathlib import Path

from harness import Lab, check, sale, synced, wait_until
from testing import Skip, note, run as run_tests

DAY = 86400
TEN_YEARS = 3652 * DAY
SALES = "/v1/transactions"


def library():
    for found in Path("/usr/lib").glob("*/faketime/libfaketime.so.1"):
        return found
    raise Skip("Debian's package libfaketime is not installed")


class WrongClock:
    """The wall clock of one agent, so many seconds off; moves while it runs."""

    def __init__(self, lab, agent):
        self.file = lab.folder / f"{agent.home.name}.clock"
        agent.process.env |= {"LD_PRELOAD": str(library()), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
                              "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.set(0)

    def set(self, seconds):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}")
        os.replace(fresh, self.file)


def shop_day(seconds_from_now=0):
    """The business day of a London shop whose day ends at midnight."""
    there = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/London")) + datetime.timedelta(seconds=seconds_from_now)
    return there.date().isoformat()


def sell(agent, order):
    """One sale; (its business day, the device's wall time in seconds since 1970)."""
    taken = agent.capture(SALES, sale(order=order))
    event = agent.call("GET", f"/v1/events?after={int(taken['seq']) - 1}&limit=1", role="reader")[1]["events"][0]
    return event["event"]["context"]["business_day"], int(event["wall_ms"]) / 1000


def connected(agent):
    head = agent.head()
    return wait_until(lambda: int(agent.status()["acknowledged_seq"]) >= head, 20, "the agent syncs")


def at_the_centre(gateway, agent, orders):
    """Corrected time (seconds) and error (ms) of each order, as the centre shows them."""
    gateway.projected()
    found = {t["order_id"]: t for t in gateway.transactions() if t["journal"] == agent.journal_id()}
    check(set(orders) <= set(found), f"{set(orders) - set(found)} did not arrive")
    return {order: found[order] for order in orders}


def corrected(row):
    return datetime.datetime.fromisoformat(row["corrected_time"].replace("Z", "+00:00")).timestamp()


def years_off(seconds):
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway, start=False)
        clock = WrongClock(lab, agent)
        clock.set(seconds)
        # Before the centre was heard: the newest time that enrolment brought.
        gateway.process.stop()
        agent.start()
        early, wall = sell(agent, "early")
        early_at = time.time()
        check(abs(wall - time.time() - seconds) < 60, "the agent's clock really is years off")
        check(early in (shop_day(), shop_day(-60)), f"offline at boot the sale is of {early}")
        gateway.start()
        connected(agent)
        late, wall = sell(agent, "late")
        late_at = time.time()
        check(abs(wall - time.time() - seconds) < 60, "the envelope keeps the device's own time")
        check(late in (shop_day(), shop_day(-60)), f"the sale is of {late}")
        synced(gateway, agent)
        rows = at_the_centre(gateway, agent, ["early", "late"])
        for order, at in (("early", early_at), ("late", late_at)):
            apart = abs(corrected(rows[order]) - at)
            check(rows[order]["time_error_ms"] > 0, "the centre shows an error bar")
            check(apart * 1000 <= rows[order]["time_error_ms"] + 500, f"{order}: corrected time is {apart:.3f} s off, "
                  f"error bar {rows[order]['time_error_ms']} ms")
        check("clock is wrong" in agent.process.log.read_text(), "the agent's log says that its clock is wrong")
        note(f"error bars {rows['early']['time_error_ms']} and {rows['late']['time_error_ms']} ms")


def test_ten_years_behind():
    """A device that boots ten years in the past verifies the centre, sells on the right business day, and its sales get the right time with an error bar."""
    years_off(-TEN_YEARS)


def test_ten_years_ahead():
    """A device that boots ten years in the future verifies the centre, sells on the right business day, and its sales get the right time with an error bar."""
    years_off(TEN_YEARS)


def test_steps_while_running():
    """A clock that steps by an hour, a day and ten years either way while sales are made moves no sale to another business day, and the centre knows when each was made."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway, start=False)
        clock = WrongClock(lab, agent)
        agent.start()
        sell(agent, "before")
        connected(agent)
        made = {}
        for n, step in enumerate((3600, -3600, DAY, -DAY, TEN_YEARS, -TEN_YEARS, 0)):
            clock.set(step)
            day, wall = sell(agent, f"step-{n}")
            made[f"step-{n}"] = time.time()
            check(abs(wall - time.time() - step) < 60, f"the clock stepped by {step} s")
            check(day in (shop_day(), shop_day(-60)), f"after a step of {step} s the sale is of {day}")
        synced(gateway, agent)
        rows = at_the_centre(gateway, agent, made)
        worst = 0
        for order, at in made.items():
            apart = abs(corrected(rows[order]) - at) * 1000
            worst = max(worst, apart)
            check(apart <= rows[order]["time_error_ms"] + 500,
                  f"{order}: corrected time is {apart:.0f} ms off, error bar {rows[order]['time_error_ms']} ms")
        note(f"corrected times at most {worst:.0f} ms off after 7 steps")


def test_thirty_days_offline():
    """A device that sold for thirty days without the centre, switched off each night, comes back: every sale arrives once, on its own business day."""
    with Lab() as lab:
        gateway = lab.gateway()
        agent = lab.agent(gateway, start=False)
        clock = WrongClock(lab, agent)
        # The centre's clock is today's; the month lies ahead of what the device knows.
        agent.start()
        sell(agent, "day-0-0")
        connected(agent)
        agent.process.stop()
        gateway.process.stop()
        expected = {"day-0-0": shop_day()}
        # A new night is a new boot, which the kernel here cannot give: forget which one was heard.
        floor = agent.home / "time-floor"
        floor.write_text(floor.read_text().split("\n")[0] + "\n")
        for day in range(1, 31):
            clock.set(day * DAY)
            agent.start()
            for n in range(3):
                expected[f"day-{day}-{n}"] = sell(agent, f"day-{day}-{n}")[0]
                check(expected[f"day-{day}-{n}"] in (shop_day(day * DAY), shop_day(day * DAY - 60)), f"a sale of day {day} is of {expected[f'day-{day}-{n}']}")
            check(agent.process.stop() == 0, "it is switched off")
        gateway.start()
        agent.start()
        check(synced(gateway, agent) == len(expected), "the centre has every event")
        gateway.projected()
        stored = [(t["order_id"], t["business_day"]) for t in gateway.transactions()]
        check(sorted(stored) == sorted(expected.items()), "each sale once, on its day")
        note(f"{len(stored)} sales of 31 business days")


if __name__ == "__main__":
    run_tests(globals())
