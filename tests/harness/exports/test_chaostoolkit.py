import json
from typing import Any

from harness.checks import judge
from harness.events import FaultRemoved, RunFinished
from harness.exports.chaostoolkit import journal
from harness.history import History
from tests.harness.checks.stories import changed, is_a, night, without
from tests.harness.checks.test_stories import expectations


def told(history: History) -> dict[str, Any]:
    """Give the journal as whoever reads its JSON gets it."""
    made: dict[str, Any] = json.loads(json.dumps(journal(history, judge(history, expectations()))))
    return made


def test_journal_of_a_passed_run_has_completed_and_not_deviated() -> None:
    made = told(night())
    assert (made["status"], made["deviated"]) == ("completed", False)
    states = made["steady_states"]
    assert states["before"]["steady_state_met"] is states["after"]["steady_state_met"] is True
    assert [probe["activity"]["name"] for probe in states["before"]["probes"]] == [
        "steady state held before the first fault"
    ]
    assert len(states["after"]["probes"]) == 5 + len(expectations())


def test_journal_names_each_fault_with_its_times_and_hits() -> None:
    again, missing, factory = told(night())["run"]
    assert again["activity"]["provider"]["path"] == "pizza-chaos"
    assert missing["activity"]["name"] == "balancer_missing-1 on ingress"
    assert missing["start"] == "2024-12-01T12:24:00+00:00"
    assert missing["duration"] == 7 * 3600 + 46 * 60 + 2
    assert factory["output"]["ended by"] == "remedy: follow reportUrl"


def test_journal_of_an_unknown_verdict_has_failed_and_not_deviated() -> None:
    made = told(without(night(), is_a(FaultRemoved, fault="factory_fail")))
    assert (made["status"], made["deviated"]) == ("failed", False)
    assert made["experiment"]["extensions"][0]["verdict"] == "unknown"
    assert made["run"][2]["status"] == "failed"


def test_journal_of_an_interrupted_run_says_so() -> None:
    assert told(changed(night(), is_a(RunFinished), reason="interrupted"))["status"] == "interrupted"


def test_journal_holds_an_experiment_with_what_the_validator_asks_for() -> None:
    experiment = told(night())["experiment"]
    assert {"title", "description", "method", "steady-state-hypothesis"} <= set(experiment)
    (action,) = experiment["method"]
    assert set(action) == {"type", "name", "provider"}
    assert all("tolerance" in probe for probe in experiment["steady-state-hypothesis"]["probes"])
