"""What a push is made of: samples and log lines, and the word for a push that is turned away."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

STALE: float = struct.unpack("<d", (0x7FF0000000000002).to_bytes(8, "little"))[0]
"""The NaN by which Prometheus marks that a series has ended; only its bits tell it from any other NaN."""

Warn = Callable[[str], object]
"""Told, in a sentence, of what a push held and was not stored as it was sent."""


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One value of one series, as a service sent it."""

    labels: dict[str, str]
    """The series: its labels, `__name__` among them."""
    at: float | None
    """When, in epoch seconds of the sender's clock; None when the sender did not say."""
    value: float
    """What was measured; STALE where the sender says that it no longer measures it."""


class LogLine(msgspec.Struct, frozen=True):
    """One line of one log stream."""

    labels: dict[str, str]
    """The stream."""
    at: float
    """When: epoch seconds of the sender's clock as it is read, 0 if it did not say; steady seconds as it is kept."""
    line: str
    """The text, which the pizza services write as JSON."""
    metadata: dict[str, str] = {}
    """What the sender attached to this line alone."""


class PushRefused(Exception):
    """Raised when a push cannot be stored: a sentence that names what is wrong with it, and where.

    It is the sender's mistake, neither the scenario's nor ours: it is answered and recorded, never propagated.
    """

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


def too_large(most: int) -> PushRefused:
    """Make the refusal of a push that is larger than `most` bytes, packed or unpacked."""
    return PushRefused(f"the body is larger than the {most} bytes that one push may have.", status=413)


def unheard(_: str) -> None:
    """Listen to no warning."""
