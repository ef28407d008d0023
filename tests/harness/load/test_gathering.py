"""Waiting for load workers before a run's time begins: real processes, and what is said meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.load.driver import LoadSettings
from harness.load.gathering import wait_for_workers
from harness.load.messages import SECRET
from tests.harness.load.conftest import Names
from tests.harness.load.test_driver import settings
from tests.harness.load.test_far_worker import Worker, far, worker

__all__ = ["far", "settings", "worker"]  # fixtures

pytestmark = pytest.mark.slow


def test_run_begins_once_all_workers_knock(far: LoadSettings, worker: Callable[..., Worker], names: Names) -> None:
    assert far.master is not None
    for _ in range(2):
        worker("-m", "harness.load.far_worker", str(far.master))
    said: list[str] = []
    wait_for_workers(far.master, 2, say=said.append)
    assert f"0 of 2 here. Elsewhere: pizza-chaos load-worker --master {far.master} --allow-target" in said[0]
    assert said[-1] == f"load workers: {socket.gethostname()}, {socket.gethostname()}"
    wait_for_workers(far.master, 2, say=said.append)  # nobody listens there any more, and they knock on


def test_run_does_not_begin_when_fewer_come(far: LoadSettings, worker: Callable[..., Worker]) -> None:
    assert far.master is not None
    with pytest.raises(HarnessError, match=r"of 2 load workers .* came in 0\.2 s: none\. Start one with: pizza-chaos"):
        wait_for_workers(far.master, 2, say=print, within_seconds=0.2)


def test_address_that_is_not_this_machines_is_refused(far: LoadSettings, worker: Callable[..., Worker]) -> None:
    elsewhere = type(far.dns)("192.0.2.77", 5557)
    with pytest.raises(ScenarioError, match=r"master cannot listen at 192\.0\.2\.77:5557.*an address of this machine"):
        wait_for_workers(elsewhere, 1, say=print)


def test_without_a_secret_nobody_waits(far: LoadSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert far.master is not None
    monkeypatch.delenv(SECRET, raising=False)
    with pytest.raises(ScenarioError, match="PIZZA_LOAD_SECRET has 0 characters"):
        wait_for_workers(far.master, 1, say=print)
