"""One short story told on two stacks, and what alerts and verdicts make of it on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from harness.checks import Judgement, steady_state
from harness.events import AlertChanged, FaultApplied
from harness.faults import (
    BalancerMissing,
    BalancerWithoutTargets,
    ClockSkew,
    CpuBurn,
    FactoryChaos,
    FactoryKilled,
    FactoryMisbehaves,
    Fault,
    HalfOfTasksUnhealthy,
    LinkDown,
    OnLink,
    StaleDns,
    TaskCrashLoop,
    TaskKilled,
    TaskPaused,
)
from harness.faults.telemetry_silent import TelemetrySilent
from harness.history import History
from harness.progress import Screen
from harness.run import Plan, Run
from harness.scenario import Diners
from harness.settings import Settings

TOLERANCE = timedelta(seconds=75)
"""How far apart the same transition may be on two stacks: two evaluations and a push.

Diners' requests fall elsewhere in a rule's window, and at speed 20 half a second of the wall takes ten seconds."""

DINERS = 8

SAMPLE: tuple[Fault, ...] = (FactoryChaos("fail"), BalancerMissing())

WHOLE: tuple[Fault, ...] = (
    *SAMPLE,
    BalancerWithoutTargets(),
    HalfOfTasksUnhealthy(),
    StaleDns(),
    TaskKilled(),
    TaskPaused(),
    TaskCrashLoop(),
    CpuBurn(),
    ClockSkew(),
    FactoryChaos("badjwt"),
    FactoryKilled(),
    FactoryMisbehaves("html_502"),
    FactoryMisbehaves("reset"),
    LinkDown("factory"),
    LinkDown("telemetry"),
    OnLink("factory"),
    TelemetrySilent(),
)
"""Every kind of fault that both stacks can carry out and that bites without anybody arriving anew."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a story."""

    judgement: Judgement
    transitions: dict[str, list[tuple[str, str, timedelta]]]
    """State, reason, and how long after the first fault, of each transition of each rule of which somebody hears."""

    @property
    def sequences(self) -> dict[str, list[tuple[str, str]]]:
        """Its transitions without their times."""
        return {rule: [(state, why) for state, why, _ in changes] for rule, changes in self.transitions.items()}


def tell(faults: Sequence[Fault], *, stack: str, runs: Path) -> Told:
    """Let faults come one after another, two minutes each, with two minutes between them."""
    settings = Settings(stack=stack, runs=str(runs / stack))
    plan = Plan("parity", Path(__file__), "", "2024-12-01 12:00 MST", expects_no_fault=False, settings=settings)
    run = Run(plan, screen=Screen(lambda _text: None, is_terminal=False))
    try:
        scenario = run.start()
        scenario.expect(steady_state, "12:03", "12:05")
        Diners(scenario).arrive(DINERS)
        scenario.at("12:05", lead="5m")
        for fault in faults:
            with scenario.fault(fault):
                scenario.play("2m")
            scenario.play("2m")
        run.finish(None)
    finally:
        run.close()
    assert run.judgement is not None
    assert run.judged is not None
    return Told(run.judgement, _transitions(run.judged))


def _transitions(history: History) -> dict[str, list[tuple[str, str, timedelta]]]:
    begun: datetime = history.of(FaultApplied)[0].at
    found: dict[str, list[tuple[str, str, timedelta]]] = defaultdict(list)
    for change in history.of(AlertChanged):
        # Nobody hears of what is only pending, and a restart that takes ten seconds here and one there decides over it.
        if "pending" in (change.state, change.previous) and change.state != "firing":
            continue
        found[change.rule].append((change.state, change.reason, change.at - begun))
    return dict(found)
