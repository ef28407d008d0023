"""Plays trials on the simulated stack: each in virtual time, several at once in processes of their own."""

from __future__ import annotations

import logging
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import HarnessError, ScenarioError
from harness.faults import Noop
from harness.interruptions import deaf_to_ctrl_c, interruptions
from harness.scenario import Scenario
from harness.scenario.story import ActiveFault
from harness.scorecard.plays import Kept, Play, impact, late_instants
from harness.scorecard.trials import AFTERWARDS, ARRIVAL, BASELINE, DINERS, FAULT, FAULTS, SECOND_AFTER, Trial
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.in_memory import simulated
from harness.stacks.simulated.stack import SimulatedStack

BEGINS = datetime(2024, 12, 1, 5, 0, tzinfo=UTC)

_NO_RULES = "groups: [{name: none, rules: []}]\n"
"""Rules are judged afterwards: here they would only cost time."""


def play_all(trials: Sequence[Trial], *, seed: int, said: Callable[[int, Play], object]) -> tuple[Play, ...]:
    """Play trials, on as many processors as there are.

    Args:
        trials: what to play.
        seed: of everything that is random.
        said: told after each trial how many have been played, and what the newest was.

    Returns: what came of them, in the order of the trials; one that could not be played, or not to its end, says why.
    """
    workers = min(len(trials), os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn")  # a fork of a program with threads may stand still
    with interruptions(), ProcessPoolExecutor(workers, mp_context=context, initializer=logging.disable) as pool:
        plays: dict[int, Play] = {}
        try:
            with deaf_to_ctrl_c():
                waiting = {pool.submit(play, trial, seed=seed): place for place, trial in enumerate(trials)}
            for done in as_completed(waiting):
                place = waiting[done]
                plays[place] = _result(done, trials[place])
                said(len(plays), plays[place])
        except BaseException:  # Ctrl-C: who leaves would wait for all that is left to be played
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(plays[place] for place in range(len(trials)))


def _result(done: Future[Play], trial: Trial) -> Play:
    try:
        return done.result()
    except BrokenExecutor:  # for which the pool ends all others, too
        return Play(trial, 0.0, 0.0, 0.0, 0.0, broken_off="a process that played trials was ended from outside.")


def play(trial: Trial, *, seed: int) -> Play:
    """Play one trial: good health, the fault, and good health again."""
    try:
        with _stack(seed=seed) as stack:
            scenario = Scenario(stack, begins=stack.clock.now(), locate=lambda: trial.name)
            try:
                return _played(trial, stack, scenario)
            finally:
                scenario.heal()
    except ScenarioError as error:
        return Play(trial, 0.0, 0.0, 0.0, 0.0, skipped=str(error))
    except HarnessError as error:
        return Play(trial, 0.0, 0.0, 0.0, 0.0, broken_off=str(error))


def _played(trial: Trial, stack: SimulatedStack, scenario: Scenario) -> Play:
    stack.diners(DINERS)
    stack.live(ARRIVAL)
    healthy_from = stack.clock.steady()
    stack.live(BASELINE - ARRIVAL)
    breaks = stack.clock.steady()
    stack.diners(trial.diners)
    begun: list[ActiveFault] = []
    with ExitStack() as faults:
        for number, name in enumerate(trial.faults):
            if number:
                stack.live(SECOND_AFTER)
            begun.append(faults.enter_context(scenario.fault(FAULTS[name])))
        stack.live(FAULT - SECOND_AFTER * max(0, len(trial.faults) - 1))
        heals = stack.clock.steady()
    stack.diners(DINERS)
    stack.live(AFTERWARDS)
    history = stack.so_far()
    requests, wrong, blind = impact(history, breaks=breaks, heals=heals)
    late = late_instants(history)
    return Play(
        trial=trial,
        healthy_from=healthy_from,
        breaks=breaks,
        heals=heals,
        ends=stack.clock.steady(),
        requests=requests,
        wrong=wrong,
        blind=blind,
        missed=tuple(each.fault.name for each in begun if not each.hits and not isinstance(each.fault, Noop)),
        lines=tuple(stack.monitoring.logs.search()),
        series=tuple(Kept.of(each, without=late) for each in stack.monitoring.store.select(())),
    )


@contextmanager
def _stack(*, seed: int) -> Iterator[SimulatedStack]:
    with tempfile.TemporaryDirectory(prefix="pizza-chaos-") as directory:
        rules = Path(directory) / "rules.yaml"
        rules.write_text(_NO_RULES)
        service = replace(TwinService(), rules=rules)
        with simulated(service, seed=seed, begins=BEGINS, command="scorecard", on_call="nobody") as stack:
            yield stack
