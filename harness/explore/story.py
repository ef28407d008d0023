"""A schedule that was found, as an incident in words, and as a pytest scenario that plays on any stack. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, cast

from harness.checks.promises import Finding
from harness.explore.orders import INVARIANTS
from harness.explore.schedules import Blow, Schedule, Turn
from harness.faults import Fault
from harness.scorecard.trials import FAULTS

_NAMES = ("first", "second", "third", "fourth", "fifth")
_CHECKS = {
    "outage is noticed": "every_outage_is_noticed",
    "recovers by itself": "recovers_by_itself",
    "no page without harm": "nobody_is_paged_about_nothing",
} | {each.promise: each.function for each in INVARIANTS}
_OF_ORDERS = {each.promise for each in INVARIANTS}


def in_words(schedule: Schedule, findings: Sequence[Finding]) -> list[str]:
    """Tell it as one would tell an incident: what happened when, and what went wrong."""
    who = "on-call takes every page" if schedule.answers else "on-call leaves every page alone"
    lines = [f"{schedule.diners} diners; {who}."]
    lines += [f"  minute {minute}: {_happens(turn, blow)}" for minute, turn, blow in _told(schedule, findings)]
    return [*lines, *(f"  ✗ {finding.promise}: {finding.words}" for finding in findings)]


def _told(schedule: Schedule, findings: Sequence[Finding]) -> list[tuple[int, Turn, Blow | None]]:
    """Give what belongs to the story: purchases by hand where it is about orders."""
    is_about_orders = bool(findings) and findings[0].promise in _OF_ORDERS
    return [moment for moment in schedule.moments() if is_about_orders or moment[1] is not Turn.BUYS]


def _happens(turn: Turn, blow: Blow | None) -> str:
    if turn is Turn.BUYS:
        return "somebody orders a pizza by hand, tries once more if that fails, and looks at what was ordered"
    if blow is None:
        return "as many diners again come"
    return f"{blow.fault} begins: {FAULTS[blow.fault].sees}" if turn is Turn.BREAKS else f"{blow.fault} is healed"


def as_scenario(schedule: Schedule, findings: Sequence[Finding], *, name: str, replay: str) -> str:
    """Write it as a scenario: it fails for as long as the promise is broken, and passes once the rules are mended.

    Args:
        schedule: what happens in it.
        findings: the promises that it breaks, the gravest first.
        name: what it is called, after `test_`.
        replay: the command that plays it as the search did.
    """
    promise = findings[0].promise
    check = _CHECKS[promise]
    kinds = {type(FAULTS[blow.fault]).__name__ for blow in schedule.blows}
    stacks = [f"{each} = ExitStack()" for each, _ in zip(_NAMES, schedule.blows, strict=False)]
    lines = [
        f'"""Found by `pizza-chaos explore`: {promise}.',
        "",
        f"    {replay}",
        '"""',
        "",
        "from contextlib import ExitStack",
        "",
        "import pytest",
        "",
        f"from harness.checks import {check}",
        f"from harness.faults import {', '.join(sorted(kinds))}",
        "from harness.scenario import Diners, OnCall, Scenario",
        "",
        "",
        '@pytest.mark.chaos(begins="2024-12-01 12:00 UTC")',
        f"def test_{name}(scenario: Scenario, diners: Diners, on_call: OnCall) -> None:",
        f'    """{_hypothesis(findings)}"""',
        f"    diners.arrive({schedule.diners})",
        *(() if schedule.answers else ('    on_call.ignores("nobody answers")',)),
        *(f"    {each}" for each in stacks),
        *(f"    {each}" for each in _steps(schedule, findings)),
        f"    scenario.expect({check}{_window(schedule, promise)})",
    ]
    return "\n".join(lines) + "\n"


def _hypothesis(findings: Sequence[Finding]) -> str:
    return {
        "outage is noticed": "Whoever is on call is paged about what diners feel, within five minutes.",
        "recovers by itself": "Once every fault is gone, the shop is well within four minutes.",
        "no page without harm": "Nobody is paged about nothing.",
    }.get(findings[0].promise) or f"Whatever is broken, {findings[0].promise}."


def _window(schedule: Schedule, promise: str) -> str:
    """Give the time that a check asks about, if it is given one: all of it."""
    if not any(each.promise == promise and each.has_window for each in INVARIANTS):
        return ""
    return f', "12:00", "12:{schedule.ends:02}"'


def _steps(schedule: Schedule, findings: Sequence[Finding]) -> list[str]:
    names = dict(zip(schedule.blows, _NAMES, strict=False))
    steps, now = list[str](), 0
    for minute, turn, blow in _told(schedule, findings):
        if minute > now:
            steps.append(f'scenario.play("{minute - now}m")')
        now = minute
        if turn is Turn.BUYS:
            steps.append("on_call.buys_a_pizza()")
            continue
        if blow is None:
            steps.append(f"diners.arrive({2 * schedule.diners})")
        elif turn is Turn.BREAKS:
            steps.append(f"{names[blow]}.enter_context(scenario.fault({_call(blow)}))")
        else:
            steps.append(f"{names[blow]}.close()")
        if schedule.answers:
            steps.append("on_call.acknowledges()")
    return [*steps, f'scenario.play("{schedule.ends - now}m")']


def _call(blow: Blow) -> str:
    """Write a fault as its author would: what it is by itself is left out."""
    fault: Fault = FAULTS[blow.fault]
    return f"{type(fault).__name__}({', '.join(_given(fault))})"


def _given(fault: Fault) -> Iterator[str]:
    for field in fields(cast("Any", fault)):  # each fault of the catalogue is a dataclass
        value = getattr(fault, field.name)
        if value != field.default:
            yield f"{field.name}={value!r}"
