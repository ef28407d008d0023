"""Trials played on the simulated stack."""

from __future__ import annotations

import signal
from concurrent.futures import Future
from typing import ClassVar

import pytest

from harness.faults import Noop
from harness.scorecard.playing import play, play_all
from harness.scorecard.plays import Play
from harness.scorecard.trials import FAULTS, Trial


@pytest.mark.slow
def test_trials_of_several_processes_are_those_of_one_and_in_order() -> None:
    trials = [Trial("factory_fail", ("factory_fail",)), Trial("noop", ("noop",))]
    told: list[int] = []
    together = play_all(trials, seed=7, said=lambda count, _: told.append(count))
    alone = [play(trial, seed=7) for trial in trials]
    assert list(together) == alone
    assert told == [1, 2]
    assert [each.felt_by for each in together] == ["diners", "nobody"]
    assert together[0].series
    assert together[0].lines


class Pool:
    """Plays nothing at all, and keeps what it was told when it had to end."""

    told: ClassVar[list[bool]] = []

    def __init__(self, *_words: object, **_named: object) -> None:
        pass

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, *_words: object, **_named: object) -> Future[Play]:
        done = Future[Play]()
        done.set_result(Play(Trial("noop", ("noop",)), 0.0, 0.0, 0.0, 0.0))
        return done

    def shutdown(self, *, cancel_futures: bool) -> None:
        self.told.append(cancel_futures)
        signal.raise_signal(signal.SIGINT)  # again, which must leave no process behind


def test_ctrl_c_while_trials_are_played_lets_the_rest_of_them_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scorecard.playing.ProcessPoolExecutor", Pool)
    before = signal.getsignal(signal.SIGINT)

    def stop(_count: int, _play: Play) -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        play_all([Trial("noop", ("noop",))] * 3, seed=7, said=stop)
    assert Pool.told == [True]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
def test_two_faults_come_one_on_top_of_the_other() -> None:
    both = play(Trial("pair", ("factory_fail", "balancer_missing")), seed=7)
    assert both.felt_by == "diners"
    assert both.missed == ()
    assert both.heals - both.breaks == pytest.approx(12 * 60, abs=60)


class Impossible(Noop):
    """A fault that no stack can do."""

    def apply(self) -> tuple[()]:
        from harness.errors import ScenarioError  # noqa: PLC0415

        raise ScenarioError("this cannot be done")


@pytest.mark.slow
def test_fault_that_the_stack_cannot_do_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAULTS, "impossible", Impossible())
    skipped = play(Trial("impossible", ("impossible",)), seed=7)
    assert isinstance(skipped, Play)
    assert skipped.skipped == "this cannot be done"
