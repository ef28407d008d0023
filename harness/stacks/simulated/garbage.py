"""Python's garbage collector while a simulation runs: it looks seldom, and never at what was there before.

A simulation makes little that only the collector can free; looking for it would cost a twentieth of its time.
"""

from __future__ import annotations

import gc

SELDOM = 5_000
"""Objects made, less those freed, between two looks; Python's own choice is 700."""


class Garbage:
    """Counts who asks for it, so that several simulations may be open at a time.

    Cleanup: `as_usual`, as often as `seldom`.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._usual = gc.get_threshold()

    def seldom(self) -> None:
        """Look seldom from now on, and not at what is there already."""
        if not self._asked:
            self._usual = gc.get_threshold()
            gc.set_threshold(SELDOM, *self._usual[1:])
            gc.freeze()
        self._asked += 1

    def as_usual(self) -> None:
        """Look as before, once nobody asks for anything else."""
        self._asked -= 1
        if not self._asked:
            gc.unfreeze()
            gc.set_threshold(*self._usual)


garbage = Garbage()
"""The garbage of this process."""
