from datetime import timedelta
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.planning import Planned
from harness.run import Plan
from harness.scenario import Diners, OnCall, Shop
from harness.settings import Settings
from scenarios import test_incident_2024_12_01 as night


@pytest.fixture
def planned() -> Planned:
    return Planned(
        Plan(
            name="test_night",
            source=Path(night.__file__),
            hypothesis="One remedy of nine helps.",
            begins="2024-11-30 21:59 MST",
            expects_no_fault=False,
            settings=Settings(),
        )
    )


def read_out(planned: Planned) -> str:
    scenario = planned.scenario
    night.test_incident_2024_12_01(scenario, Shop(scenario), Diners(scenario), OnCall(scenario))
    return planned.text()


def test_plan_of_the_incident_reads_out_every_beat_and_expectation_without_running_any(planned: Planned) -> None:
    text = read_out(planned)
    for line in (
        "05:24:00  hurt the ingress with balancer_missing",
        "05:36:00  cross the quiet stretch to 07:59:30",
        "12:30:00  perform the remedy “recreate service”",
        "13:24:00  open the reportUrl of that purchase",
        "  nothing succeeds from 05:24 to 13:10",
        "faults: balancer_missing, factory_fail",
        "`pizza-chaos stop --runs ",
    ):
        assert line in text
    assert "heal " not in text, "the remedies undo both faults, so the harness has nothing to heal"


def test_plan_of_the_incident_takes_less_than_three_minutes_of_the_wall(planned: Planned) -> None:
    read_out(planned)
    assert planned.stack.lived / Settings().speed < timedelta(minutes=3)


def test_plan_with_an_unknown_remedy_names_it(planned: Planned) -> None:
    with pytest.raises(ScenarioError, match="unknown remedy 'recreate sevice'"):
        OnCall(planned.scenario).performs("recreate sevice")
