"""A case of the contract as a conversation: it says what to ask, hears the answer, and raises when that is wrong.

Rules of this file: no socket and no clock; whoever holds the conversation brings both.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

TELLS_CHARACTERS = 160
"""How much of an answer a complaint quotes."""


class ContractBroken(Exception):
    """Raised by a case when the factory did not do what it must."""


class NotSeen(Exception):
    """Raised by a case when nothing can be said for now, and why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the factory."""

    method: str
    """The HTTP method."""
    path: str
    """The path on the factory."""
    body: object = None
    """The JSON to send; None sends nothing."""
    key: str = ""
    """The vendor's key; empty sends none."""
    raw: str = ""
    """A body to send as it is, in place of JSON."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the factory answered."""

    asked: Ask
    """To which request."""
    status: int
    """HTTP status; 0 when there was no answer."""
    body: Any = None
    """The JSON of the answer; None when it is none."""
    text: str = ""
    """What was answered, or why there was no answer."""
    took: timedelta = timedelta()
    """From the request to the end of the answer."""

    def must_be(self, status: int, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Give the object that was answered, if the status is that, and the body too where one is given.

        Raises:
            ContractBroken: when it is not.
        """
        allowed = f"{status} {dict(body)}" if body is not None else f"{status} and a JSON object"
        if self.status != status or not isinstance(self.body, dict) or (body is not None and self.body != body):
            raise ContractBroken(f"{self.asked} must answer {allowed}; it answered {self}")
        return self.body

    def must(self, holds: object, what: str) -> None:
        """Go on if something holds of this answer.

        Raises:
            ContractBroken: saying what must hold, and what was answered.
        """
        if not holds:
            raise ContractBroken(f"{self.asked}: {what}; it answered {self}")

    def __str__(self) -> str:
        return f"{self.status} {self.text[:TELLS_CHARACTERS]}" if self.status else f"nothing: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed with a factory beside its contract."""

    vendor_key: str
    """The key of the vendor on whose behalf it is asked."""
    patience: timedelta = timedelta(seconds=40)
    """How long an order may be held that cannot be baked, or that chaos throttles."""
    budget: timedelta = timedelta(seconds=1)
    """How long an order of one pizza may take."""


Talk = Generator[Ask, Answer, None]
"""A conversation: it yields what to ask, and is sent the answer."""

Asking = Callable[[Ask], Answer]
"""Asks a factory, and comes back with its answer, or with what came instead."""


def converse(talk: Talk, asking: Asking) -> int:
    """Hold one conversation; gives how many requests it took.

    Raises:
        ContractBroken, NotSeen: what the conversation raises.
    """
    count = 0
    try:
        ask = next(talk)
        while True:
            count += 1
            ask = talk.send(asking(ask))
    except StopIteration:
        return count


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that a factory must do."""

    name: str
    """In a few words: `order without a key is refused`."""
    section: str
    """What it is about: `orders`, `pizzas`, `vendors`, `chaos`."""
    talk: Callable[[Terms], Talk]
    """Begins the conversation."""


@dataclass(frozen=True, slots=True)
class Property:
    """Something that a factory must do whatever it is sent."""

    name: str
    """In a few words: `any order is baked as it is`."""
    section: str
    """What it is about."""
    talk: Callable[[Terms, Any], Talk]
    """Begins the conversation about one example."""
    examples: Any = field(repr=False)
    """A Hypothesis strategy."""
