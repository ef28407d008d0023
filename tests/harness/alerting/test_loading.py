from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.alerting.loading import load_rule_file
from harness.alerting.reading import Reading
from harness.errors import ScenarioError

PROMETHEUS = "groups:\n- name: g\n  rules:\n  - alert: Slow\n    expr: latency > 5\n"
GRAFANA_GROUP = """\
groups:
- name: g
  folder: f
  interval: 1m
  rules:
  - title: Slow
    condition: A
    data:
    - {refId: A, datasourceUid: p, relativeTimeRange: {from: 60, to: 0}, model: {expr: latency > 5, instant: true}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "rules"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "author"),
    [
        (PROMETHEUS, "Prometheus"),
        (GRAFANA_GROUP, "Grafana"),
        ("apiVersion: 1\n" + GRAFANA_GROUP, "Grafana"),
        ('{"groups": [{"name": "g", "rules": [{"record": "a", "expr": "b"}]}]}', "Prometheus"),
    ],
)
def test_file_is_told_by_its_content(tmp_path: Path, text: str, author: str) -> None:
    found = load_rule_file(write(tmp_path, text))
    assert (found.author, len(found.groups[0].rules)) == (author, 1)


def test_rule_file_in_the_operators_wrapping_is_unwrapped(tmp_path: Path) -> None:
    inner = "".join(f"  {line}\n" for line in PROMETHEUS.splitlines())
    wrapped = f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: x}}\nspec:\n{inner}"
    found = load_rule_file(write(tmp_path, wrapped))
    assert [rule.where for rule in found.groups[0].rules] == [f"{tmp_path / 'rules'}:8"]


def test_rule_that_cannot_be_read_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    refused: list[str] = []
    rules = "".join(f"  - alert: {name}\n    expr: {text}\n" for name, text in (("A", "a"), ("B", "b("), ("C", "c")))
    text = f"groups:\n- name: g\n  rules:\n{rules}- name: h\n  wrong: 1\n- name: i\n  rules: [{{record: d, expr: e}}]\n"
    found = load_rule_file(write(tmp_path, text), Reading(refuse=lambda error: refused.append(str(error))))
    assert [rule.name for group in found.groups for rule in group.rules] == ["A", "C", "d"]
    assert [each.removeprefix(f"{tmp_path}/rules:")[:19] for each in refused] == [
        "7: rule 'B', expr: ",
        "11: group 2: unknow",
    ]


@pytest.mark.parametrize("text", ["groups: 5\n", "groups:\n- 5\n", "[]", "rules: []\n", "", "a: b: c"])
def test_file_that_holds_no_rules_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ScenarioError, match=r"rules:[12]: "):
        load_rule_file(write(tmp_path, text))


WORDS = st.sampled_from(
    ["", "g", "1m", "0", "-1", "x > 5", "rate(x[1m])", "NoData", "{{ $value }}", "{{", "A", "reduce", "math", "gt"]
)
SCALARS = WORDS | st.none() | st.booleans() | st.integers(-2, 2) | st.floats()
NAMES = (
    "apiVersion kind spec groups name folder interval rules alert record expr for labels annotations limit title "
    "query_offset condition data refId datasourceUid relativeTimeRange from to model type expression conditions "
    "evaluator params query reducer settings mode noDataState execErrState no_data_state isPaused metric operator"
)
KEYS = st.sampled_from(NAMES.split(" "))
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5))
SHAPED = st.fixed_dictionaries(
    {
        "groups": st.lists(
            st.fixed_dictionaries(
                {"name": SCALARS, "rules": st.lists(st.dictionaries(KEYS, ANYTHING, max_size=8), max_size=3)},
                optional={"folder": SCALARS, "interval": SCALARS, "labels": ANYTHING, "limit": SCALARS},
            ),
            max_size=3,
        )
    }
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING | SHAPED)
def test_any_file_is_read_or_refused_and_never_anything_else(tmp_path: Path, content: object) -> None:
    path = write(tmp_path, yaml.safe_dump(content, allow_unicode=True))
    refused: list[ScenarioError] = []
    try:
        load_rule_file(path, Reading(refuse=refused.append))
    except ScenarioError as error:
        refused.append(error)
    assert all(str(path) in str(error) and "\n" not in str(error) for error in refused)
