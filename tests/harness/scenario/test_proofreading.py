"""Mistakes that can be seen in a scenario's text are told before a line of it is run."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from harness import checks
from harness.checks import alert_fires, still_down
from harness.errors import ScenarioError
from harness.faults import BalancerMissing
from harness.scenario import Scenario
from harness.scenario.proofreading import proofread
from tests.harness.scenario.fake_stack import FakeStack

BEGINS = datetime(2024, 12, 1, 5, tzinfo=timezone(timedelta(hours=-7), "MST"))


@pytest.fixture
def stack() -> FakeStack:
    return FakeStack(BEGINS)


def read(function: Callable[..., object], stack: FakeStack) -> Scenario:
    """Proofread a function, of which nothing may be run or kept."""
    scenario = Scenario(stack, begins=BEGINS, locate=lambda: "elsewhere")
    try:
        proofread(function, scenario)
    finally:
        assert (stack.did, stack.so_far().events, scenario.expectations) == ([], (), [])
    return scenario


def misspelt_rule(scenario: Any) -> None:
    scenario.play("10m")
    scenario.expect(alert_fires, "Heartbeet", "05:02", "3m")


def mistake_below_a_fault(scenario: Any) -> None:
    with scenario.fault(BalancerMissing()):
        scenario.expect(alert_fires, "Heartbeat", "05:02", within="3")


def mistake_by_its_module(scenario: Any) -> None:
    scenario.expect(checks.still_down, "25:10")


def unknown_check(scenario: Any) -> None:
    scenario.expect(stil_down, "05:10")  # type: ignore[name-defined] # noqa: F821


def called_check(scenario: Any) -> None:
    scenario.expect(still_down(BEGINS))


def fault_without_with(scenario: Any) -> None:
    scenario.fault(BalancerMissing())
    scenario.play("5m")


@pytest.mark.parametrize(
    ("function", "line", "said"),
    [
        (misspelt_rule, 2, "alert_fires: unknown alert rule 'Heartbeet'. Did you mean 'Heartbeat'"),
        (mistake_below_a_fault, 2, "alert_fires: within: '3' is not a duration"),
        (mistake_by_its_module, 1, "still_down: '25:10' is not a time of day"),
        (unknown_check, 1, "unknown check 'stil_down'. Did you mean 'still_down'"),
        (called_check, 1, "still_down is called here. Let expect call it: scenario.expect(still_down"),
        (fault_without_with, 1, "the fault BalancerMissing() was made and never struck"),
    ],
)
def test_mistake_that_is_written_out_is_told_with_its_line(
    function: Callable[..., object], line: int, said: str, stack: FakeStack
) -> None:
    with pytest.raises(ScenarioError) as refused:
        read(function, stack)
    where = f"test_proofreading.py:{function.__code__.co_firstlineno + line}: "
    assert str(refused.value).startswith(where + said)


def known_only_when_it_runs(scenario: Any, *, rule: str = "Other") -> None:
    since, named = "05:02", {"within": "3m"}
    still_down = alert_fires
    scenario.expect(alert_fires, rule, "05:02", "3m")
    scenario.expect(alert_fires, "Other", since, "3m")
    scenario.expect(still_down, "Other", "05:02", "3m")
    scenario.expect(alert_fires, *("Other", "05:02"), within="3m")
    scenario.expect(alert_fires, "Other", "05:02", **named)
    scenario.expect(lambda: None, "Other")
    scenario.expect(print, "Other")


def may_never_run(scenario: Any) -> None:
    if scenario.stack:
        scenario.expect(alert_fires, "Other", "05:02", "3m")
    with pytest.raises(ScenarioError):
        scenario.expect(alert_fires, "Other", "05:02", "3m")


def all_well(scenario: Any) -> None:
    scenario.expect(alert_fires, "Heartbeat", "05:02", "3m", reason="no data")
    with scenario.fault(BalancerMissing()) as outage:
        scenario.play("5m")
    print(outage.hits)


class Grouped:
    def test_method(self, scenario: Any) -> None:
        """Have a text
        of several lines."""
        scenario.expect(still_down, "25:10")


@pytest.mark.parametrize("function", [known_only_when_it_runs, may_never_run, all_well, len, lambda scenario: scenario])
def test_what_takes_running_to_know_is_left_alone(function: Callable[..., object], stack: FakeStack) -> None:
    read(function, stack)


def test_scenario_in_a_class_is_read_too(stack: FakeStack) -> None:
    with pytest.raises(ScenarioError, match="'25:10' is not a time of day"):
        read(Grouped().test_method, stack)


def test_scenario_that_was_made_at_run_time_has_no_text_and_is_left_alone(stack: FakeStack) -> None:
    made: dict[str, Any] = {}
    exec("def scenario_of_no_file(scenario): scenario.fault(1)", made)
    read(made["scenario_of_no_file"], stack)
