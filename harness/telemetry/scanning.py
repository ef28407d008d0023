"""Reading text from left to right, and saying where it went wrong."""

from __future__ import annotations

import re

from harness.telemetry.pushes import PushRefused


class Cursor:
    """A place in a text, moved on by what is found there.

    Args:
        body: the text, in UTF-8.
        what: what it should be, for messages.

    Raises:
        PushRefused: when it is not UTF-8.
    """

    def __init__(self, body: bytes, *, what: str) -> None:
        try:
            self._text = body.decode()
        except UnicodeDecodeError as error:
            raise PushRefused(f"{what}: {error}.") from error
        self._what = what
        self._at = 0

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._text)

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """Give what the pattern finds here and move past it; None, and no move, when it finds nothing."""
        found = pattern.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found.group()

    def demand(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Give what the pattern finds here and move past it.

        Raises:
            PushRefused: when it finds nothing, with the line, the place in it and what was `wanted`.
        """
        found = self.take(pattern)
        if found is None:
            raise self.refusal(f"expected {wanted}")
        return found

    def refusal(self, reason: str) -> PushRefused:
        """Make a refusal that says where this is."""
        number = self._text.count("\n", 0, self._at) + 1
        begins = self._text.rfind("\n", 0, self._at) + 1
        here = self._text[self._at : self._at + 40].partition("\n")[0]
        found = f"found {here!r}" if here else "the line ends"
        return PushRefused(f"{self._what}, line {number}, column {self._at - begins + 1}: {reason}, {found}.")
