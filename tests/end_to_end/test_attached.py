"""The `attached` stack on a system that was brought up by somebody else, and that has to be whole afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from fake_factory.settings import DEFAULT_VENDOR_KEY
from harness.events import AlertChanged, RequestFinished
from tests.end_to_end.runs import (
    command,
    environment,
    eventually,
    history,
    latest,
    left_alive,
    run,
    running,
    verdict_of,
    write_scenario,
)
from tests.required import required_program

pytestmark = pytest.mark.slow

BROKEN = """
diners.arrive(4)
with scenario.fault(FactoryChaos("fail")), scenario.fault(LinkDown("factory")), scenario.fault(NameNotFound()):
    scenario.play("5m")
"""
UNHEALABLE = """
from harness.errors import HarnessError, ScenarioError
said = []
for fault in (BalancerMissing(), DatabasePaused(), LinkDown("database"), TaskKilled()):
    with pytest.raises(ScenarioError) as refused, scenario.fault(fault):
        pass
    said.append(str(refused.value))
with pytest.raises(ScenarioError) as refused:
    shop.push("a new version")
raise HarnessError("; ".join([*said, str(refused.value)]))
"""
WATCHED = """
from harness.events import AlertChanged
from harness.faults.toxics import Latency
def live_until(state):
    for _ in range(60):
        if any(change.state == state for change in scenario.stack.so_far().of(AlertChanged)):
            return
        scenario.play("500ms")
scenario.expect(alert_fires, "FactoryIsHurt", since="05:00", within="1m")
diners.arrive(4)
with scenario.fault(OnLink("factory", Latency(timedelta(milliseconds=200)))):
    scenario.play("1s")
    on_call.buys_a_pizza()
    live_until("firing")
live_until("inactive")
"""
VERIFIED = """
for fault in (FactoryChaos("fail"), LinkDown("factory"), NameNotFound()):
    with scenario.fault(fault):
        on_call.verifies(until="broken")
    on_call.verifies(until="well")
scenario.expect(verifying_names, {"factory_fail": "order", "link_down": "order", "name_not_found": "DNS"})
"""
RULES = """
groups:
  - name: links
    interval: 500ms
    rules:
      - {alert: FactoryIsHurt, expr: 'sum(pizza_chaos_toxic_hits_total{proxy="factory"}) > 0'}
