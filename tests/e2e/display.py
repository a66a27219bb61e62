#!/usr/bin/env python3
"""A line display at a real agent: simulated behind the real libusb, told over both doors."""
from counter import Counter
from harness import Lab, check, wait_until
from testing import run as run_tests
from zmq_till import ZmqTill

DISPLAY = "/v1/display"
QUIRKS = """
[[device]]
vid = 0x04b8
pid = 0x0d30
display = "escpos"
charset = "CP950"
"""


def show(counter, *lines, **more):
    return counter.agent.call("POST", DISPLAY, {"lines": lines, **more})[:2]


def shows(counter, *rows):
    """Waits until exactly that stands on it."""
    def as_said():
        seen = counter.seen()
        return [seen["row0"].rstrip(), seen["row1"].rstrip()] == list(rows)
    wait_until(as_said, 10, f"it shows {rows}, and not {counter.seen()}")


def test_a_customer_sees_what_the_till_says():
    """What is shown replaces what was, over HTTP and ZeroMQ alike, in the display's own charset; a line too long is refused and changes nothing; no control character gets through; a display that was pulled shows it again when it is back."""
    with Lab() as lab:
        gateway = lab.gateway()
        (lab.folder / "quirks.toml").write_text(QUIRKS)
        counter = Counter(lab, gateway, f'usb = true\nquirks = "{lab.folder}/quirks.toml"\n')
        wait_until(lambda: show(counter)[0] == 200, 10, "the display is there")
        status, answer = show(counter, "Blue mug", "          4.50 GBP", brightness=50)
        check(status == 200 and answer == {"kind": "display", "port": "1-4"}, f"{status} {answer}")
        shows(counter, "Blue mug", "          4.50 GBP")
        check(counter.seen()["brightness"] == "2", "half as bright")
        check(show(counter, "合計  NT$ 120")[0] == 200, "Big5")
        shows(counter, "合計  NT$ 120", "")
        for lines, field in ((["123456789012345678901"], "lines[0]"), (["", "合" * 11], "lines[1]"), (["1", "2", "3"], "lines")):
            status, problem = show(counter, *lines)
            check(status == 422 and problem["field"] == field and "at most" in problem["allowed"], f"{lines}: {status} {problem}")
        check(show(counter, "x", brightness=101)[1]["field"] == "brightness", "more than all")
        shows(counter, "合計  NT$ 120", "")
        check(show(counter, "a\x1b@\x0cb\n", "5 \u20ac \U0001f600")[0] == 200, "what it cannot show")
        counter.do("display pull")
        wait_until(lambda: show(counter, "too long for it, where it is there")[0] == 404, 10, "it is gone")
        counter.do("display plug")
        shows(counter, "a?@?b?", "5 \u20ac ?")
        with ZmqTill(counter.agent) as till:
            check(till.call(DISPLAY, {"lines": ["over ZeroMQ"]}) == (200, {"kind": "display", "port": "1-4"}), "the other door")
            check(till.call(DISPLAY, {"lines": ["x"]}, role="stock")[0] == 403, "not for everybody")
        shows(counter, "over ZeroMQ", "")
        check(counter.seen()["nonsense"] == "0", "it never saw a control character")
        check(counter.agent.head() == 0, "nothing of this is in the journal")
        check(counter.agent.process.stop() == 0, "the agent ends in order")


def test_without_a_display_a_clerk_is_told_what_to_do():
    """Where none is plugged in, or the settings want no devices, the refusal says what is missing; a quirks file that is wrong keeps the agent from starting, with the row at fault."""
    with Lab() as lab:
        counter = Counter(lab, lab.gateway())
        status, problem = show(counter, "x")
        check(status == 404 and "quirks" in problem["detail"], f"{status} {problem}")
        bare = lab.agent(lab.gateways[0], lane="2")
        status, problem, _ = bare.call("POST", DISPLAY, {"lines": ["x"]})
        check(status == 404 and "[devices]" in problem["detail"], f"{status} {problem}")


if __name__ == "__main__":
    run_tests(globals())
