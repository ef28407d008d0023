"""The manifest for Kubernetes: its documents hang together, its images exist, its commands are commands of ours.

It was never applied to a cluster: there is none here. What the API server would refuse by its shape alone is refused by
the published schemas, too.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from harness.cli import app
from harness.load.messages import SECRET
from harness.settings import MASTER_PORT, Settings
from tests.house import ROOT

MANIFEST = ROOT / "containers" / "kubernetes" / "nightly.yaml"
PAGE = ROOT / "docs" / "how-to" / "kubernetes.md"
DOCUMENTS: dict[tuple[str, str], dict[str, Any]] = {
    (each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(MANIFEST.read_text())
}
JOB = DOCUMENTS["CronJob", "pizza-chaos-nightly"]["spec"]["jobTemplate"]["spec"]
WORKERS = DOCUMENTS["Deployment", "pizza-chaos-load-workers"]["spec"]
SITE = DOCUMENTS["Deployment", "pizza-service"]["spec"]
PODS: dict[str, dict[str, Any]] = {"run": JOB["template"], "workers": WORKERS["template"], "site": SITE["template"]}
(RUN,), (WORKER,) = (PODS[name]["spec"]["containers"] for name in ("run", "workers"))


def options(container: dict[str, Any]) -> dict[str, str]:
    words = (word.partition("=") for word in container["args"] if word.startswith("--"))
    return {name: value for name, _, value in words}


def test_every_image_is_one_that_build_sh_builds() -> None:
    built = set(re.findall(r"(\w+):\w+", (ROOT / "containers/build.sh").read_text().split("for image in", 1)[1]))
    images = {container["image"] for pod in PODS.values() for container in pod["spec"]["containers"]}
    assert {image.removeprefix("pizza-chaos/").removesuffix(":latest") for image in images} <= built


@pytest.mark.parametrize("name", PODS)
def test_every_pod_runs_without_rights_and_every_volume_is_there(name: str) -> None:
    pod = PODS[name]["spec"]
    assert (pod["securityContext"]["runAsNonRoot"], pod["automountServiceAccountToken"]) == (True, False)
    named = {volume["name"] for volume in pod.get("volumes", ())}
    assert {mount["name"] for each in pod["containers"] for mount in each.get("volumeMounts", ())} == named
    claims = {volume.get("persistentVolumeClaim", {}).get("claimName") for volume in pod.get("volumes", ())} - {None}
    assert {("PersistentVolumeClaim", claim) for claim in claims} <= set(DOCUMENTS)


def test_a_finding_is_not_tried_again() -> None:
    assert (JOB["backoffLimit"], JOB["template"]["spec"]["restartPolicy"]) == (0, "Never")


@pytest.mark.parametrize(
    ("container", "option"), [(each, option) for each in (RUN, WORKER) for option in options(each)], ids=str
)
def test_every_option_is_one_of_ours_or_of_pytest(container: dict[str, Any], option: str) -> None:
    ours = CliRunner().invoke(app, [container["args"][0], "--help"], env={"COLUMNS": "200"}).output
    assert option in ours or option == "--ignore"


def test_run_waits_for_as_many_workers_as_there_are_and_its_settings_are_good_ones() -> None:
    given = options(RUN)
    assert int(given["--load-workers"]) == WORKERS["replicas"]
    (pod,) = (each for each in RUN["env"] if each["name"] == "POD_IP")
    assert pod["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"
    master = given["--load-master"].replace("$(POD_IP)", "10.0.0.5")
    settings = Settings(stack=given["--stack"], load_master=master, load_workers=WORKERS["replicas"])
    settings.check("manifest")
    assert settings.load_port == MASTER_PORT


def test_workers_knock_where_the_run_is_and_may_load_nothing_else() -> None:
    service = DOCUMENTS["Service", "pizza-chaos-load"]["spec"]
    assert service["selector"] == PODS["run"]["metadata"]["labels"]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)
    (offered,) = (port["containerPort"] for port in RUN["ports"])
    assert [port["port"] for port in service["ports"]] == [offered] == [MASTER_PORT]
    assert options(WORKER) == {"--master": f"pizza-chaos-load:{MASTER_PORT}", "--allow-target": "pizza-chaos-load"}


def test_run_and_workers_have_one_secret_in_common_which_the_page_says_how_to_make() -> None:
    wanted = [each["valueFrom"] for pod in (RUN, WORKER) for each in pod["env"] if each["name"] == SECRET]
    assert len(wanted) == 2
    assert wanted[0] == wanted[1]
    name, key = wanted[0]["secretKeyRef"]["name"], wanted[0]["secretKeyRef"]["key"]
    assert f"kubectl create secret generic {name} --from-literal={key}=" in PAGE.read_text()


@pytest.mark.parametrize("name", ["pizza-service", "pizza-chaos-load-workers"])
def test_deployment_finds_its_own_pods(name: str) -> None:
    deployment = DOCUMENTS["Deployment", name]["spec"]
    assert deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]


def test_service_finds_its_pods_and_ports() -> None:
    service = DOCUMENTS["Service", "pizza-service"]["spec"]
    assert service["selector"] == PODS["site"]["metadata"]["labels"]
    offered = {port["containerPort"] for each in PODS["site"]["spec"]["containers"] for port in each["ports"]}
    assert {port["port"] for port in service["ports"]} == offered


@pytest.mark.parametrize("name", DOCUMENTS, ids="/".join)
def test_document_has_the_shape_that_kubernetes_publishes(name: tuple[str, str]) -> None:
    shapes: Any = importlib.import_module("kubernetes_validate")  # which has no types
    shapes.validate(DOCUMENTS[name], shapes.latest_version(), strict=True)
