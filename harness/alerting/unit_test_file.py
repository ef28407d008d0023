"""Reads promtool's unit-test files for rules: series that come in, and what alerts and expressions should say when.

Source: Prometheus' documentation, "Unit testing for rules".
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from glob import escape, glob
from pathlib import Path

from harness.alerting import yaml_lines
from harness.alerting.promql import Labels, PromQLError
from harness.alerting.promql.notation import Described, describe
from harness.alerting.templates import External
from harness.alerting.yaml_lines import Block

DEFAULT_INTERVAL = timedelta(minutes=1)
"""How often rules are evaluated where a file does not say."""

_FILE_KEYS = ("rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests")
_TEST_KEYS = (
    "name", "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url",
    "start_timestamp",
)  # fmt: skip
_MOST_EVALUATIONS = 1_000_000


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    """An alert that should fire."""

    labels: Labels
    """All its labels, the `alertname` among them."""
    annotations: Labels
    """What it should say to people."""


@dataclass(frozen=True, slots=True)
class AlertCase:
    """The alerts of one name that should fire at one moment."""

    at: timedelta
    """When, counted from the start."""
    name: str
    """The `alertname`."""
    expected: tuple[ExpectedAlert, ...]
    """All that should fire; none where nothing should."""


@dataclass(frozen=True, slots=True)
class ExpectedSample:
    """A sample that should come out."""

    text: str
    """Its labels, as they are written."""
    value: float
    """Its value."""


@dataclass(frozen=True, slots=True)
class ExpressionCase:
    """What an expression should give at one moment."""

    at: timedelta
    """When, counted from the start."""
    text: str
    """The expression."""
    expected: tuple[ExpectedSample, ...]
    """All that should come out."""


@dataclass(frozen=True, slots=True)
class TestGroup:
    """One story: what came in, and what should have followed."""

    __test__ = False

    name: str
    """What it is called; may be empty."""
    start: float
    """When it begins, in seconds since 1970."""
    interval: timedelta
    """How far apart the samples of its series are."""
    series: tuple[Described, ...]
    """What comes in; of two with the same labels the later counts."""
    alerts: tuple[AlertCase, ...]
    """What should fire."""
    expressions: tuple[ExpressionCase, ...]
    """What expressions should give at its end."""
    external: External
    """What templates may say of the Prometheus that the rules belong to."""

    @property
    def length(self) -> timedelta:
        """How long it goes on: up to its last case."""
        moments = [case.at for case in self.alerts] + [case.at for case in self.expressions]
        return max(moments, default=timedelta())


@dataclass(frozen=True, slots=True)
class UnitTestFile:
    """A whole file."""

    rule_files: tuple[Path, ...]
    """The files whose rules are tested."""
    unmatched: tuple[str, ...]
    """Patterns of rule files that match none."""
    interval: timedelta
    """How often every group is evaluated, whatever it says itself."""
    order: tuple[str, ...]
    """Names of groups that are evaluated in this order."""
    is_fuzzy: bool
    """Whether a value may be the next number above or below."""
    groups: tuple[TestGroup, ...]
    """Its stories, in order."""


def read_unit_test_file(path: Path) -> UnitTestFile:
    """Read a unit-test file; its rule files are found beside it.

    Raises:
        ScenarioError: one line that names the file, the line, the key and what to do.
    """
    top = yaml_lines.read(path, what="unit-test file")
    top.only(_FILE_KEYS)
    interval = top.length("evaluation_interval", DEFAULT_INTERVAL) or DEFAULT_INTERVAL
    found = {pattern: sorted(_beside(path, pattern)) for pattern in top.words("rule_files")}
    order = top.words("group_eval_order")
    if len(set(order)) < len(order):
        raise top.error("group_eval_order", "a group stands in it twice. Remove one.")
    return UnitTestFile(
        rule_files=tuple(file for files in found.values() for file in files),
        unmatched=tuple(pattern for pattern, files in found.items() if not files),
        interval=interval,
        order=tuple(order),
        is_fuzzy=top.flag("fuzzy_compare", default=False),
        groups=tuple(_group(block, interval) for block in top.blocks("tests", each="test")),
    )


def _beside(path: Path, pattern: str) -> list[Path]:
    wanted = os.path.join(escape(str(path.parent)), pattern)  # noqa: PTH118 - the folder's name is no pattern
    return [Path(file) for file in glob(wanted) if Path(file).is_file()]  # noqa: PTH207 - which may be absolute


def _group(block: Block, evaluated_every: timedelta) -> TestGroup:
    block.only(_TEST_KEYS)
    group = TestGroup(
        name=block.text("name", ""),
        start=_start(block),
        interval=block.length("interval", evaluated_every) or evaluated_every,
        series=tuple(_series(each) for each in block.blocks("input_series", each=f"{block.what}, series")),
        alerts=tuple(_alert_case(each) for each in block.blocks("alert_rule_test", each=f"{block.what}, alert")),
        expressions=tuple(
            _expression_case(each) for each in block.blocks("promql_expr_test", each=f"{block.what}, expression")
        ),
        external=External(block.texts("external_labels"), block.text("external_url", "")),
    )
    if group.length / evaluated_every > _MOST_EVALUATIONS:
        raise block.place.error(f"{block.what} takes more than {_MOST_EVALUATIONS:,} evaluations. Shorten it.")
    return group


def _start(block: Block) -> float:
    text = block.text("start_timestamp", "0")
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{text!r} is no moment. Write seconds since 1970, or 2024-12-01T12:24:00Z."
        raise block.error("start_timestamp", problem) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _series(block: Block) -> Described:
    block.only(("series", "values"))
    labels, values = block.text("series"), block.text("values")
    if "{{" in values:
        raise block.error("values", "native histograms are not supported.")
    try:
        return describe(f"{labels} {' '.join(values.split())}")
    except PromQLError as error:
        raise block.error("series", str(error)) from error


def _alert_case(block: Block) -> AlertCase:
    block.only(("eval_time", "alertname", "exp_alerts"))
    name = block.text("alertname")
    alerts = block.blocks("exp_alerts", each=f"{block.what}, expected alert")
    return AlertCase(_moment(block), name, tuple(_expected_alert(each, name) for each in alerts))


def _expected_alert(block: Block, name: str) -> ExpectedAlert:
    block.only(("exp_labels", "exp_annotations"))
    labels = Labels({**block.texts("exp_labels"), "alertname": name})
    return ExpectedAlert(labels, Labels(block.texts("exp_annotations")))


def _expression_case(block: Block) -> ExpressionCase:
    block.only(("eval_time", "expr", "exp_samples"))
    samples = block.blocks("exp_samples", each=f"{block.what}, expected sample")
    return ExpressionCase(_moment(block), block.text("expr"), tuple(_expected_sample(each) for each in samples))


def _expected_sample(block: Block) -> ExpectedSample:
    if "histogram" in block:
        raise block.error("histogram", "native histograms are not supported.")
    block.only(("labels", "value"))
    return ExpectedSample(block.text("labels", ""), block.number("value", 0.0))


def _moment(block: Block) -> timedelta:
    return block.length("eval_time", timedelta())
