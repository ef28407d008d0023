"""The files of the compose system: read by the programs that they are for, and by our own readers of them."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from harness.alerting.alertmanager_file import load_alertmanager
from harness.alerting.conditions import GrafanaCondition, Threshold
from harness.alerting.grafana_rules import load_grafana_rules
from harness.alerting.rule_file import load_rules
from harness.alerting.rules import RuleGroup
from harness.links.bodies import read_links
from harness.stacks.services.twin import COURSE_RULES
from tests.house import ROOT
from tests.required import required_program

CONTAINERS = ROOT / "containers"
SMALL = {"factory", "harness", "service"}
PROFILES = ("--profile", "monitoring", "--profile", "database")


def resolved(*options: str) -> dict[str, dict[str, object]]:
    """Give the services of the compose system as docker-compose reads them."""
    command = [required_program("docker-compose"), *options, "--file", str(ROOT / "docker-compose.yml"), "config"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    services: dict[str, dict[str, object]] = yaml.safe_load(said.stdout)["services"]
    return services


@pytest.mark.slow
def test_compose_file_is_valid_and_small_by_default() -> None:
    every = resolved(*PROFILES)
    assert {name for name, service in every.items() if "profiles" not in service} == SMALL
    assert set(every) == SMALL | {"database", "prometheus", "alertmanager", "grafana"}


def test_every_port_is_open_to_this_machine_only_and_every_service_says_whether_it_is_well() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []
    built = {name: service["build"]["dockerfile"] for name, service in services.items() if "build" in service}
    unchecked = [
        name
        for name, service in services.items()
        if "healthcheck" not in service and "HEALTHCHECK" not in (ROOT / built[name]).read_text()
    ]
    assert unchecked == []


def test_links_file_leads_to_where_the_factory_listens() -> None:
    (factory,) = read_links((CONTAINERS / "links/links.json").read_bytes())
    settings, toxics = factory
    assert (settings.name, settings.upstream, toxics) == ("factory", "127.0.0.1:4000", [])


def test_grafana_judges_the_incident_by_the_course_rules_own_limits() -> None:
    (group,) = load_grafana_rules(CONTAINERS / "grafana/provisioning/alerting/pizza.yaml")
    course = {name: judged for each in load_rules(COURSE_RULES) for name, judged in judgements(each).items()}
    found = judgements(group)
    assert len(found) == 5
    assert {name: course[name] for name in found} == found


def judgements(group: RuleGroup) -> dict[str, object]:
    """Say of each rule what it asks, what it compares with, and how long it waits."""
    said: dict[str, object] = {}
    for rule in group.alerts:
        condition = rule.condition
        assert isinstance(condition, GrafanaCondition)
        limits = [(step.comparison, step.bounds) for step in condition.steps if isinstance(step, Threshold)]
        said[rule.name] = [query.expression.text for query in condition.queries], limits, rule.holds_for, group.interval
    return said


def test_dashboard_asks_only_for_what_the_rules_ask_for() -> None:
    panels = json.loads((CONTAINERS / "grafana/dashboards/pizza.json").read_text())["panels"]
    known = set(re.findall(r"\b[a-z_]+_(?:total|milliseconds|users|percent)\b|active_users", COURSE_RULES.read_text()))
    for panel in panels:
        (target,) = panel["targets"]
        asked = set(re.findall(r"\b(?:[a-z_]+_(?:total|milliseconds|percent)|active_users)\b", target["expr"]))
        assert asked, panel["title"]
        assert asked <= known, panel["title"]


@pytest.mark.slow
def test_prometheus_accepts_its_file() -> None:
    check = [required_program("promtool"), "check", "config", "--syntax-only"]
    said = subprocess.run(
        [*check, str(CONTAINERS / "prometheus/prometheus.yml")], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


def test_alertmanager_tells_somebody() -> None:
    settings = load_alertmanager(CONTAINERS / "alertmanager/alertmanager.yml")
    assert list(settings.receivers) == ["on-call"]


@pytest.mark.parametrize("folder", ["pizza_service", "fake_factory", "harness"])
def test_image_runs_as_nobody_special_on_a_base_that_can_be_chosen(folder: str) -> None:
    lines = (ROOT / folder / "Dockerfile").read_text().splitlines()
    assert any(re.fullmatch(r"ARG BASE=python:3\.11-slim-\w+", line) for line in lines)
    assert [line for line in lines if line.startswith("FROM")] == ["FROM ${BASE} AS packages", "FROM ${BASE}"]
    last_user = [line.split()[1] for line in lines if line.startswith("USER")][-1]
    assert last_user != "root"
