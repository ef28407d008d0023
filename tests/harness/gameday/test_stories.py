import pytest

from harness.errors import ScenarioError
from harness.gameday.stories import SOLO, STORIES, injectable, story


def test_incident_hides_the_factory_behind_the_balancer() -> None:
    faults = [inject.fault.name for inject in story("incident", seed=1).injects if inject.fault]
    assert faults == ["balancer_missing", "factory_fail"]
    assert any(inject.hint for inject in story("incident", seed=1).injects)


def test_any_fault_of_the_catalogue_is_a_story() -> None:
    for fault in injectable():
        (inject,) = story(fault.name, seed=1).injects
        assert inject.fault == fault


def test_solo_draws_by_its_seed() -> None:
    drawn = {story(SOLO, seed=seed).cause for seed in range(30)}
    assert len(drawn) > 3
    assert story(SOLO, seed=7) == story(SOLO, seed=7)


def test_free_does_nothing_by_itself() -> None:
    assert not STORIES["free"].injects


def test_story_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"unknown story 'incidnt'.*incident"):
        story("incidnt", seed=1)
