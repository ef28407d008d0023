"""The search on several processors: the same story whoever is faster, and no worker is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal

import pytest

from harness.errors import HarnessError
from harness.explore.schedules import Schedule
from harness.explore.search import Played, Search
from harness.explore.workers import explore_on, processors
from harness.history import History
from tests.harness.explore.test_search import RADIUS, blind_to


def blind_to_the_factory(schedule: Schedule) -> History:
    return blind_to("factory_fail")(schedule)


def attentive(schedule: Schedule) -> History:
    return blind_to()(schedule)


def dying(_schedule: Schedule) -> History:
    os._exit(3)


def test_one_processor_searches_in_this_process() -> None:
    heard: list[Played] = []
    found = explore_on(1, Search(RADIUS, examples=60), say=heard.append, player=blind_to("factory_fail"))
    assert found.schedule is not None
    assert [played.number for played in heard] == list(range(1, len(heard) + 1))
    assert str(heard[0]).startswith("1 played: ")


def test_searches_of_one_seed_draw_other_schedules_in_each_part() -> None:
    drawn: list[list[Schedule]] = []
    for part in (0, 1, 0):
        heard: list[Played] = []
        explore_on(1, Search(RADIUS, examples=20, part=part), say=heard.append, player=blind_to())
        drawn.append([played.schedule for played in heard])
    assert drawn[0] == drawn[2] != drawn[1]


@pytest.mark.slow
def test_two_workers_find_and_shrink_the_same_story_every_time() -> None:
    search = Search(RADIUS, examples=120)
    first, second = (explore_on(2, search, say=lambda _: None, player=blind_to_the_factory) for _ in range(2))
    assert first.schedule == second.schedule
    assert first.schedule is not None
    assert [blow.fault for blow in first.schedule.blows] == ["factory_fail"]
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_two_workers_share_the_examples_and_put_their_coverage_together() -> None:
    heard: list[Played] = []
    found = explore_on(2, Search(RADIUS, examples=30), say=heard.append, player=attentive)
    assert found.schedule is None
    assert found.coverage.plays == len(heard) > 15
    assert [played.number for played in heard] == list(range(1, len(heard) + 1))
    assert "faults (3): balancer_missing, factory_fail, task_killed" in found.coverage.words()


@pytest.mark.slow
def test_worker_that_dies_is_an_error_and_not_a_search_that_found_nothing() -> None:
    with pytest.raises(HarnessError, match="ended without a result"):
        explore_on(2, Search(RADIUS, examples=30), say=lambda _: None, player=dying)
    assert not multiprocessing.active_children()


def hearing(schedule: Schedule) -> History:
    if signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        os._exit(3)
    return attentive(schedule)


@pytest.mark.slow
def test_workers_never_hear_of_ctrl_c_which_whoever_started_them_does() -> None:
    found = explore_on(2, Search(RADIUS, examples=4), say=lambda _: None, player=hearing)
    assert found.coverage.plays


def test_there_is_a_processor() -> None:
    assert processors() >= 1
