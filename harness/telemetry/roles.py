"""What a metric is about, whatever a team called it: requests, purchases, latency and so on.

A team may declare it. What is not declared is guessed from the words of the metric's name, and of those labels that
tell one kind of thing from another; every answer says which of the two it is and why, so that a wrong guess is seen
and declared away. No guess is made from labels that say where something happened, such as `path`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.errors import ScenarioError, unknown_name
from harness.telemetry.pushes import PushRefused
from harness.telemetry.scanning import Cursor
from harness.telemetry.text import read_series


class Role(StrEnum):
    """What a metric is about."""

    REQUESTS = "requests"
    """Requests that were answered, however."""
    ERRORS = "errors"
    """Requests that failed, or what went wrong inside."""
    AUTH = "auth"
    """Attempts to log in, whatever came of them."""
    PURCHASES = "purchases"
    """Pizzas or orders sold."""
    PURCHASE_FAILURES = "purchase failures"
    """Orders that were not made."""
    LATENCY = "latency"
    """How long requests take."""
    PIZZA_LATENCY = "pizza latency"
    """How long the factory takes to make a pizza."""
    ACTIVE_USERS = "active users"
    """How many people are there."""
    CPU = "cpu"
    """How busy the processor is."""
    MEMORY = "memory"
    """How full the memory is."""


NO_ROLE = "none"
"""What a team declares for a metric that is about nothing in this list."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a metric is taken for, and why."""

    series: str
    """The metric, with the labels that told it apart."""
    role: Role | None
    """What it is about; None where nothing in this list fits."""
    is_declared: bool
    """Whether the team said so; a guess otherwise."""
    because: str
    """Why, in a few words."""

    def __str__(self) -> str:
        how = "declared" if self.is_declared else f"a guess: {self.because}"
        return f"{self.series} is {self.role or 'in no role'} ({how})"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LATENCY = _words("latency lat duration")
_PIZZA = _words("pizza pizzas order orders sale sales sold purchase purchases bought creation factory")
_FAILING = _words("fail fails failed failure failures error errors exception exceptions invalid 5xx")
_REQUESTS = _words("request requests req http endpoint get put post delete")

_GUESSES: tuple[tuple[Role | None, tuple[frozenset[str], ...]], ...] = (
    (None, (_words("revenue chaos log logs db database heartbeat gc network"),)),
    (Role.PIZZA_LATENCY, (_LATENCY, _PIZZA)),
    (Role.LATENCY, (_LATENCY,)),
    (Role.CPU, (_words("cpu load"),)),
    (Role.MEMORY, (_words("memory mem"),)),
    (Role.ACTIVE_USERS, (_words("users sessions"),)),
    (Role.ACTIVE_USERS, (_words("active logged"), _words("user"))),
    (Role.AUTH, (_words("auth login logins authentication authentications"),)),
    (Role.PURCHASE_FAILURES, (_PIZZA, _FAILING)),
    (None, (_words("creation"),)),  # how many, or how long? Only a team can say
    (Role.PURCHASES, (_PIZZA,)),
    (Role.ERRORS, (_FAILING,)),
    (Role.REQUESTS, (_REQUESTS,)),
)
"""The first line fits of whose every set a word is there."""

_TELLING_LABELS = ("type", "component", "tag", "metric", "outcome", "result", "status", "success", "code")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+[a-z]*")
_SERVER_ERROR = re.compile(r"5[0-9][0-9]")


class RoleMap:
    """Says what each metric is about.

    Args:
        declared: a role's name, or `none`, for each metric that a team declares: `pizza_purchase_total`, or with labels
            `order_total{type="failed"}`, which goes before one with fewer labels.

    Raises:
        ScenarioError: when a metric cannot be read or a role is not known.
    """

    def __init__(self, declared: Mapping[str, str] | None = None) -> None:
        read = [(series, _declared_labels(series), _role(series, name)) for series, name in (declared or {}).items()]
        self._declared = sorted(read, key=lambda each: -len(each[1]))

    def of(self, labels: Mapping[str, str]) -> Assignment:
        """Say what a series is about; its labels hold `__name__`."""
        for series, wanted, role in self._declared:
            if wanted.items() <= labels.items():
                return Assignment(series, role, is_declared=True, because="declared")
        return _guess(labels)

    def over(self, every: Iterable[Mapping[str, str]]) -> list[Assignment]:
        """Say what many series are about, each assignment once, in the order in which they come."""
        return list(dict.fromkeys(map(self.of, every)))


def _guess(labels: Mapping[str, str]) -> Assignment:
    name = labels.get("__name__", "")
    telling = {label: labels[label] for label in _TELLING_LABELS if label in labels}
    found = _words_of(name)
    for label, value in telling.items():
        found += _words_of(_meaning(label, value))
    inner = ",".join(f'{label}="{value}"' for label, value in telling.items())
    series = f"{name}{{{inner}}}" if inner else name
    for role, sets in _GUESSES:
        fitting = [next((word for word in found if word in words), "") for words in sets]
        if all(fitting):
            because = f"it says {' and '.join(map(repr, fitting))}"
            return Assignment(series, role, is_declared=False, because=because)
    if set(found) == {"total"}:
        return Assignment(series, Role.REQUESTS, is_declared=False, because="it is the total, and of nothing named")
    return Assignment(series, None, is_declared=False, because="none of its words is known")


def _meaning(label: str, value: str) -> str:
    if label == "success" and value == "false":
        return "failed"
    return "5xx" if _SERVER_ERROR.fullmatch(value) else value


def _words_of(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _declared_labels(series: str) -> dict[str, str]:
    try:
        return read_series(Cursor(series.encode(), what="metric"))
    except PushRefused as refusal:
        message = f'the role of {series!r} is declared, but {refusal} Write a name, or name{{label="value"}}.'
        raise ScenarioError(message) from refusal


def _role(series: str, name: str) -> Role | None:
    if name == NO_ROLE:
        return None
    if name not in set(Role):
        raise ScenarioError(f"{series}: {unknown_name('role', name, known=[*map(str, Role), NO_ROLE])}")
    return Role(name)
