"""Signals while a run goes on, and while it is healed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from harness.interruptions import PATIENCE_SECONDS, Interruptions, deaf_to_ctrl_c, interruptions


def test_second_signal_waits_and_is_not_owed_since_the_first_was_heard() -> None:
    heard = Interruptions(now=lambda: 0.0)
    with pytest.raises(KeyboardInterrupt):
        heard.hear()
    heard.hear()
    assert not heard.is_owed


def test_signal_while_a_run_is_healed_waits_and_is_owed() -> None:
    heard = Interruptions(now=lambda: 0.0)
    heard.wait()
    assert not heard.is_owed
    heard.hear()
    assert heard.is_owed


def test_signal_cuts_short_a_healing_that_hangs() -> None:
    times = iter([0.0, PATIENCE_SECONDS - 1, PATIENCE_SECONDS + 1, PATIENCE_SECONDS + 1, PATIENCE_SECONDS + 2])
    heard = Interruptions(now=lambda: next(times))
    heard.wait()
    heard.hear()
    with pytest.raises(KeyboardInterrupt):
        heard.hear()
    heard.hear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_that_had_to_wait_is_raised_at_the_end_and_what_was_before_is_restored(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    steps = []
    with pytest.raises(KeyboardInterrupt), interruptions() as heard:
        heard.wait()
        signal.raise_signal(number)
        steps.append("kept")
    assert (steps, signal.getsignal(number)) == (["kept"], before)


def test_signal_that_this_process_does_not_listen_to_stays_unheard() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptions():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_interruptions_of_another_thread_leave_signals_as_they_are() -> None:
    seen: list[object] = []

    def play() -> None:
        with interruptions():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=play)
    thread.start()
    thread.join()
    assert seen == [before]


def test_ctrl_c_while_deaf_processes_are_started_is_heard_once_they_are() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), deaf_to_ctrl_c():
        signal.raise_signal(signal.SIGINT)
        steps.append("started")
    assert steps == ["started"]


def test_process_that_was_started_deaf_never_hears_of_ctrl_c() -> None:
    says = "import signal; signal.raise_signal(signal.SIGINT); print('lives')"
    with deaf_to_ctrl_c():
        ran = subprocess.run([sys.executable, "-I", "-S", "-c", says], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "lives\n", "")
