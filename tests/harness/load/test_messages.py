"""The lines that the harness and its load process exchange."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from harness.clock import Timeline
from harness.errors import ScenarioError
from harness.load.messages import CallFinished, Command, Setup, read_command, read_setup, secret_of

SETUP = Setup(
    site="pizza-service.pizza.test",
    dns="127.0.0.1:5353",
    seed=1,
    shortest_think_seconds=5,
    longest_think_seconds=20,
    request_timeout_seconds=60,
    max_requests=10,
    max_duration_seconds=3600,
)


def test_a_setup_is_read_as_it_was_written() -> None:
    assert read_setup(msgspec.json.encode(SETUP)) == SETUP


def test_a_setup_with_an_unknown_setting_says_which_was_meant() -> None:
    line = msgspec.json.encode({**msgspec.structs.asdict(SETUP), "max_request": 5})
    with pytest.raises(ScenarioError, match=r"unknown setting 'max_request'.* Did you mean 'max_requests'"):
        read_setup(line)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"site":"x"}', b'{"site":1}'])
def test_what_is_no_setup_is_refused(line: bytes) -> None:
    with pytest.raises(ScenarioError, match="no setup of a load"):
        read_setup(line)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b'{"diners": 20}', Command(diners=20)),
        (b'{"diners":0}\n', Command(diners=0)),
        (b'{"stop":true}', Command(stop=True)),
    ],
)
def test_commands_are_read(line: bytes, command: Command) -> None:
    assert read_command(line) == command


@pytest.mark.parametrize("line", [b"{", b'{"diner":2}', b'{"diners":"2"}', b'{"diners":-1}'])
def test_what_is_no_command_is_refused(line: bytes) -> None:
    with pytest.raises(ScenarioError, match=r"no command|-1 diners"):
        read_command(line)


def test_a_finished_call_becomes_an_event_that_began_in_incident_time() -> None:
    timeline = Timeline(datetime(2024, 12, 1, 5, 0, tzinfo=UTC))
    start = timeline.begins.timestamp()
    timeline.jump(start + 10, lands=timeline.begins + timedelta(hours=1))
    event = CallFinished(
        diner="diner-1", operation="order", method="POST", path="/api/order", address="127.0.0.1:80",
        started_steady=start + 20, steady=start + 21.5, outcome="unknown", error="gave up waiting", cause="timed out",
    ).event(timeline)  # fmt: skip
    assert event.started == timeline.begins + timedelta(hours=1, seconds=10)
    assert (event.steady, event.latency_seconds, event.outcome, event.status) == (start + 21.5, 1.5, "unknown", 0)
    assert (event.error, event.cause, event.diner, event.operation) == (
        "gave up waiting", "timed out", "diner-1", "order",
    )  # fmt: skip


@pytest.mark.parametrize("environment", [{}, {"PIZZA_LOAD_SECRET": "too short to be o"[:15]}])
def test_a_secret_that_is_missing_or_could_be_guessed_is_refused_with_a_way_to_make_one(
    environment: dict[str, str],
) -> None:
    with pytest.raises(ScenarioError, match=r"needs a secret of 16 or more.*openssl rand -base64 24"):
        secret_of(environment)


def test_a_secret_that_is_long_enough_is_taken_as_it_is() -> None:
    assert secret_of({"PIZZA_LOAD_SECRET": "0123456789abcdef"}) == "0123456789abcdef"
