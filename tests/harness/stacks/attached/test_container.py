"""The service's container as an engine shows it; the engine is a fake, and containers/ has tests on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.events import Event, ProcessExited
from harness.stacks.attached import container as module
from harness.stacks.attached.container import ServiceContainer, revive


class FakeContainer:
    """One container, and what it was told."""

    id = "0123456789abcdef"
    name = "pizza_service_1"

    def __init__(self) -> None:
        self.status = "running"
        self.attrs = {"State": {"Pid": 4711}}
        self.ports = {"3000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "3000"}], "9/tcp": None}

    def pause(self) -> None:
        self.status = "paused"

    def unpause(self) -> None:
        assert self.status == "paused"
        self.status = "running"

    def kill(self, signal: str) -> None:
        assert signal == "SIGKILL"
        self.status = "exited"

    def wait(self) -> None:
        assert self.status == "exited"

    def start(self) -> None:
        assert self.status == "exited"
        self.status = "running"


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> FakeContainer:
    there = FakeContainer()
    containers = SimpleNamespace(list=lambda: [there], get=lambda _id: there)

    @contextmanager
    def engine() -> Iterator[Any]:
        yield SimpleNamespace(containers=containers)

    monkeypatch.setattr(module, "engine", engine)
    return there


def found(record: Any = lambda _event: None) -> ServiceContainer:
    return ServiceContainer.publishing(3000, record=record)


def test_container_is_found_by_the_port_that_it_publishes(running: FakeContainer) -> None:
    service = found()
    assert (service.id, service.name, service.is_up) == (running.id, running.name, True)


def test_service_that_is_in_no_container_is_not_hurt(running: FakeContainer) -> None:
    with pytest.raises(ScenarioError, match="no container of this machine publishes port 3001"):
        ServiceContainer.publishing(3001, record=lambda _event: None)


def test_service_is_not_hurt_where_no_engine_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def engine() -> Any:
        message = "no Docker engine answers"
        raise HarnessError(message)

    monkeypatch.setattr(module, "engine", engine)
    with pytest.raises(ScenarioError, match="in a container only: no Docker engine answers"):
        found()


def test_container_that_is_killed_is_recorded_and_started_again(running: FakeContainer) -> None:
    recorded: list[Event] = []
    service = found(recorded.append)
    service.kill()
    assert not service.is_up
    (exited,) = recorded
    assert isinstance(exited, ProcessExited)
    assert (exited.component, exited.pid, exited.code, exited.expected) == (running.name, 4711, -9, False)
    service.revive()
    assert service.is_up


def test_container_that_is_frozen_goes_on(running: FakeContainer) -> None:
    service = found()
    service.pause()
    assert not service.is_up
    service.revive()
    assert service.is_up


def test_container_that_runs_is_left_as_it_is(running: FakeContainer) -> None:
    revive(running.id)
    assert running.status == "running"
