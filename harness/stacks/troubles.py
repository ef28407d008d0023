"""What is wrong in a run at the moment, and who puts it right.

Runs in the stack's loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from harness.errors import ScenarioError
from harness.faults.fault import Begin, cannot
from harness.faults.troubles import Trouble


class Hand(Protocol):
    """A part of a stack that can let something be wrong, and put it right."""

    async def begin(self, trouble: Any) -> None:  # noqa: ANN401 - each hand has troubles of its own
        """Let it be wrong."""
        ...

    async def end(self, trouble: Any) -> None:  # noqa: ANN401
        """Put it right; harmless when it is."""
        ...

    def stands(self, trouble: Any) -> bool:  # noqa: ANN401
        """Say whether it is still wrong, by looking."""
        ...


class Troubles:
    """Everything that is wrong on purpose.

    Args:
        hands: who deals with which kind of trouble.
        stack: the stack's name, for whoever asks for what it cannot do.
    """

    def __init__(self, hands: Mapping[type, Hand], *, stack: str) -> None:
        self._hands = hands
        self._stack = stack
        self._begun: dict[str, Trouble] = {}

    @property
    def standing(self) -> frozenset[str]:
        """The names of all that was begun and is still wrong."""
        return frozenset(name for name, trouble in self._begun.items() if self._hand(trouble).stands(trouble))

    async def begin(self, trouble: Trouble) -> None:
        """Let something be wrong.

        Raises:
            ScenarioError: when it is wrong already, or the stack cannot do that.
        """
        if trouble.name in self.standing:
            message = f"{trouble.name} is wrong already. Let the first fault end before the second begins."
            raise ScenarioError(message)
        hand = self._hand(trouble)
        self._begun[trouble.name] = trouble
        await hand.begin(trouble)

    async def end(self, trouble: Trouble) -> None:
        """Put it right; harmless when it is."""
        if self._begun.pop(trouble.name, None) is not None:
            await self._hand(trouble).end(trouble)

    async def end_all(self) -> None:
        """Put everything right."""
        for trouble in tuple(self._begun.values()):
            await self.end(trouble)

    def _hand(self, trouble: Trouble) -> Hand:
        hand = self._hands.get(type(trouble))
        if hand is None:
            raise cannot(Begin(trouble), stack=self._stack)
        return hand
