"""The pizza shop, as the developers who deploy it see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from harness.events import RemedyPerformed
from harness.scenario.story import Scenario


class Shop:
    """The service under test and its deployment."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    @property
    def push_interval(self) -> timedelta:
        """How often it pushes metrics and logs."""
        return self._scenario.stack.push_interval

    @property
    def evaluation_delays(self) -> Mapping[str, timedelta]:
        """For each alert rule, the time within which it must notice that the service went silent."""
        return self._scenario.stack.evaluation_delays()

    @property
    def two_evaluations(self) -> timedelta:
        """The time in which what just happened was pushed, and the slowest rule was evaluated twice."""
        return self.push_interval + 2 * self._scenario.stack.evaluation_interval

    @property
    def reachable_after_a_dns_change(self) -> timedelta:
        """The record's time to live, and one health check."""
        return self._scenario.stack.reachable_after_a_dns_change

    def push(self, note: str) -> None:
        """Deploy a new revision of the service, tasks replaced one after another."""
        stack = self._scenario.stack
        did = stack.remedy("push", note)
        stack.record(RemedyPerformed(remedy="push", by="developers", did=did))
