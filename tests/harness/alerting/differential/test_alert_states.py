"""The embedded rule engine against `promtool test rules`: random series and rules, every alert at every tick.

What our engine says goes into a unit-test file as what is expected; promtool, which runs the real rule engine, must
agree to the last bit: labels and annotations expanded, ALERTS, ALERTS_FOR_STATE and what was recorded.
"""

import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import yaml

from harness.alerting.engine import RuleEngine
from harness.alerting.loading import load_rule_file
from harness.alerting.promql import (
    Dialect,
    Sample,
    Semantics,
    SeriesStore,
    compile,  # noqa: A004 - as in re.compile
)
from harness.alerting.promql.notation import describe
from harness.alerting.reading import Reading
from harness.alerting.templates import External
from harness.alerting.unit_tests import run_unit_tests
from tests.harness.alerting.differential.prometheus_process import semantics_of
from tests.required import required_program

pytestmark = pytest.mark.slow

TICKS = 240
MINUTE = 60
HOME = {"external_labels": {"cluster": "eu"}, "external_url": "https://prometheus.example/home"}
GROUPS = ["recorded", "alerts", "more"]  # not said, promtool takes them in the order of a Go map
WRITTEN = ("ALERTS", "ALERTS_FOR_STATE", '{__name__=~"rule:.*"}')


@pytest.fixture(params=range(12))
def rng(request: pytest.FixtureRequest) -> Random:
    return Random(f"alerts/{request.param}")


