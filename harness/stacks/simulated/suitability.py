"""Whether a scenario can be simulated: it is read through beforehand, so that none half-runs.

Nothing of it happens then: the plan carries nothing out, what reaches for the real world is refused as in the run
itself, and fixtures beside the four have stand-ins.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Self

from harness.faults.fault import Begin, Command
from harness.faults.troubles import LinkCut, ToxicOn
from harness.planning import Planned
from harness.scenario import Diners, OnCall, Shop
from harness.stacks.simulated.hands import CARRIED_OUT, LINKS
from harness.testing import Leak, Seal


def why_not(scenario: Callable[..., object], planned: Planned, *, values: Mapping[str, object]) -> str:
    """Say why a scenario cannot be simulated; "" when it can, or when it breaks off by itself, as it then does again.

    Args:
        scenario: the test function.
        planned: its plan; the scenario is read out to it.
        values: of its parameters, beside the four fixtures.
    """
    refusals: list[str] = []
    given = {
        "scenario": planned.scenario,
        "shop": Shop(planned.scenario),
        "diners": Diners(planned.scenario),
        "on_call": OnCall(planned.scenario),
        **values,
    }
    names = _asked_for(scenario)
    strange = sorted(names - given.keys())
    planned.stack.permit = lambda command: refusals.append(refusal(command))
    try:
        with Seal(seed=planned.plan.settings.seed):  # as in the run itself, so that chance decides alike
            scenario(**{name: given.get(name, _Unknown()) for name in names})
    except Leak:
        pass  # is told when it runs, which goes as far
    except Exception as error:
        refusals += [_unread(strange, error)] if strange else []  # any other shows when it runs
    return next(filter(None, refusals), "")


def refusal(command: Command) -> str:
    """Say why a command cannot be carried out in a simulation; "" when it can."""
    if not isinstance(command, Begin):
        return ""
    trouble = command.trouble
    if type(trouble) not in CARRIED_OUT:
        return f"{trouble.name} takes real programs"
    if isinstance(trouble, ToxicOn | LinkCut) and trouble.link not in LINKS:
        return f"there is no link to a {trouble.link}: the simulated service keeps its data in memory"
    return ""


class _Unknown:  # noqa: PLW1641 - what is like nothing cannot be looked for either
    """What stands in for a fixture of which nothing is known: whatever is done with it gives it again.

    It is like nothing else, so that nothing is decided by it, and a file that it names swallows what is written.
    """

    def __call__(self, *_arguments: object, **_named: object) -> Self:
        return self

    def __getattr__(self, name: str) -> Self:
        if name.startswith("__"):  # of which Python asks whether there is one at all
            raise AttributeError(name)
        return self

    def __eq__(self, other: object) -> bool:
        message = f"what a fixture gives is not known yet, and cannot be compared to {other!r}"
        raise TypeError(message)

    def __iter__(self) -> Iterator[Self]:
        yield self

    def __exit__(self, *_error: object) -> None:
        """Swallow nothing."""

    def __format__(self, _spec: str) -> str:
        return "1"  # so that a duration can be made of it

    def __fspath__(self) -> str:
        return os.devnull

    __getitem__ = __enter__ = __truediv__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __call__


def _asked_for(scenario: Callable[..., object]) -> set[str]:
    """Give the names of what pytest passes to a test."""
    passed = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(scenario).parameters.values()
    return {each.name for each in parameters if each.kind in passed and each.default is each.empty}


def _unread(strange: list[str], error: Exception) -> str:
    fixtures = ", ".join(strange)
    return (
        f"whether it can be simulated depends on {fixtures}, which nobody knows before it runs: reading it through "
        f"ended with {type(error).__name__}: {error}. Parametrize what {fixtures} gives, or say it with not_on"
    )
