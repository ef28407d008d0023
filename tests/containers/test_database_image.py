"""Which image a database is started from, how, and what the bundled service is told of it; without an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from harness.errors import HarnessError
from harness.stacks.containers import database as module
from harness.stacks.containers import twin
from harness.stacks.containers.database import IMAGE_VARIABLE, IMAGES, OPTIONS, ContainedDatabase, image_held
from harness.stacks.containers.launch import ContainerLaunch
from harness.stacks.containers.twin import FACTORY_IMAGE, SERVICE_IMAGE, ContainedTwinOnServer
from harness.stacks.services.service import Companion, Surroundings
from pizza_service.server import PASSWORD_VARIABLE
from tests.harness.stacks.services.test_twin_on_server import FakeDatabase
from tests.house import ROOT


def holding(*images: str) -> Any:
    """Give an engine's client that holds these images."""

    def get(image: str) -> None:
        if image not in images:
            raise docker.errors.ImageNotFound(image)

    return SimpleNamespace(images=SimpleNamespace(get=get))


class Engine:
    """An engine, as `with engine() as client` has it."""

    def __enter__(self) -> Any:
        return holding(IMAGES[1])

    def __exit__(self, *_: object) -> None:
        pass


def test_image_is_that_of_the_compose_file() -> None:
    assert f"image: ${{{IMAGE_VARIABLE}:-{IMAGES[0]}}}" in (ROOT / "docker-compose.yml").read_text()


@pytest.mark.parametrize(
    ("held", "named", "taken"),
    [
        (IMAGES, "", IMAGES[0]),
        (IMAGES[1:], "", IMAGES[1]),
        (("mysql:8", *IMAGES), "mysql:8", "mysql:8"),
    ],
)
def test_image_is_the_one_that_is_named_or_the_first_that_is_there(
    held: tuple[str, ...], named: str, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IMAGE_VARIABLE, named)
    assert image_held(holding(*held)) == taken


@pytest.mark.parametrize(("named", "missed"), [("", "mariadb:10.11"), ("mysql:8", "mysql:8")])
def test_image_that_is_missing_is_named_with_what_brings_it(
    named: str, missed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IMAGE_VARIABLE, named)
    held = IMAGES if named else ()
    with pytest.raises(HarnessError, match=f"no image '{missed}'. Build it: docker pull {missed}; or name another"):
        image_held(holding(*held))


def test_server_is_told_its_password_in_its_environment_and_published_where_only_containers_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IMAGE_VARIABLE, "")
    monkeypatch.setattr(module, "engine", Engine)
    one, other = ContainedDatabase.found(), ContainedDatabase.found()
    launch = one.launch(tmp_path)
    assert (launch.image, launch.port, launch.argv, launch.folders) == (IMAGES[1], 3306, OPTIONS, ())
    assert launch.environment == {"MYSQL_ROOT_PASSWORD": one.environment["MYSQL_PWD"]}
    assert launch.name != other.launch(tmp_path).name
    assert one.login.password != other.login.password != one.environment["MYSQL_PWD"]
    assert one.version == f"of the image {IMAGES[1]}"
    assert not one.outlives_the_run


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin, "_require_twins", lambda: None)


@pytest.mark.usefixtures("ready")
def test_service_in_a_container_seeks_its_database_at_the_edge(tmp_path: Path) -> None:
    database = FakeDatabase(address="")
    service = ContainedTwinOnServer.prepared(fixes=(), database=database, directory=tmp_path / "scratch")
    (companion,) = service.companions()
    assert (companion.name, companion.address, companion.sought_at) == ("database", "", ":3306")
    around = Surroundings(tmp_path, "http://172.17.0.3:4001", "http://172.17.0.3:9")
    launch = service.task("task-1", version="v1", surroundings=around)
    assert isinstance(launch, ContainerLaunch)
    assert (launch.image, launch.folders) == (SERVICE_IMAGE, ())
    assert "mysql://pizza@172.17.0.3:3306/shop" in launch.argv
    assert launch.environment == {PASSWORD_VARIABLE: "secret"}
    factory = service.factory()
    assert isinstance(factory, ContainerLaunch)
    assert factory.image == FACTORY_IMAGE
    assert isinstance(companion, Companion)


def test_machine_without_an_engine_lets_go_of_the_database_that_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = FakeDatabase()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(HarnessError, match="no Docker engine answers"):
        ContainedTwinOnServer.prepared(fixes=(), database=database, directory=tmp_path / "scratch")
    assert database.is_closed


@pytest.fixture
def starting(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Let a server be published at an address; gives what it was told once it is asked whether it answers."""
    told: list[str] = []

    def at(greeted: str) -> list[str]:
        monkeypatch.setattr(module, "published_at", lambda _name: "172.17.0.1:49153")
        monkeypatch.setattr(module, "greets", lambda _host, _port: greeted)
        monkeypatch.setattr(ContainedDatabase, "_said", lambda _self, _address, sql: told.append(sql))
        return told

    return at


def test_server_answers_once_the_services_user_is_let_in_to_one_database_that_is_not_there_yet(
    tmp_path: Path, starting: Callable[[str], list[str]]
) -> None:
    database = ContainedDatabase(IMAGES[1])
    answers = database.launch(tmp_path).answers
    assert answers is not None
    told = starting("")
    assert (answers(), database.address, told) == ("", "", [])
    starting("172.17.0.1:49153")
    assert (answers(), database.address) == ("172.17.0.1:49153", "172.17.0.1:49153")
    (sql,) = told
    assert "CREATE USER IF NOT EXISTS 'pizza'@'%' IDENTIFIED BY" in sql
    assert "GRANT ALL ON `pizza`.* TO 'pizza'@'%'" in sql
    assert "CREATE DATABASE" not in sql


def test_statement_that_nobody_takes_is_an_error_with_the_reason() -> None:
    database = ContainedDatabase(IMAGES[1])
    database.address = "127.0.0.1:1"
    with pytest.raises(HarnessError, match=r"the database did not do as it was told: .*127\.0\.0\.1"):
        asyncio.run(database.say("SELECT 1;"))
