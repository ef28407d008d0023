"""The plan of a scenario in plain English: steps, expectations, blast radius, and how to stop it."""

from __future__ import annotations

import shlex
from pathlib import Path

from harness.alerting.engine import RuleEngine
from harness.alerting.promql import SeriesStore
from harness.durations import spoken
from harness.events import FaultApplied
from harness.moments import moment
from harness.run import Plan, line_of
from harness.scenario import Scenario
from harness.stacks.arrangements import Arrangements
from harness.stacks.monitoring import evaluation_delays
from harness.stacks.planned import PlannedStack
from harness.stacks.services.twin import TwinService


class Planned:
    """A scenario that is read out instead of run.

    Args:
        plan: what would be run.
    """

    def __init__(self, plan: Plan) -> None:
        begins = moment(plan.begins)
        service = TwinService()
        groups = Arrangements.read(plan.settings, rules=service.rules).rules.groups
        delays = evaluation_delays(RuleEngine(groups, SeriesStore()), service.push_interval)
        self.plan = plan
        self.stack = PlannedStack(begins, evaluation_delays=delays)
        self.scenario = Scenario(self.stack, begins=begins, locate=lambda: line_of(plan.source))

    def text(self) -> str:
        """Give the plan, once the scenario's steps have been read."""
        plan, stack = self.plan, self.stack
        faults = [event.fault for event in stack.so_far().of(FaultApplied)]
        wall = stack.lived / plan.settings.speed
        lines = [plan.name, f"  {plan.hypothesis}", "", "Steps", *(f"  {line}" for line in stack.lines), ""]
        lines += ["It passes when, besides the proofs of every green run,"]
        lines += [f"  {expectation.check.name}" for expectation in self.scenario.expectations] or ["  (nothing)"]
        radius = f"  processes and loopback addresses of this machine; faults: {', '.join(faults) or 'none'}"
        takes = f"  {spoken(stack.lived)} are lived through: {spoken(wall)} at speed {plan.settings.speed:g}"
        lines += ["", "Blast radius", radius, "", "How long", takes]
        lever = f"pizza-chaos stop --runs {shlex.quote(str(Path(plan.settings.runs).resolve()))}"
        lines += ["", "How to stop it", f"  Ctrl-C, or `{lever}` from anywhere: everything is healed"]
        return "\n".join(lines) + "\n"
