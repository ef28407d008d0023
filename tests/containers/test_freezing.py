"""A container that is to stand still on an engine that cannot always pause one; without an engine."""

from __future__ import annotations

from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any

import docker.errors
import pytest

from harness.errors import HarnessError
from harness.stacks.containers.container import FREEZES_IN_TRIES, Container
from harness.stacks.containers.launch import ContainerLaunch


class FakeContainer:
    """A container that an engine fails to pause so many times."""

    def __init__(self, fails: int, *, status: str = "running") -> None:
        self.status = status
        self.is_frozen = False
        self._fails = fails

    def pause(self) -> None:
        self._fails -= 1
        if self._fails >= 0:
            raise docker.errors.APIError("500", explanation="unable to freeze")
        self.is_frozen = True

    def unpause(self) -> None:
        self.is_frozen = False

    def reload(self) -> None:
        pass


@pytest.fixture
def container(tmp_path: Path) -> Any:
    launch = ContainerLaunch("database", [], image="mariadb:10.11")
    return Container(launch, environment={}, run=str(tmp_path), log=tmp_path / "database.log")


def test_container_that_cannot_be_paused_at_once_is_paused_in_the_end(container: Any) -> None:
    container._container = inside = FakeContainer(fails=FREEZES_IN_TRIES - 1)
    assert container.signal(SIGSTOP)
    assert (container.is_paused, inside.is_frozen) == (True, True)
    assert container.signal(SIGCONT)
    assert (container.is_paused, inside.is_frozen) == (False, False)


def test_container_that_cannot_be_paused_at_all_is_an_error_and_no_silent_fault(container: Any) -> None:
    container._container = FakeContainer(fails=FREEZES_IN_TRIES)
    with pytest.raises(HarnessError, match=r"could not pause the container of database, in 5 tries: unable to freeze"):
        container.signal(SIGSTOP)
    assert not container.is_paused


def test_container_that_has_ended_meanwhile_is_gone(container: Any) -> None:
    container._container = FakeContainer(fails=1, status="exited")
    assert not container.signal(SIGSTOP)
