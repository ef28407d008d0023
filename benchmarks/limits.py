"""Numbers beside their limits, and an exit code that says whether each was kept."""

from __future__ import annotations


class Limits:
    """Prints a line a number; `exit_code` is 1 once a limit was missed."""

    def __init__(self) -> None:
        self.exit_code = 0

    def at_most(self, what: str, number: float, limit: float) -> None:
        """Print a number that should not be greater."""
        self._say(what, number, f"at most {limit:,g}", missed=number > limit)

    def at_least(self, what: str, number: float, limit: float) -> None:
        """Print a number that should not be less."""
        self._say(what, number, f"at least {limit:,g}", missed=number < limit)

    def _say(self, what: str, number: float, limit: str, *, missed: bool) -> None:
        shown = f"{number:,.0f}" if number >= 1000 or float(number).is_integer() else f"{number:.2f}"
        print(f"{'MISSED' if missed else 'kept'}: {what}: {shown} (limit: {limit})")
        self.exit_code |= missed
