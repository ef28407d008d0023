"""Trials played on the simulated stack."""

from __future__ import annotations

import signal
from concurrent.futures import BrokenExecutor, Future
from typing import ClassVar

import pytest

from harness.errors import HarnessError
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
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()), "its processes would hear of a Ctrl-C"
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
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


class HurriedPool(Pool):
    """Somebody presses Ctrl-C while its processes are started."""

    told: ClassVar[list[bool]] = []

    def submit(self, *words: object, **named: object) -> Future[Play]:
        signal.raise_signal(signal.SIGINT)
        return super().submit(*words, **named)


def test_ctrl_c_while_processes_are_started_ends_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scorecard.playing.ProcessPoolExecutor", HurriedPool)
    with pytest.raises(KeyboardInterrupt):
        play_all([Trial("noop", ("noop",))] * 3, seed=7, said=lambda *_: None)
    assert HurriedPool.told == [True]


class DyingPool(Pool):
    """One process of it is ended from outside."""

    def submit(self, *_words: object, **_named: object) -> Future[Play]:
        done = Future[Play]()
        done.set_exception(BrokenExecutor())
        return done


def test_trials_whose_process_was_ended_are_broken_off_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scorecard.playing.ProcessPoolExecutor", DyingPool)
    plays = play_all([Trial("noop", ("noop",))] * 2, seed=7, said=lambda *_: None)
    assert [each.broken_off for each in plays] == ["a process that played trials was ended from outside."] * 2


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


class Resisting(Noop):
    """A fault at which the harness fails."""

    def apply(self) -> tuple[()]:
        raise HarnessError("waited in vain")


def test_trial_at_which_the_harness_fails_is_broken_off_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAULTS, "resisting", Resisting())
    broken_off = play(Trial("resisting", ("resisting",)), seed=7)
    assert (broken_off.broken_off, broken_off.skipped, broken_off.counts) == ("waited in vain", "", False)


def test_fault_that_finds_nothing_left_to_hurt_on_top_of_another_is_skipped_with_the_reason() -> None:
    skipped = play(Trial("pair", ("balancer_missing", "task_killed")), seed=7)
    assert "there is none to hurt" in skipped.skipped
    assert skipped.broken_off == ""
