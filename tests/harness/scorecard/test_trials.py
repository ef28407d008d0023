"""What a scorecard plays."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.faults import CATALOGUE
from harness.scorecard.trials import FAULTS, chosen_trials, unplayable


def test_without_names_every_kind_of_fault_of_the_catalogue_is_played() -> None:
    played = {type(FAULTS[name]) for trial in chosen_trials() for name in trial.faults}
    assert played == set(CATALOGUE)


def test_named_faults_are_played_beside_the_trials_that_must_stay_quiet() -> None:
    trials = chosen_trials(["factory_fail"])
    assert [trial.name for trial in trials] == ["factory_fail", "noop", "more diners", "fewer diners"]
    assert [trial.must_stay_quiet for trial in trials] == [False, True, True, True]


def test_pairs_are_every_two_faults_that_hurt() -> None:
    trials = chosen_trials(["factory_fail", "balancer_missing", "task_killed", "noop"], pairs=True)
    pairs = [trial.name for trial in trials if len(trial.faults) == 2]
    assert pairs == [
        "balancer_missing + task_killed",
        "balancer_missing + factory_fail",
        "task_killed + factory_fail",
    ]


def test_pairs_leave_out_what_cannot_be_simulated_and_singles_do_not() -> None:
    names = ["factory_fail", "task_killed", "database_full"]
    trials = [trial.name for trial in chosen_trials(names, pairs=True)]
    assert "database_full" in trials
    assert [name for name in trials if " + " in name] == ["task_killed + factory_fail"]
    assert unplayable(names) == {"database_full": "database/disk full takes real programs"}
    assert "database_full" in unplayable()


def test_unknown_fault_is_an_error_that_names_what_was_meant() -> None:
    with pytest.raises(ScenarioError, match=r"--faults: unknown fault 'factory_fall'. Did you mean 'factory_fail'"):
        chosen_trials(["factory_fall"])
