"""The load process by itself: its lines, its signals, and that it never outlives whoever started it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.ingress.records import Address
from tests.harness.load.conftest import Names, Shop
from tests.harness.load.test_messages import SETUP

pytestmark = pytest.mark.slow

GRACE_SECONDS = 1.0
"""What requests in flight get; the module that says so cannot be imported here, for it brings Locust along."""


class Raw:
    """The process and its lines."""

    def __init__(self, *before: str, **environment: str) -> None:
        # Not a pipe, which would be full before somebody reads it.
        self.err = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end
        self.popen = subprocess.Popen(
            [*before, sys.executable, "-m", "harness.load.locust_driver"],
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PIZZA_CLOCK": f"1733000000.0 {time.monotonic()!r} 20.0", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.err,
        )

    def say(self, line: bytes) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(line + b"\n")
        self.popen.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.popen.stdout is not None
        line: dict[str, Any] = json.loads(self.popen.stdout.readline())
        return line

    def until_it_ends(self) -> tuple[int, list[dict[str, Any]]]:
        """Let it end by itself; give its exit code and the lines not heard yet."""
        assert self.popen.stdout is not None
        lines = [json.loads(line) for line in self.popen.stdout]
        return self.popen.wait(20), lines

    def rest(self) -> tuple[int, list[dict[str, Any]], str]:
        """End its input; give its exit code, the lines not heard yet, and its standard error."""
        out, _ = self.popen.communicate(timeout=20)
        self.err.seek(0)
        return self.popen.returncode, [json.loads(line) for line in out.splitlines()], self.err.read().decode()

    def end(self) -> None:
        self.popen.kill()
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout, self.err):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


@pytest.fixture
def raw() -> Iterator[Callable[..., Raw]]:
    made: list[Raw] = []

    def make(*before: str, **environment: str) -> Raw:
        made.append(Raw(*before, **environment))
        return made[-1]

    yield make
    for process in made:
        process.end()


def setup(dns: Address) -> bytes:
    settings = {**msgspec.structs.asdict(SETUP), "dns": str(dns), "shortest_think_seconds": 1}
    return json.dumps({**settings, "longest_think_seconds": 2, "max_requests": 1000}).encode()


@pytest.fixture
def hanging(raw: Callable[..., Raw], names: Names, open_shop: Callable[..., Shop]) -> Raw:
    """Give a load with three diners, each waiting for an order that is never answered."""
    shop = open_shop("silent")
    process = raw()
    process.say(setup(names.server))
    assert process.hear() == {"ready": True}
    process.say(b'{"diners": 3}')
    assert process.hear() == {"diners": 3}
    for _ in range(3 * len(("register", "look at the menu", "look at franchises"))):
        assert process.hear()["outcome"] == "ok"
    for _ in range(3):
        shop.wait_for_order()
    return process


def orders_given_up(lines: list[dict[str, Any]]) -> int:
    left = {"outcome": "unknown", "cause": "the diner left before the reply", "operation": "order"}
    return sum(left.items() <= line.items() for line in lines)


def test_a_load_whose_input_ends_is_gone_whatever_it_waits_for(hanging: Raw) -> None:
    code, lines, _ = hanging.rest()
    assert code == 0
    assert orders_given_up(lines) == len(lines) == 3


def test_a_load_that_is_told_to_stop_gives_requests_a_second_and_reports_the_rest(hanging: Raw) -> None:
    hanging.say(b'{"stop": true}\n{"diners": 5}')
    hanging.popen.wait(20)
    code, lines, _ = hanging.rest()
    assert code == 0
    assert orders_given_up(lines) == len(lines) == 3


def test_a_diner_who_leaves_does_not_take_back_what_was_asked(hanging: Raw) -> None:
    hanging.say(b'{"diners": 0}')
    assert hanging.hear() == {"diners": 0}
    _, lines, _ = hanging.rest()
    assert orders_given_up(lines) == len(lines) == 3


def test_sigint_is_left_to_the_parent_and_sigterm_ends_the_load(hanging: Raw) -> None:
    hanging.popen.send_signal(signal.SIGINT)
    hanging.say(b'{"diners": 4}')
    assert hanging.hear() == {"diners": 4}
    hanging.popen.send_signal(signal.SIGTERM)
    hanging.popen.wait(20)
    assert hanging.rest()[0] == 0


def test_a_load_that_is_stopping_still_ends_with_its_input(hanging: Raw) -> None:
    hanging.say(b'{"stop": true}')
    with pytest.raises(subprocess.TimeoutExpired):
        hanging.popen.wait(GRACE_SECONDS / 10)
    code, lines, _ = hanging.rest()
    assert code == 0
    assert orders_given_up(lines) == len(lines) == 3


def test_a_load_whose_parent_died_talks_to_nobody_and_ends_quietly(raw: Callable[..., Raw], names: Names) -> None:
    process = raw()
    popen = process.popen
    assert popen.stdin is not None
    assert popen.stdout is not None
    popen.stdout.close()
    popen.stdin.write(setup(names.server) + b'\n{"diners": 20}\n')
    popen.stdin.close()
    assert popen.wait(20) == 0
    process.err.seek(0)
    assert process.err.read() == b""


def test_a_load_that_is_told_nothing_ends_quietly(raw: Callable[..., Raw]) -> None:
    assert raw().rest() == (0, [], "")


@pytest.mark.parametrize(
    ("line", "environment", "complaint"),
    [
        (b"hungry", {}, "load: the first line is no setup of a load"),
        (setup(Address("127.0.0.1", 53)), {"PIZZA_CLOCK": "now"}, "load: PIZZA_CLOCK is 'now'"),
    ],
)
def test_a_setup_that_cannot_be_used_ends_in_one_clear_line(
    raw: Callable[..., Raw], line: bytes, environment: dict[str, str], complaint: str
) -> None:
    process = raw(**environment)
    process.say(line)
    code, lines, err = process.rest()
    assert (code, lines) == (2, [])
    assert err.startswith(complaint)
    assert err.count("\n") == 1


def test_a_load_that_runs_out_of_files_ends_and_blames_nobody_else(
    raw: Callable[..., Raw], names: Names, open_shop: Callable[..., Shop]
) -> None:
    open_shop()
    process = raw("sh", "-c", 'ulimit -n 40; exec "$@"', "sh")
    process.say(setup(names.server))
    process.say(b'{"diners": 60}')
    code, lines = process.until_it_ends()
    assert code == 1
    assert "Too many open files" in lines[-1]["ended"]
    assert {line["outcome"] for line in lines if "outcome" in line} == {"ok"}


def test_a_command_that_is_none_ends_the_load_and_says_so(raw: Callable[..., Raw]) -> None:
    process = raw()
    process.say(setup(Address("127.0.0.1", 53)))
    process.say(b'{"dinners": 3}')
    code, lines, _ = process.rest()
    assert code == 2
    assert lines[0] == {"ready": True}
    assert "is no command" in lines[1]["ended"]