"""
"""What a Prometheus that scrapes the links can alert on."""
TOKEN = "secret"


@dataclass(frozen=True)
class System:
    """Where the parts of a system are that is up."""

    site: str
    factory: str
    control: str

    @property
    def options(self) -> tuple[str, ...]:
        where = ("--site", self.site, "--factory", self.factory, "--control", self.control)
        return ("--stack", "attached", *where)

    def link(self) -> Any:
        return self._ask(f"{self.control}/proxies", TOKEN)["factory"]

    def chaos(self) -> str:
        vendor = self._ask(f"{self.factory}/api/vendor", DEFAULT_VENDOR_KEY)
        return str(vendor.get("chaos", {}).get("type", "none"))

    def _ask(self, url: str, key: str) -> Any:
        return httpx.get(url, headers={"Authorization": f"Bearer {key}"}, trust_env=False).json()


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("PIZZA_CHAOS_TOKEN", TOKEN)
    with ExitStack() as stack:
        python = (sys.executable, "-m")
        factory = stack.enter_context(started(*python, "fake_factory", "--port", "0"))
        links = tmp_path / "links.json"
        links.write_text(json.dumps([{"name": "factory", "listen": "127.0.0.1:0", "upstream": factory}]))
        control = stack.enter_context(started(*command("proxy", "--port", "0", "--config", links)))
        up = System("", f"http://{factory}", f"http://{control}")
        to_factory = ("--factory-url", f"http://{up.link()['listen']}")
        kept = ("--database", str(tmp_path / "pizza.sqlite"), "--seed", "course", "--bcrypt-cost", "4")
        site = stack.enter_context(started(*python, "pizza_service", "--port", "0", *kept, *to_factory))
        yield System(f"http://{site}", up.factory, up.control)


@contextmanager
def started(*argv: str) -> Iterator[str]:
    """Start a program and give the address that it names on its first line."""
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        port = re.search(r'"port": (\d+)|127\.0\.0\.1:(\d+)', line)
        assert port, line
        yield f"127.0.0.1:{port[1] or port[2]}"
    finally:
        process.kill()
        process.communicate()


def is_broken(system: System, directory: Path) -> bool:
    if not (directory / "runs/latest/history.jsonl").exists():
        return False
    failed = [request for request in history(directory).of(RequestFinished) if request.outcome == "failed"]
    return bool(failed) and not system.link()["enabled"] and system.chaos() == "fail"


@contextmanager
def prometheus(directory: Path, control: str) -> Iterator[str]:
    """Start a Prometheus that scrapes the links and judges its own rules; gives its URL."""
    (directory / "rules.yaml").write_text(RULES)
    links = [{"targets": [control.removeprefix("http://")]}]
    scraped = {"job_name": "links", "static_configs": links, "authorization": {"credentials": TOKEN}}
    often = {"scrape_interval": "500ms"}
    configuration = {"global": often, "rule_files": ["rules.yaml"], "scrape_configs": [scraped]}
    (directory / "prometheus.yml").write_text(json.dumps(configuration))
    options = ("--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:0")
    log = directory / "prometheus.log"
    with log.open("w") as kept:
        process = subprocess.Popen((required_program("prometheus"), *options), cwd=directory, stderr=kept)
    try:
        said = re.compile(r'"Listening on" address=(\S+)')
        assert eventually(lambda: said.search(log.read_text()) is not None), log.read_text()
        found = said.search(log.read_text())
        assert found
        url = f"http://{found[1]}"
        assert eventually(lambda: httpx.get(f"{url}/-/ready", trust_env=False).is_success)
        yield url
    finally:
        process.kill()
        process.wait()


def test_system_that_is_verified_from_outside_has_the_layer_of_each_fault_named(system: System, tmp_path: Path) -> None:
    verdict = verdict_of(run("run", write_scenario(tmp_path, VERIFIED), *system.options, "--json", cwd=tmp_path))
    assert [check["verdict"] for check in verdict["checks"]] == ["passed"], verdict


def test_whole_scenario_is_judged_by_the_systems_own_prometheus(system: System, tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, WATCHED)
    scenario.write_text(f"from datetime import timedelta\n{scenario.read_text()}")
    with prometheus(tmp_path, system.control) as url:
        watched = ("--prometheus", url, "--rules", tmp_path / "rules.yaml")
        finished = run("run", scenario, *system.options, *watched, "--json", cwd=tmp_path)
    assert latest(tmp_path).joinpath("verdict.json").is_file(), finished.stdout + finished.stderr
    verdict = verdict_of(finished)
    held = {proof["name"]: proof["held"] for proof in verdict["proofs"]}
    said = [(check["name"], check["verdict"], check["detail"]) for check in verdict["checks"]]
    assert held["each fault was active and hit something"], (verdict["proofs"], finished.stderr)
    assert {check["verdict"] for check in verdict["checks"]} == {"passed"}, (said, finished.stderr)
    assert [change.state for change in history(tmp_path).of(AlertChanged)] == ["firing", "inactive"]
    assert (system.link()["toxics"], system.chaos()) == ([], "none")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_system_is_whole_again_however_the_run_ends(system: System, tmp_path: Path, number: signal.Signals) -> None:
    with running("run", write_scenario(tmp_path, BROKEN), *system.options, cwd=tmp_path) as harness:
        assert eventually(lambda: is_broken(system, tmp_path), within=60)
        os.kill(harness.pid, number)
        harness.wait()
    assert eventually(lambda: system.link()["enabled"] and system.chaos() == "none")
    assert httpx.get(f"{system.site}/api/order/menu", trust_env=False).is_success
    assert eventually(lambda: left_alive(latest(tmp_path)) == [])


def test_system_that_somebody_else_is_breaking_is_left_alone(system: System, tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    link = f"{system.control}/proxies/factory"
    httpx.post(link, headers=headers, json={"enabled": False}, trust_env=False).raise_for_status()
    finished = run("run", write_scenario(tmp_path, BROKEN), *system.options, cwd=tmp_path)
    assert finished.returncode == 2
    assert re.search(r"the link 'factory' at \S+ is disabled\. Somebody is at work there", finished.stdout)
    assert not system.link()["enabled"]


def test_faults_that_nobody_could_heal_there_are_refused(system: System, tmp_path: Path) -> None:
    finished = run("run", write_scenario(tmp_path, UNHEALABLE), *system.options, cwd=tmp_path)
    assert finished.returncode == 2, finished.stdout
    for words in (
        "the stack 'attached' cannot do this: RemoveBalancer",
        "the stack 'attached' cannot do this: DatabaseStopped",
        "unknown link 'database'. Known: factory.",
        "can kill or freeze a service in a container only|so the service there could not be brought back",
        "has no console to perform 'push' at",
    ):
        assert re.search(words, finished.stdout), finished.stdout
    assert (system.link()["enabled"], system.chaos()) == (True, "none")


def test_system_that_is_not_up_is_named(tmp_path: Path) -> None:
    options = ("--stack", "attached", "--site", "http://127.0.0.1:9")
    finished = run("run", write_scenario(tmp_path, BROKEN), *options, cwd=tmp_path)
    assert finished.returncode == 2
    assert "the site does not answer at http://127.0.0.1:9" in finished.stdout
