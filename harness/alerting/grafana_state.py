"""The alert states of Grafana-managed rules.

Rules of this file:

- Normal -> pending (when there is a `for`) -> firing once the breach has lasted that long; quiet ends both.
- `keep_firing_for` puts a firing instance that went quiet into recovering; a breach fires it again at once.
- No data is a state of the rule, not of its series: one query without an answer, and nothing else is looked at.
    NoData     for each silent data source a new instance, named after it, stands for the silence. Up to Grafana 12
               it goes off at once, whatever `for` says; 13 lets it be pending first. The series themselves are now
               missing.
    Alerting   every instance takes the silence for a breach; without any, one named after the data source does.
    OK         every instance is normal again.
    KeepLast   firing stays, pending goes on to firing, all else is normal.
- A series that alone has nothing to show goes the same four ways, alone.
- An evaluation that fails goes the same ways by `exec_err_state`, with an error in place of no data.
- A series that is missing while others are there keeps its state for `missing_evaluations` intervals, then it is
  normal and forgotten. An instance that stands for no data or an error is let go at its first miss.

People are told of no data as `DatasourceNoData`, with the rule's own name in `rulename`; of errors as
`DatasourceError`. Source: Grafana's pkg/services/ngalert/state, releases 12 and 13.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from harness.alerting.conditions import GrafanaCondition, Query
from harness.alerting.promql import Labels
from harness.alerting.rules import AlertRule, GrafanaVersion
from harness.alerting.states import Alert, Instance, Reason, Result, has_lasted
from harness.alerting.templates import Subject
from harness.events import AlertChanged, AlertState

Blindness = Literal["no data", "error"]
"""Why a rule could not judge. The state that stands for it and the reason given have the same word."""

_SENT_AS = {"no data": "DatasourceNoData", "error": "DatasourceError"}
_SAID_AS = {"no data": "NoData", "error": "Error"}


class GrafanaStates:
    """The alert instances of one rule, as Grafana keeps them.

    Args:
        rule: the rule.
        interval: how often it is evaluated.
        version: whose manners: up to 12, or from 13 on.
    """

    def __init__(self, rule: AlertRule, *, interval: timedelta, version: GrafanaVersion = 12) -> None:
        self.rule = rule
        self._interval = interval
        self._no_data_waits = version >= 13
        self._instances: dict[Labels, Instance] = {}

    @property
    def instances(self) -> tuple[Instance, ...]:
        """Every instance there is, the normal ones too."""
        return tuple(self._instances.values())

    @property
    def condition(self) -> GrafanaCondition:
        """What the rule asks."""
        assert isinstance(self.rule.condition, GrafanaCondition)
        return self.rule.condition

    def breached(self) -> frozenset[Labels]:
        """Give the series that are breached: pending or firing, and not for want of data."""
        states = ("pending", "firing")
        return frozenset(each.series for each in self.instances if each.state in states and each.reason == "threshold")

    def judge(self, results: Sequence[Result], *, now: float, silent: Sequence[Query] = ()) -> list[AlertChanged]:
        """Take in one evaluation; no results at all is "no data", for the queries that are silent."""
        if not results:
            return self._blind("no data", now=now, silent=silent)
        changes = [self._take(result, now=now) for result in results]
        return [change for change in (*changes, *self._let_go(now=now)) if change]

    def fail(self, *, now: float) -> list[AlertChanged]:
        """Take in an evaluation that failed."""
        return self._blind("error", now=now)

    def alerts(self) -> list[Alert]:
        """Give the alerts that people are told of."""
        told = ("firing", "recovering", "no data", "error")
        return [self._alert(each) for each in self.instances if each.state in told]

    # What an evaluation says of one instance

    def _take(self, result: Result, *, now: float) -> AlertChanged | None:
        instance = self._instance(result, now=now)
        if result.value is None:
            return self._unseen(instance, "no data", now=now)
        return self._breach(instance, "threshold", now=now) if result.breached else self._quiet(instance, now=now)

    def _breach(self, instance: Instance, reason: Reason, *, now: float) -> AlertChanged | None:
        if instance.state == "firing":
            return None
        if instance.state == "pending":
            return self._move(instance, "firing", reason, now=now) if self._is_ripe(instance, now=now) else None
        waits = self.rule.holds_for > timedelta() and instance.state != "recovering"
        return self._move(instance, "pending" if waits else "firing", reason, now=now)

    def _quiet(self, instance: Instance, *, now: float) -> AlertChanged | None:
        keep = self.rule.keep_firing_for
        if instance.state == "firing" and keep > timedelta():
            return self._move(instance, "recovering", "resolved", now=now)
        if instance.state == "recovering" and not has_lasted(keep, since=instance.since, now=now):
            return None
        return self._move(instance, "inactive", "resolved", now=now)

    def _unseen(self, instance: Instance, why: Blindness, *, now: float) -> AlertChanged | None:
        """Do with an instance that could not be judged what the rule says."""
        policy = self.rule.no_data_state if why == "no data" else self.rule.exec_err_state
        keeps = policy == "KeepLast" and instance.state in ("firing", "pending")
        if policy == "Alerting" or keeps:
            return self._breach(instance, why, now=now)
        if policy in ("OK", "KeepLast"):
            return self._move(instance, "inactive", why, now=now)
        return self._stand(instance, why, now=now)

    def _stand(self, instance: Instance, why: Blindness, *, now: float) -> AlertChanged | None:
        """Let an instance stand for the silence, or for the error, itself."""
        waits = self._no_data_waits and self.rule.holds_for > timedelta()
        if waits and instance.state == "inactive":
            return self._move(instance, "pending", why, now=now)
        if waits and instance.state == "pending" and not self._is_ripe(instance, now=now):
            return None
        return self._move(instance, why, why, now=now)

    def _is_ripe(self, instance: Instance, *, now: float) -> bool:
        return has_lasted(self.rule.holds_for, since=instance.since, now=now)

    # What an evaluation says of the whole rule

    def _blind(self, why: Blindness, *, now: float, silent: Sequence[Query] = ()) -> list[AlertChanged]:
        policy = self.rule.no_data_state if why == "no data" else self.rule.exec_err_state
        standing = policy in ("NoData", "Error") or not self._instances
        concerned = self._stand_ins(silent, now=now) if standing else list(self.instances)
        for instance in concerned:
            instance.seen, instance.about = now, Subject(instance.series, now=now)
        changes = [self._unseen(instance, why, now=now) for instance in concerned]
        return [change for change in (*changes, *self._let_go(now=now)) if change]

    def _stand_ins(self, silent: Sequence[Query], *, now: float) -> list[Instance]:
        """Give one instance for each data source that says nothing, or the first where none is known."""
        refs = defaultdict[str, list[str]](list)
        for query in silent or self.condition.queries[:1]:
            refs[query.datasource].append(query.ref)
        named = [Labels({"datasource_uid": uid, "ref_id": ",".join(sorted(own))}) for uid, own in refs.items()]
        return [self._instance(Result(labels, None, breached=False), now=now) for labels in named]

    def _let_go(self, *, now: float) -> list[AlertChanged | None]:
        """End the instances that were missing for too long."""
        gone = [each for each in self.instances if each.seen != now and self._too_long(each, now=now)]
        for instance in gone:
            del self._instances[instance.series]
        return [self._move(instance, "inactive", "missing series", now=now) for instance in gone]

    def _too_long(self, instance: Instance, *, now: float) -> bool:
        stands_in = instance.state in _SENT_AS or (instance.state == "pending" and instance.reason in _SENT_AS)
        evaluations = 1 if stands_in else self.rule.missing_evaluations
        return has_lasted(evaluations * self._interval, since=instance.seen, now=now)

    # Instances

    def _instance(self, result: Result, *, now: float) -> Instance:
        series, about = result.labels, result.about(now=now)
        instance = self._instances.get(series)
        if instance is None:
            instance = Instance(series, self.rule.labels_of(about), about, seen=now, since=now)
            self._instances[series] = instance
        instance.seen, instance.about = now, about
        return instance

    def _move(self, instance: Instance, state: AlertState, reason: Reason, *, now: float) -> AlertChanged | None:
        if instance.state == state:
            return None
        return instance.move(state, rule=self.rule.name, reason=reason, now=now)

    def _alert(self, instance: Instance) -> Alert:
        annotations = self.rule.annotations_of(instance.about)
        labels = instance.labels
        if instance.state in _SENT_AS:
            labels = Labels({**labels, "alertname": _SENT_AS[instance.state], "rulename": self.rule.name})
        if instance.reason in _SAID_AS:
            annotations["grafana_state_reason"] = _SAID_AS[instance.reason]
        return Alert(
            self.rule.name, labels, annotations, starts_at=instance.since, route=self.rule.route, about=instance.about
        )
