"""Whatever a file holds, it is read or refused with one clear line that names the file; nothing crashes or hangs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.alerting.alertmanager_file import load_alertmanager
from harness.alerting.loading import load_rule_file
from harness.alerting.rule_check import check_rules
from harness.errors import ScenarioError
from harness.oncall.rota import load_rota
from harness.stacks.arrangements import load_roles

READERS: dict[str, Callable[[Path], object]] = {
    "rules": load_rule_file,
    "notifications": load_alertmanager,
    "on-call": load_rota,
    "roles": load_roles,
}
_KEYS = """groups name interval rules alert expr for labels annotations record limit keep_firing_for apiVersion folder
    orgId title uid condition data refId model datasourceUid relativeTimeRange from to type expression reducer evaluator
    params conditions noDataState isPaused route receiver receivers group_by group_wait routes match matchers continue
    inhibit_rules source_matchers equal webhook_configs url chain notify wait repeat schedules shifts responder days
    responders answers acknowledge roles"""
WORDS = _KEYS.split()
VALUES = [
    "up > 0",
    "999999999999w",
    "9" * 400,
    "5m",
    "0",
    "-1",
    "x{",
    "{{ $value",
    "{{ range }}",
    'a=~"("',
    "true",
    "NoData",
    "sum(rate(x[5m])",
    "…",
    "",
]
scalars = st.sampled_from(VALUES) | st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=25,
)
GOOD = yaml.safe_load(
    "groups: [{name: g, interval: 1m, rules: [{alert: A, expr: up > 0, for: 5m, labels: {a: b}, annotations: {c: d}}]}]"
)


def read_or_refused(kind: str, text: str, folder: Path) -> None:
    path = folder / f"{kind}.yaml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        READERS[kind](path)
    except ScenarioError as error:
        said = str(error)
    else:
        return
    assert said
    assert len(said) < 2000


@pytest.mark.slow
@pytest.mark.parametrize("kind", READERS)
@settings(deadline=None, max_examples=50)
@given(document=documents)
def test_any_document_is_read_or_refused(kind: str, tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    read_or_refused(kind, yaml.safe_dump(document), tmp_path_factory.getbasetemp())


@pytest.mark.slow
@pytest.mark.parametrize("kind", READERS)
@settings(deadline=None, max_examples=40)
@given(text=st.text(max_size=80) | st.text(alphabet="groups:-[]{}&*!| \n\t\"'#%@", max_size=80))
def test_any_text_is_read_or_refused(kind: str, tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    read_or_refused(kind, text, tmp_path_factory.getbasetemp())


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(
    key=st.sampled_from(["expr", "for", "labels", "annotations", "alert", "keep_firing_for", "limt"]), value=documents
)
def test_rule_with_one_wrong_value_is_refused_and_the_other_rule_is_still_read(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object
) -> None:
    (group,) = GOOD["groups"]
    (rule,) = group["rules"]
    wrong = {"groups": [{**group, "rules": [{**rule, key: value}, {"alert": "Other", "expr": "down > 0"}]}]}
    path = tmp_path_factory.getbasetemp() / "wrong.yaml"
    path.write_text(yaml.safe_dump(wrong))
    found = check_rules(path)
    assert any("alert Other" in line for line in found.lines)
    assert found.readable + len(found.mistakes) == 2
    assert all("wrong.yaml:" in mistake for mistake in found.mistakes)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "a: &a [*a]",
        "&a [*a]",
        "a: b: c",
        "\x00",
        "- " * 3000,
        "{" * 100_000,
        "[{" * 100_000,
        "? a",
    ],
)
def test_document_that_is_none_is_refused_with_the_file_and_the_line(kind: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=r"bad\.yaml"):
        READERS[kind](path)


def test_aliases_that_unfold_without_end_are_refused_in_no_time(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    path.write_text("\n".join([*lines, "groups: *a39"]))
    with pytest.raises(ScenarioError):
        load_rule_file(path)


GRAFANA = yaml.safe_load("""
apiVersion: 1
muteTimes: [{name: n, time_intervals: [{times: [{start_time: "00:00", end_time: "06:00"}], weekdays: [monday:friday],
  days_of_month: ["-3:-1"], months: [may], years: ["2024"], location: UTC}]}]
groups:
- {name: g, folder: f, interval: 1m, rules: [{title: t, condition: M, for: 1m, labels: {a: "{{ $value }}"},
  notification_settings: {receiver: r, group_by: [a], group_wait: 1s, mute_time_intervals: [n]},
  data: [
  {refId: A, datasourceUid: p, relativeTimeRange: {from: 600, to: 0}, model: {expr: up, range: true}},
  {refId: B, datasourceUid: __expr__, model: {type: reduce, expression: A, reducer: last, settings: {mode: dropNN}}},
  {refId: C, datasourceUid: __expr__, model: {type: classic_conditions, conditions: [
    {evaluator: {type: gt, params: [1]}, operator: {type: and}, query: {params: [A]}, reducer: {type: max}}]}},
  {refId: D, datasourceUid: __expr__, model: {type: threshold, expression: B, conditions: [{evaluator: {type: gt,
    params: [1]}}]}},
  {refId: M, datasourceUid: __expr__, model: {type: math, expression: "$C || $D > 1"}}]}]}
""")
NOTIFICATIONS = yaml.safe_load("""
route: {receiver: r, routes: [{matchers: [a=b], mute_time_intervals: [n], active_time_intervals: [n]}]}
receivers: [{name: r}]
time_intervals: [{name: n, time_intervals: [{times: [{start_time: "00:00", end_time: "06:00"}], months: [1]}]}]
""")


def places(document: Any, above: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Give the way to everything in a document."""
    if above:
        yield above
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from places(value, (*above, key))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "whole"), [("rules", GRAFANA), ("notifications", NOTIFICATIONS)])
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_file_with_one_wrong_value_anywhere_is_read_or_refused(
    kind: str, whole: dict[str, object], tmp_path: Path, data: st.DataObject
) -> None:
    document = deepcopy(whole)
    *way, last = data.draw(st.sampled_from(list(places(document))))
    inner: Any = document
    for key in way:
        inner = inner[key]
    inner[last] = data.draw(documents)
    read_or_refused(kind, yaml.safe_dump(document), tmp_path)


def test_files_that_are_spoilt_are_right_before_that(tmp_path: Path) -> None:
    for kind, whole in (("rules", GRAFANA), ("notifications", NOTIFICATIONS)):
        path = tmp_path / f"{kind}.yaml"
        path.write_text(yaml.safe_dump(whole))
        assert READERS[kind](path)
