import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.exports.experiment import scenario_of

MENU = {"type": "http", "url": "http://localhost:3000/api/order/menu"}
MISSING = {"type": "python", "module": "chaosaws.elbv2.actions", "func": "delete_load_balancer"}


def probe(tolerance: object = 200, **provider: object) -> dict[str, Any]:
    return {"type": "probe", "name": "the menu", "tolerance": tolerance, "provider": {**MENU, **provider}}


def act(name: str = "break it", **provider: object) -> dict[str, Any]:
    return {"type": "action", "name": name, "provider": provider or MISSING}


def imported(directory: Path, *method: dict[str, Any], probes: tuple[dict[str, Any], ...] = (), **more: object) -> str:
    hypothesis = {"title": "Diners get their menu", "probes": probes}
    path = directory / "experiment.json"
    known = {"title": "No balancer", "description": "d", "steady-state-hypothesis": hypothesis, "method": method}
    path.write_text(json.dumps({**known, **more}))
    text = scenario_of(path)
    compile(text, "imported", "exec")
    return text


def test_experiment_becomes_a_scenario_that_expects_before_and_after(tmp_path: Path) -> None:
    text = imported(tmp_path, {**act(), "pauses": {"before": 0, "after": 60}}, probes=(probe(),))
    assert (
        text
        == '''"""No balancer: from experiment.json, an experiment of the Chaos Toolkit."""

import pytest

from harness.checks import operations_work, steady_state
from harness.faults import BalancerMissing
from harness.scenario import Diners, Scenario


@pytest.mark.chaos(begins="2024-12-01 12:00 UTC")
def test_no_balancer(scenario: Scenario, diners: Diners) -> None:
    """Diners get their menu."""
    scenario.expect(steady_state, "12:00:00", "12:03:00", requests_at_least=10)
    scenario.expect(operations_work, ["look at the menu"], "12:00:00", "12:03:00")
    scenario.expect(steady_state, "12:07:00", "12:10:00", requests_at_least=10)
    scenario.expect(operations_work, ["look at the menu"], "12:07:00", "12:10:00")
    diners.arrive(8)
    scenario.at("12:03:00", "break it", lead="180s")
    with scenario.fault(BalancerMissing()):  # break it
        scenario.play("60s")
        scenario.play("120s")
    scenario.play("240s")
'''
    )


def test_experiment_that_holds_its_hypothesis_meanwhile_expects_it_meanwhile(tmp_path: Path) -> None:
    text = imported(tmp_path, act(), runtime={"hypothesis": {"strategy": "continuously"}})
    assert 'steady_state, "12:03:00", "12:05:00"' in text


def test_experiment_that_breaks_nothing_expects_no_fault(tmp_path: Path) -> None:
    text = imported(tmp_path, probes=(probe([200, 299]),))
    assert "expects_no_fault=True" in text
    assert 'scenario.at("12:03:00", "nothing is broken", lead="180s")' in text


def test_experiment_with_configuration_is_filled_in(tmp_path: Path) -> None:
    slow = {"for_proxy": "factory", "toxic_name": "slow", "latency": "${late}", "jitter": 0}
    method = act(type="python", module="chaostoxi.toxic.actions", func="create_latency_toxic", arguments=slow)
    text = imported(tmp_path, method, configuration={"late": {"type": "env", "key": "LATE", "default": 1500}})
    assert "OnLink(toxic=Latency(latency=timedelta(milliseconds=1500)))" in text
    assert "from datetime import timedelta" in text
    with pytest.raises(ScenarioError, match=r"gives \$\{late\} no value"):
        imported(tmp_path, method)


@pytest.mark.parametrize(
    ("provider", "fault"),
    [
        (
            {"type": "http", "method": "PUT", "url": "http://f/api/vendor/chaos/throttle"},
            'FactoryChaos(mode="throttle")',
        ),
        (
            {
                "type": "http",
                "method": "POST",
                "url": "http://t:8474/proxies/telemetry",
                "arguments": {"enabled": False},
            },
            'LinkDown(link="telemetry")',
        ),
        (
            {
                "type": "http",
                "method": "POST",
                "url": "http://t:8474/proxies/factory/toxics",
                "arguments": {"type": "limit_data", "attributes": {"bytes": 9}, "stream": "upstream", "toxicity": 0.5},
            },
            'OnLink(toxic=LimitData(limit_bytes=9), stream="upstream", toxicity=0.5)',
        ),
        (
            {
                "type": "python",
                "module": "chaostoxi.proxy.actions",
                "func": "disable_proxy",
                "arguments": {"proxy_name": "factory"},
            },
            "LinkDown()",
        ),
        ({"type": "process", "path": "/usr/bin/docker", "arguments": "pause jwt-pizza-service"}, "TaskPaused()"),
        ({"type": "process", "path": "docker", "arguments": ["kill", "pizza-factory"]}, "FactoryKilled()"),
        ({"type": "process", "path": "pkill", "arguments": {"-9": "node"}}, "TaskKilled()"),
        ({"type": "process", "path": "aws", "arguments": "elbv2 delete-load-balancer --name x"}, "BalancerMissing()"),
    ],
)
def test_action_that_is_a_fault_of_ours_becomes_it(tmp_path: Path, provider: dict[str, Any], fault: str) -> None:
    assert f"with scenario.fault({fault}):  # break it" in imported(tmp_path, act(**provider))


def test_action_that_waits_lets_time_pass(tmp_path: Path) -> None:
    assert 'scenario.play("90s")' in imported(tmp_path, act(type="process", path="sleep", arguments="1.5m"), act())


@pytest.mark.parametrize(
    ("provider", "complaint"),
    [
        (
            {"type": "python", "module": "chaosk8s.pod.actions", "func": "terminate_pods"},
            r"action 'break it' \(python chaosk8s.pod.actions.terminate_pods\) is like no fault of the catalogue",
        ),
        ({"type": "process", "path": "rm", "arguments": "-rf x"}, r"action 'break it' \(process rm\) is like no fault"),
        ({"type": "http", "method": "PUT", "url": "http://f/api/vendor/chaos/fial"}, "Did you mean 'fail'"),
    ],
)
def test_action_that_is_none_of_ours_is_refused_by_name(
    tmp_path: Path, provider: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        imported(tmp_path, act(**provider))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (probe(503), "tolerates 503; only a tolerance for status 200"),
        (probe(url="http://localhost/metrics"), "asks GET /metrics, which no diner does"),
        ({"type": "probe", "name": "p", "tolerance": 0, "provider": {"type": "process", "path": "x"}}, "only http"),
    ],
)
def test_probe_that_diners_cannot_show_is_refused_by_name(
    tmp_path: Path, wrong: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        imported(tmp_path, act(), probes=(wrong,))


def test_probe_in_the_method_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="what nobody judges is no evidence"):
        imported(tmp_path, probe())


def test_method_that_refers_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="refers to 'again', and there is no such activity"):
        imported(tmp_path, {"ref": "again"})


def test_file_that_is_no_experiment_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"title": "t"}')
    with pytest.raises(ScenarioError, match=r"x.json is no Chaos Toolkit experiment in JSON: .*method"):
        scenario_of(tmp_path / "x.json")
    with pytest.raises(ScenarioError, match="cannot be read: No such file"):
        scenario_of(tmp_path / "none.json")
