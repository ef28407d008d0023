"""The blast radius: what a search may draw."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.explore.schedules import Radius
from harness.scorecard.trials import unplayable


def test_radius_without_names_holds_what_hurts_and_can_be_simulated() -> None:
    radius = Radius.of(())
    assert "factory_fail" in radius.faults
    assert not {"noop", *unplayable()} & {*radius.faults}


def test_fault_that_cannot_be_simulated_is_refused_with_the_reason() -> None:
    with pytest.raises(ScenarioError, match=r"--fault: .*: database_full \(database/disk full takes real programs\)"):
        Radius.of(("factory_fail", "database_full"))


def test_fault_that_hurts_nothing_may_be_named() -> None:
    assert Radius.of(("noop",)).faults == ("noop",)
