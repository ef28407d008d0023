"""The manifest for Kubernetes: its documents hang together, its images exist, its commands are commands of ours."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from harness.cli import app
from tests.house import ROOT

MANIFEST = ROOT / "containers" / "kubernetes" / "nightly.yaml"
DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all(MANIFEST.read_text()))


def document(kind: str) -> dict[str, Any]:
    (found,) = (each for each in DOCUMENTS if each["kind"] == kind)
    return found


def pods() -> list[dict[str, Any]]:
    job = document("CronJob")["spec"]["jobTemplate"]["spec"]
    return [job["template"]["spec"], document("Deployment")["spec"]["template"]["spec"]]


def test_every_image_is_one_that_build_sh_builds() -> None:
    built = set(re.findall(r"(\w+):\w+", (ROOT / "containers/build.sh").read_text().split("for image in", 1)[1]))
    images = {container["image"] for pod in pods() for container in pod["containers"]}
    assert {image.removeprefix("pizza-chaos/").removesuffix(":latest") for image in images} <= built


def test_every_pod_runs_without_rights_and_every_volume_is_there() -> None:
    for pod in pods():
        assert (pod["securityContext"]["runAsNonRoot"], pod["automountServiceAccountToken"]) == (True, False)
        named = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for each in pod["containers"] for mount in each.get("volumeMounts", ())} == named
    claims = {volume["persistentVolumeClaim"]["claimName"] for volume in pods()[0]["volumes"]}
    assert claims == {document("PersistentVolumeClaim")["metadata"]["name"]}


def test_a_finding_is_not_tried_again() -> None:
    job = document("CronJob")["spec"]["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never")


@pytest.mark.parametrize("option", [word for word in pods()[0]["containers"][0]["args"] if word.startswith("--")])
def test_every_option_of_the_job_is_one_of_ours_or_of_pytest(option: str) -> None:
    ours = CliRunner().invoke(app, ["run", "--help"]).output
    assert option.split("=", maxsplit=1)[0] in ours or option.startswith("--ignore=")


def test_service_finds_its_pods_and_ports() -> None:
    service, deployment = document("Service")["spec"], document("Deployment")["spec"]
    assert service["selector"] == deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]
    offered = {port["containerPort"] for each in pods()[1]["containers"] for port in each["ports"]}
    assert {port["port"] for port in service["ports"]} == offered
