"""Containers as children of a run, on a real engine."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.errors import HarnessError
from harness.events import Event, ProcessExited
from harness.stacks.containers import engine as module
from harness.stacks.containers.children import ContainerChildren
from harness.stacks.containers.engine import RUN_LABEL, engine, gateway, require_images
from harness.stacks.containers.launch import ContainerLaunch, InsideLaunch, contained
from harness.stacks.containers.lease import ContainerLease
from harness.stacks.containers.twin import FACTORY_IMAGE
from harness.stacks.heal import heal_leftovers
from harness.stacks.services.twin import factory_twin
from tests.required import required_docker

pytestmark = pytest.mark.slow

KEYS = "/.well-known/jwks.json"


@pytest.fixture
def docker() -> Iterator[Any]:
    required_docker()
    with engine() as client:
        yield client


@pytest.fixture
def recorded() -> list[Event]:
    return []


@pytest.fixture
def children(docker: Any, tmp_path: Path, recorded: list[Event]) -> Iterator[ContainerChildren]:
    family = ContainerChildren(tmp_path, logs=tmp_path / "logs", environment={}, record=recorded.append)
    yield family
    family.end()
    assert of_run(docker, tmp_path) == []


@pytest.fixture
def factory() -> ContainerLaunch:
    return contained(factory_twin(vendor_key="v", admin_key="a"), image=FACTORY_IMAGE, port=4000)


def of_run(docker: Any, run: Path) -> list[Any]:
    return list(
        docker.containers.list(all=True, ignore_removed=True, filters={"label": f"{RUN_LABEL}={run.resolve()}"})
    )


def answers(address: str, *, within: float = 5.0) -> bool:
    try:
        return httpx.get(f"http://{address}{KEYS}", timeout=within, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def test_factory_in_a_container_answers_stands_still_and_comes_back_at_the_port_it_had(
    docker: Any, children: ContainerChildren, factory: ContainerLaunch, recorded: list[Event]
) -> None:
    child = children.start(factory)
    address = child.wait_until_ready()
    assert address.startswith(f"{gateway(docker)}:")
    assert answers(address)

    child.signal(signal.SIGSTOP)
    assert child.is_paused
    assert not answers(address, within=0.3)
    child.signal(signal.SIGCONT)
    assert not child.is_paused
    assert answers(address)

    child.stop(kill=True)
    assert child.wait(10)
    assert not answers(address)
    exited = recorded[-1]
    assert isinstance(exited, ProcessExited)
    assert (exited.component, exited.code) == ("factory", -signal.SIGKILL)

    again = children.start(replace(factory, argv=[*factory.argv, "--port", address.rpartition(":")[2]]))
    assert again.wait_until_ready() == address
    assert answers(address)


def test_program_inside_a_container_has_ended_only_when_it_has_and_not_once_it_is_silent(
    children: ContainerChildren, factory: ContainerLaunch, recorded: list[Event]
) -> None:
    children.start(factory).wait_until_ready()
    lingers = "import os, time; os.read(0, 1); os.close(1); os.close(2); time.sleep(0.5); os._exit(3)"
    inside = children.start(InsideLaunch("balancer-1", [sys.executable, "-c", lingers], within="factory"))
    inside.stop()
    assert inside.wait(10)
    exited = recorded[-1]
    assert isinstance(exited, ProcessExited)
    assert (exited.component, exited.code) == ("balancer-1", 3)


def test_container_that_crashes_on_start_leaves_its_last_words(
    children: ContainerChildren, factory: ContainerLaunch
) -> None:
    crashing = replace(factory, argv=[sys.executable, "-c", "import sys; sys.exit('no flour')"])
    with pytest.raises(HarnessError, match=r"ended with code 1 before it listened.*no flour"):
        children.start(crashing).wait_until_ready()


def test_container_without_its_image_says_so(children: ContainerChildren, factory: ContainerLaunch) -> None:
    with pytest.raises(HarnessError, match=r"ended with code 125 .*no-such"):
        children.start(replace(factory, image="127.0.0.1:1/pizza-chaos/no-such:1")).wait_until_ready()


def test_container_reaches_this_machine_at_the_gateway(docker: Any) -> None:
    host, _, _ = gateway(docker).partition(":")
    assert host.count(".") == 3
    assert host != "127.0.0.1"


def test_lease_that_lapses_removes_even_a_paused_container(docker: Any, tmp_path: Path) -> None:
    run = str(tmp_path.resolve())
    lease = ContainerLease(run)
    made = docker.containers.run(FACTORY_IMAGE, detach=True, labels={RUN_LABEL: run})
    made.pause()
    lease.release()
    assert of_run(docker, tmp_path) == []


def test_heal_removes_what_a_dead_harness_left_and_spares_what_another_run_has(docker: Any, tmp_path: Path) -> None:
    left, other = tmp_path / "runs/left", tmp_path / "elsewhere/other"
    made = [docker.containers.create(FACTORY_IMAGE, labels={RUN_LABEL: str(run)}) for run in (left, other)]
    try:
        assert list(heal_leftovers(tmp_path / "runs")) == [f"removed container {made[0].name}"]
        assert of_run(docker, other) == [made[1]]
    finally:
        made[1].remove()


def test_image_that_is_missing_is_named_with_what_builds_it(docker: Any) -> None:
    with pytest.raises(HarnessError, match=r"no image 'pizza-chaos/no-such:1'\. Build it: containers/build\.sh"):
        require_images(docker, "pizza-chaos/no-such:1")


def test_engine_that_does_not_answer_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(HarnessError, match=r"no Docker engine answers.*DOCKER_HOST.*--stack processes"), engine():
        pass


def test_engine_that_this_user_may_not_use_is_told_from_one_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_host: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "_knock", refused)
    with pytest.raises(HarnessError, match=r"may not use the Docker engine at .*usermod -aG docker"), engine():
        pass
