"""Whether anybody would hear of an outage: rules have something to judge, and a page finds somebody.

Rules of this file: no socket and no clock. A metric is there or is not there by its name; its labels are not held
against it, for a healthy service may have no series of status 500 yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.alerting.alertmanager_file import NotifierSettings, load_alertmanager
from harness.alerting.conditions import GrafanaCondition
from harness.alerting.firedrill import FireDrill, Subject
from harness.alerting.loading import RuleFile, load_rule_file
from harness.alerting.logql import LogExpression
from harness.alerting.notifier import Notification
from harness.alerting.promql import METRIC_NAME, Expression, Labels
from harness.alerting.promql.analysis import selectors
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.syntax import Binary, Call, Node, Selector, children_of
from harness.alerting.rules import AlertRule, RecordingRule
from harness.alerting.webhooks import Origin, Payload, alertmanager_payload, grafana_payload
from harness.errors import ScenarioError
from harness.stacks.black_box import METRICS as BLACK_BOX
from harness.verify.seen import ArrivedSeen

MADE_BY_OTHERS = frozenset({"up", "ALERTS", "ALERTS_FOR_STATE", *BLACK_BOX})
"""Metrics that no service sends: whoever scrapes it, judges it or looks at it from outside writes them."""

LINES = "log lines"


@dataclass(frozen=True, slots=True)
class Drill:
    """What came of one rule that was made to go off, on a clock of its own."""

    rule: str
    """Its name."""
    told: tuple[Notification, ...] = ()
    """What is to be sent, and to whom; nothing when nobody hears of it."""
    missing: str = ""
    """Why nobody does; empty when somebody does."""
    went_off: bool = True
    """Whether anything was found that makes it go off."""


class Watch:
    """The rules that watch over a deployment, and the notifier that tells people.

    Args:
        rules: a Prometheus rule file, or what Grafana exports.
        notifications: an Alertmanager configuration; None where nobody says who is told.

    Raises:
        ScenarioError: when a file cannot be read, or holds no alert rule.
    """

    def __init__(self, rules: Path, notifications: Path | None) -> None:
        self.file: RuleFile = load_rule_file(rules)
        """The rules."""
        self.settings: NotifierSettings | None = load_alertmanager(notifications) if notifications else None
        """Who is told."""
        self._alerts = [rule for group in self.file.groups for rule in group.alerts]
        every = (rule for group in self.file.groups for rule in group.rules)
        self._recorded = {rule.name: rule.expression for rule in every if isinstance(rule, RecordingRule)}
        if not self._alerts:
            message = (
                f"--rules {rules} holds no alert rule that could be judged. Give the file that your alerts are in."
            )
            raise ScenarioError(message)

    @property
    def names(self) -> tuple[str, ...]:
        """The alert rules, each name once, in the order of the file."""
        return tuple(dict.fromkeys(rule.name for rule in self._alerts))

    def over_lines(self) -> int:
        """Say how many of the rules read log lines."""
        lined = (rule for rule in self._alerts if any(isinstance(each, LogExpression) for each in _expressions(rule)))
        return len({rule.name for rule in lined})

    def metrics(self) -> tuple[Matcher, ...]:
        """Give what the rules ask of the names of metrics, each once."""
        expressions = [*self._recorded.values(), *(each for rule in self._alerts for each in _expressions(rule))]
        asked = (each for expression in expressions if not isinstance(expression, LogExpression)
                 for matchers in selectors(expression.syntax) for each in _of_name(matchers))  # fmt: skip
        return tuple({(each.op, each.value): each for each in asked}.values())

    def without_data(self, arrived: ArrivedSeen) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give each rule that has nothing to judge, and what it misses.

        Args:
            arrived: what has come in.
        """
        for rule in self._alerts:
            lacks = [name for each in _expressions(rule) for name in self._lacks(each, arrived)]
            if lacks:
                yield rule.name, tuple(dict.fromkeys(lacks))

    def drills(self, now: float) -> Iterator[Drill]:
        """Make each rule go off on paper; nothing is sent.

        Args:
            now: epoch seconds at which it goes off: silences and time intervals go by it.
        """
        if self.settings is None:
            return
        for name in self.names:
            subject = Subject.find(name, self.file.groups)
            provoked = subject.provoked(by_silence=False, now=now)
            if isinstance(provoked, str):
                yield Drill(name, missing=provoked, went_off=False)
                continue
            drill = FireDrill(subject, provoked, notifier=self.settings.notifier(), starts=now)
            told = tuple(beat.notification for beat in drill.beats() if beat.notification is not None)
            yield Drill(name, told, drill.missing())

    def all_webhooks(self) -> list[tuple[str, str]]:
        """Give every webhook that the configuration names, with its receiver."""
        receivers = self.settings.receivers.values() if self.settings else ()
        return [(receiver.name, url) for receiver in receivers for url in receiver.urls]

    def webhooks(self, drill: Drill) -> list[tuple[str, str, Payload]]:
        """Give what a drill posts: to which receiver, where, and what."""
        known = self.settings.receivers if self.settings else {}
        write: Callable[[Notification, Origin], Payload]
        write = grafana_payload if self.file.author == "Grafana" else alertmanager_payload
        origin = Origin(instant=lambda at: datetime.fromtimestamp(at, UTC))
        return [
            (notification.receiver, url, write(notification, origin))
            for notification in drill.told if notification.receiver in known
            for url in known[notification.receiver].urls
        ]  # fmt: skip

    def _lacks(self, expression: Expression, arrived: ArrivedSeen) -> Sequence[str]:
        if isinstance(expression, LogExpression):
            return [LINES] if arrived.has_lines is False else []
        return sorted(self._missing(expression.syntax, arrived, frozenset()))

    def _missing(self, node: Node, arrived: ArrivedSeen, above: frozenset[str]) -> frozenset[str]:
        """Give the metrics without which an expression has no answer; `above` are those that are being recorded."""
        match node:
            case Selector(matchers=matchers):
                return self._missing_series(_of_name(matchers), arrived, above)
            case Call(name="absent" | "absent_over_time"):
                return frozenset()  # it asks for silence
            case Binary(op="or"):
                left, right = (self._missing(each, arrived, above) for each in (node.left, node.right))
                return left | right if left and right else frozenset()
            case Binary(op="unless"):
                return self._missing(node.left, arrived, above)
            case _:
                return frozenset[str]().union(*(self._missing(each, arrived, above) for each in children_of(node)))

    def _missing_series(self, asked: Sequence[Matcher], arrived: ArrivedSeen, above: frozenset[str]) -> frozenset[str]:
        known = arrived.metrics | MADE_BY_OTHERS
        if not asked or any(all(each.accepts(_named(name)) for each in asked) for name in known):
            return frozenset()
        name = asked[0].value
        if asked[0].op == "=" and name in self._recorded and name not in above:
            return self._missing(self._recorded[name].syntax, arrived, above | {name})
        return frozenset({name})


def _of_name(matchers: Sequence[Matcher]) -> list[Matcher]:
    """Give what is asked of a metric's name, as far as it says which one is meant."""
    return [each for each in matchers if each.name == METRIC_NAME and each.op in {"=", "=~"}]


def _named(name: str) -> Labels:
    return Labels({METRIC_NAME: name})


def _expressions(rule: AlertRule) -> list[Expression]:
    condition = rule.condition
    if isinstance(condition, GrafanaCondition):
        return [query.expression for query in condition.queries]
    return [condition.expression]