def test_alerts_of_random_rules_are_those_of_promtool_at_every_tick(rng: Random, tmp_path: Path) -> None:
    promtool = required_program("promtool")
    semantics = semantics_of(promtool)
    series = _series(rng)
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump({"groups": _groups(rng)}), encoding="utf-8")
    alerts, expressions = _history(rules, series, semantics)
    story = {"interval": "1m", "input_series": series, "alert_rule_test": alerts, "promql_expr_test": expressions}
    tests = tmp_path / "tests.yaml"
    asked = {"rule_files": [rules.name], "group_eval_order": GROUPS, "tests": [story | HOME]}
    tests.write_text(yaml.safe_dump(asked), encoding="utf-8")
    ran = subprocess.run([promtool, "test", "rules", tests], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[:4000]
    assert "SUCCESS" in ran.stdout
    ours = run_unit_tests(tests, dialect=Dialect(semantics))
    assert ours.lines[1:] == ("  SUCCESS", ""), "\n".join(ours.lines)[:4000]
    assert sum(bool(case["exp_alerts"]) for case in alerts) > TICKS / 10  # something happened


def _series(rng: Random) -> list[dict[str, str]]:
    """Draw gauges and counters, with gaps, ends, resets and NaN."""
    found = []
    for job in ("web", "db"):
        for instance in ("a:1", "b:2", "c:3"):
            labels = f'{{job="{job}", instance="{instance}"}}'
            found.append({"series": f"heat{labels}", "values": " ".join(_gauge(rng))})
            found.append({"series": f"errors_total{labels}", "values": " ".join(_counter(rng))})
    return found


def _gauge(rng: Random) -> Iterator[str]:
    value, sticks = 0.0, rng.choice([0.7, 0.9])
    for _ in range(TICKS + 1):
        if rng.random() > sticks:
            value = rng.choice([0.0, 3.0, 5.0, 7.25, 9.0])
        odd = rng.random()
        yield "_" if odd < 0.08 else "stale" if odd < 0.11 else "NaN" if odd < 0.12 else f"{value}"


def _counter(rng: Random) -> Iterator[str]:
    value = 0.0
    for _ in range(TICKS + 1):
        value = 0.0 if rng.random() < 0.02 else value + rng.choice([0, 0, 0, 0.1, 1, 7])
        yield "_" if rng.random() < 0.05 else f"{value!r}"


def _groups(rng: Random) -> list[dict[str, object]]:
    """Draw rules; their sums are exact in any order, because promtool adds series in the order of a Go map.

    No rule gives more alerts than its limit, which promtool takes for a failed test.
    """
    alerts = [_alert(rng, place) for place in range(6)]
    recorded = [
        {"record": "rule:heat:avg", "expr": 'avg by (job) (heat{instance!="c:3"})', "labels": {"level": "job"}},
        {"record": "rule:errors:rate5m", "expr": "max by (job) (rate(errors_total[5m]))"},
    ]
    return [
        {"name": "recorded", "rules": recorded},
        {"name": "alerts", "limit": rng.choice([0, 100]), "rules": alerts[:4]},
        {"name": "more", "interval": "30s", "rules": alerts[4:]},
    ]


def _alert(rng: Random, place: int) -> dict[str, object]:
    limit = rng.choice([4, 5, 6])
    expression = rng.choice(
        [
            f"heat > {limit}",
            f"heat != {limit} and heat > 2",
            f'max without (instance) (heat{{job="web"}}) >= {limit}',
            "rate(errors_total[5m]) > 0.01",
            "increase(errors_total[3m]) > 2",
            'absent(heat{job="web", instance="a:1"})',
            "rule:errors:rate5m > 0.02",
            "rule:heat:avg > 4.5",
            "count by (job) (heat) < 3",
            f"avg_over_time(heat[4m]) > {limit}",
            "changes(heat[10m]) > 4",
            'max by (job, instance) (ALERTS{alertname="A0", alertstate="firing"}) == 1',
        ]
    )
    rule: dict[str, object] = {"alert": f"A{place}", "expr": expression, "annotations": _annotations()}
    rule["labels"] = {
        "severity": "page",
        "on": "{{ $labels.job | toUpper }}",
        "much": "{{ if gt $value 6.0 }}x{{ end }}",
    }
    if rng.random() < 0.7:
        rule["for"] = rng.choice(["1m", "2m", "5m", "90s"])
    if rng.random() < 0.5:
        rule["keep_firing_for"] = rng.choice(["1m", "3m", "10m"])
    return rule


def _annotations() -> dict[str, str]:
    return {
        "value": "{{ $value }} {{ $value | humanize }} {{ humanizePercentage $value }} {{ humanizeDuration $value }}",
        "printf": '{{ printf "%.3f %6.1f %s %v" $value $value $labels.job $value }}',
        "labels": "{{ $labels }} {{ .Labels.instance | stripPort }} [{{ $labels.nothing }}]",
        "home": "{{ $externalLabels.cluster }} {{ $externalURL }}",
        "query": '{{ with query "max(heat)" }}{{ . | first | value | printf "%.2f" }}{{ else }}none{{ end }}',
        "range": "{{ range $i, $s := query `sort(heat)` }}{{ if lt $i 2 }}{{ $s.Value }} {{- end }}{{ end }}",
        "text": '{{ title "on call" }} {{ reReplaceAll "(.):.*" "$1" $labels.instance }} {{ match "we." $labels.job }}',
    }


Cases = list[dict[str, object]]


def _history(rules: Path, series: list[dict[str, str]], semantics: Semantics) -> tuple[Cases, Cases]:
    """Run our engine, and write down what it says at every tick."""
    store, dialect = SeriesStore(), Dialect(semantics)
    external = External({"cluster": "eu"}, "https://prometheus.example/home")
    found = load_rule_file(rules, Reading(dialect=dialect, external=external))
    engine = RuleEngine(found.groups, store)
    coming = [describe(f"{each['series']} {each['values']}") for each in series]
    names = sorted({rule.name for group in found.groups for rule in group.alerts})
    alerts, expressions = list[dict[str, object]](), list[dict[str, object]]()
    for tick in range(TICKS + 1):
        for each in coming:
            value = each.values[tick]
            if value is not None:
                store.append(each.labels, tick * MINUTE, value)
        standing = engine.evaluate(tick * MINUTE).alerts
        for name in names:
            told = [alert for alert in standing if alert.rule == name]
            expected = [
                {
                    "exp_labels": {key: text for key, text in alert.labels.items() if key != "alertname"},
                    "exp_annotations": dict(alert.annotations),
                }
                for alert in told
            ]
            alerts.append({"eval_time": f"{tick}m", "alertname": name, "exp_alerts": expected})
    for tick in range(TICKS + 1):
        expressions += [_expression(text, tick, store, dialect) for text in WRITTEN]
    return alerts, expressions


def _expression(text: str, tick: int, store: SeriesStore, dialect: Dialect) -> dict[str, object]:
    found = compile(text, dialect=dialect).at(store, tick * MINUTE)
    assert isinstance(found, list)
    samples = [each for each in found if isinstance(each, Sample) and not math.isnan(each.value)]
    expected = [{"labels": str(sample.labels), "value": sample.value} for sample in samples]
    keep = f"({text}) == ({text})" if len(samples) < len(found) else text  # promtool never takes NaN for NaN
    return {"expr": keep, "eval_time": f"{tick}m", "exp_samples": expected}
