"""Prometheus and Alertmanager in containers judge a run as they do as processes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from harness.alerting.real.judges import Program, RealEngine
from harness.errors import HarnessError
from harness.events import Event, ProcessExited
from harness.stacks.containers import judges as module
from harness.stacks.containers.children import ContainerChildren
from harness.stacks.containers.engine import engine
from harness.stacks.containers.judges import IMAGES, image_of, in_a_container
from harness.stacks.real_alerting import take_over
from tests.containers.test_container import of_run
from tests.harness.stacks.test_real_alerting import REAL, RULES, monitoring
from tests.house import ROOT
from tests.required import required_docker

FROM_DEBIAN = {"prometheus": "pizza-chaos/prometheus:latest", "alertmanager": "pizza-chaos/alertmanager:latest"}
PROMETHEUS = Program("prometheus", ("--log.level=warn",), "127.0.0.1:9090")


class Engine:
    """An engine without any image."""

    def __enter__(self) -> Any:
        return SimpleNamespace(images=SimpleNamespace(get=self.get))

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, image: str) -> None:
        raise docker.errors.ImageNotFound(image)


def test_images_are_those_of_the_compose_file() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    for variable, usual in IMAGES.values():
        assert f"image: ${{{variable}:-{usual}}}" in compose


def test_image_that_is_missing_is_named_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "engine", Engine)
    monkeypatch.setenv("PROMETHEUS_IMAGE", "")
    with pytest.raises(
        HarnessError, match=r"no image 'prom/prometheus:v3\.5\.0'\. Build it: docker pull prom/prometheus"
    ):
        in_a_container(PROMETHEUS, tmp_path)


@pytest.mark.slow
def test_programs_in_containers_judge_and_end_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    required_docker(*FROM_DEBIAN.values())
    for component, image in FROM_DEBIAN.items():
        monkeypatch.setenv(IMAGES[component][0], image)
        assert image_of(component) == image
    recorded: list[Event] = []
    children = ContainerChildren(tmp_path, logs=tmp_path / "logs", environment={}, record=recorded.append)
    watching = monitoring(tmp_path, RULES % "")
    try:
        take_over(
            watching,
            REAL,
            rules=tmp_path / "rules.yaml",
            directory=tmp_path,
            children=children,
            judging=in_a_container,
        )
        judging = watching.engine
        assert isinstance(judging, RealEngine)
        assert judging.tick(1_733_029_140.0).failures == {}
        with engine() as client:
            assert len(of_run(client, tmp_path)) == 2
    finally:
        children.end()
    with engine() as client:
        assert of_run(client, tmp_path) == []
    ended = {each.component for each in recorded if isinstance(each, ProcessExited) and each.expected}
    assert ended == {"prometheus", "alertmanager"}
    assert (tmp_path / "alerting" / "prometheus").is_dir()
