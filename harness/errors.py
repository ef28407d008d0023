"""What can go wrong, and whose mistake it is.

    ScenarioError          the author's: found before anything is broken (exit code 2)
    HarnessError           ours: the verdict is `unknown`, never green (exit code 2)
    ├── SafetyError        refused: it would have hurt something that is not ours to hurt
    └── RunStopped         somebody pulled the safety lever
    ExpectationFailed      the finding itself: the system did not behave (exit code 1)

A message says what happened, the value, where, what is allowed, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ScenarioError(Exception):
    """Raised when a scenario, a setting or a rule file cannot mean what its author wrote."""


class HarnessError(Exception):
    """Raised when the harness itself could not do its work, so that nothing may be concluded."""


class SafetyError(HarnessError):
    """Raised instead of touching a system that nobody allowed us to touch."""


class RunStopped(HarnessError):
    """Raised when somebody pulled the safety lever of a run."""


class ExpectationFailed(AssertionError):
    """Raised when the history shows that the system did not behave as the scenario expects."""


def unknown_name(what: str, name: str, *, known: Iterable[str]) -> str:
    """Say that a name is not known, what is, and which of those was probably meant.

    Args:
        what: the kind of thing, as a reader would call it: "setting", "remedy".
        name: what was given.
        known: every name that would have been accepted.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {name!r}.{hint} Known: {', '.join(names) or 'none'}."
