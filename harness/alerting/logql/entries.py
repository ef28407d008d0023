"""A log line on its way through a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ERROR = "__error__"
"""The label by which a stage says that it could not do its work on a line."""


@dataclass(slots=True)
class Entry:
    """A line, as the stages so far have left it."""

    at: float
    """When it was written, in steady seconds."""
    line: str
    """The text."""
    labels: dict[str, str]
    """Those of its stream and of the line, and what the stages have found in it."""
    value: float = 1.0
    """The number that was unwrapped from it."""

    def fail(self, error: str) -> None:
        """Mark it as one that a stage could not deal with; the first mark stays."""
        self.labels.setdefault(ERROR, error)


Stage = Callable[[Entry], bool]
"""Looks at a line, and may change it; false drops it."""
