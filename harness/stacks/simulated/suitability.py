"""Whether a scenario can be simulated: it is read through beforehand, so that none half-runs."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping

from harness.errors import HarnessError, ScenarioError
from harness.faults.fault import Begin, Command
from harness.faults.troubles import LinkCut, ToxicOn
from harness.planning import Planned
from harness.scenario import Diners, OnCall, Shop
from harness.stacks.simulated.hands import CARRIED_OUT, LINKS


def why_not(scenario: Callable[..., object], planned: Planned, *, values: Mapping[str, object]) -> str:
    """Say why a scenario cannot be simulated; "" when it can, or when only running it would tell.

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
    names = inspect.signature(scenario).parameters
    if not names.keys() <= given.keys():
        return ""
    planned.stack.permit = lambda command: refusals.append(refusal(command))
    with contextlib.suppress(ScenarioError, HarnessError, AssertionError):  # those show when it runs
        scenario(**{name: given[name] for name in names})
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
