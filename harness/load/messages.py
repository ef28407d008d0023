"""What the harness and its load process say to each other: JSON, one message a line.

to the process      Setup, once and first; then Commands; the end of the input means "stop at once"
from the process    {"ready": true}, once; {"diners": n} when that many are there; a CallFinished for each request;
                    {"ended": "why"} when the load stops by itself; {"dropped": n} when n of these found no room

A load with several workers is a master that says the same, and as many processes with diners below it
(harness/load/master.py). Where those are on other machines, it says {"compared": {...}} of their clocks as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from harness.clock import Timeline
from harness.errors import ScenarioError, unknown_name
from harness.events import RequestFinished
from harness.load.outcomes import Outcome

SECRET = "PIZZA_LOAD_SECRET"  # noqa: S105 - its name
"""The environment variable with what a run and its load workers on other machines have in common."""

SHORTEST_SECRET = 16
"""Characters; who listens on the network may try as many as they like, at home."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the load process must know."""

    site: str
    """The name that diners look up, and the Host they ask for."""
    dns: str
    """host:port of the DNS server that knows it."""
    factory: str = ""
    """URL at which diners verify pizzas; "" when they cannot reach the factory."""
    signing_key: str = ""
    """What bodies to the site are signed with; "" where it wants no signature."""
    authority: str = ""
    """The certificate authority to trust, a file in PEM; "" where the site is served without TLS."""
    seed: int
    """Of all diners."""
    shortest_think_seconds: float
    """Of a diner's pauses, in incident time."""
    longest_think_seconds: float
    """Of a diner's pauses, in incident time."""
    request_timeout_seconds: float
    """How long a diner waits for a reply, in incident time; never less than a second of the wall."""
    max_requests: int
    """The load stops by itself before it makes more."""
    max_duration_seconds: float
    """The load stops by itself after this much incident time."""
    workers: int = 1
    """How many processes the diners are shared out among."""
    worker: int = 0
    """Which of them this is, from 0."""
    load: str = ""
    """Which load this is, where one may follow another at the same address; "" where none can."""
    master: str = ""
    """host:port at which the master of the workers listens; "" for a process that has none, or chooses its own."""


class Command(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the load process is to do next."""

    diners: int | None = None
    """This many diners, no more and no fewer."""
    stop: bool = False
    """Everybody leaves, and the process ends."""


class CallFinished(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The RequestFinished of a process that knows steady time only."""

    diner: str
    operation: str
    method: str
    path: str
    address: str
    started_steady: float
    """When it began."""
    steady: float
    """When it ended."""
    outcome: Outcome
    status: int = 0
    error: str = ""
    cause: str = ""
    report_url: str = ""

    def event(self, timeline: Timeline) -> RequestFinished:
        """Give the event, with its beginning in incident time."""
        return RequestFinished(
            steady=self.steady,
            diner=self.diner,
            operation=self.operation,
            method=self.method,
            path=self.path,
            address=self.address,
            started=timeline.incident(self.started_steady),
            latency_seconds=round(self.steady - self.started_steady, 6),
            outcome=self.outcome,
            status=self.status,
            error=self.error,
            cause=self.cause,
            report_url=self.report_url,
        )


def secret_of(environment: Mapping[str, str]) -> str:
    """Give what a run and its load workers on other machines have in common.

    Raises:
        ScenarioError: when there is none, or it could be guessed.
    """
    secret = environment.get(SECRET, "")
    if len(secret) < SHORTEST_SECRET:
        message = (
            f"{SECRET} has {len(secret)} characters: a load on other machines needs a secret of {SHORTEST_SECRET} or "
            f'more, the same on each. Make one with: export {SECRET}="$(openssl rand -base64 24)"'
        )
        raise ScenarioError(message)
    return secret


def read_setup(line: bytes) -> Setup:
    """Read the first line of the load process's input.

    Raises:
        ScenarioError: when it is no Setup.
    """
    try:
        unknown = msgspec.json.decode(line, type=dict[str, object]).keys() - set(Setup.__struct_fields__)
        setup = msgspec.json.decode(line, type=Setup)
    except msgspec.DecodeError as error:
        message = f"the first line is no setup of a load: {error}. It was {line[:200]!r}."
        raise ScenarioError(message) from error
    if unknown:
        raise ScenarioError(unknown_name("setting", min(unknown), known=Setup.__struct_fields__))
    return setup


def read_command(line: bytes) -> Command:
    """Read a later line of the load process's input.

    Raises:
        ScenarioError: when it is no Command.
    """
    try:
        command = msgspec.json.decode(line, type=Command)
    except msgspec.DecodeError as error:
        message = f'{line[:200]!r} is no command: {error}. Write {{"diners": 20}} or {{"stop": true}}.'
        raise ScenarioError(message) from error
    if command.diners is not None and command.diners < 0:
        message = f"there cannot be {command.diners} diners. Write 0 or more."
        raise ScenarioError(message)
    return command
