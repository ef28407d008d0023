"""What is done to a deployment, on a cloud whose load balancer takes its time to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from harness.clock import WallClock
from harness.errors import HarnessError
from harness.ingress.control_plane import ControlPlane, Site
from harness.ingress.records import Address, Zone
from harness.stacks.children import Children, Ears, Launch
from harness.stacks.cloud import Cloud
from harness.stacks.looping import LoopThread
from harness.stacks.operations import Operations
from harness.stacks.ways import Ways

LINGERS_SECONDS = 0.2


class Lingering:
    """Children, and the one child of theirs: a load balancer that goes on for a while after it was told to stop."""

    def __init__(self) -> None:
        self.component = ""
        self.is_alive = True
        self._ears = Ears()

    def start(self, launch: Launch, *, ears: Ears) -> Lingering:
        self.component, self._ears = launch.component, ears
        ears.ready("127.0.0.1:8080")
        return self

    def stop(self, *, kill: bool) -> None:
        assert kill
        threading.Timer(LINGERS_SECONDS, self.end).start()

    def end(self) -> None:
        self.is_alive = False
        self._ears.exited(-9)

    def tell(self, message: dict[str, Any]) -> None:
        """It has nothing to forward to."""


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    thread = LoopThread(trouble=lambda where, error: pytest.fail(f"{where}: {error}"))
    thread.start()
    yield thread
    thread.stop()


def wait(condition: Callable[[], bool], what: str) -> None:
    gives_up = time.monotonic() + 5
    while not condition():
        if time.monotonic() > gives_up:
            raise HarnessError(what)
        threading.Event().wait(0.005)


def test_load_balancer_that_is_removed_is_gone_once_the_operation_comes_back(loop: LoopThread) -> None:
    balancer, clock = Lingering(), WallClock(datetime(2024, 12, 1, 5, tzinfo=UTC))
    plane = ControlPlane(
        Site(name="pizza.test", service="pizza", ttl=timedelta(seconds=30)), zone=Zone(), record=lambda _event: None
    )
    operations = Operations(plane, loop=loop, clock=clock, wait=wait, show=lambda: None)
    operations.cloud = cloud = Cloud(
        plane,
        children=cast("Children", balancer),
        launch_task=lambda task, _version: Launch(task, []),
        clock=clock,
        loop=loop,
        ways=Ways(Zone(), cast("Any", None), cast("Any", None), lambda: Address("127.0.0.1", 8080)),
    )
    operations.perform(lambda now: plane.create_balancer(now=now))
    wait(operations.has_balancer, "the load balancer does not come up")
    operations.perform(lambda now: plane.remove_balancer(now=now))
    assert not balancer.is_alive
    assert not cloud.leaving
    loop.call(cloud.close())
