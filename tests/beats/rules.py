"""Rules for the night in short, written for whatever a service pushes: each role that is watched has one alert.

What each metric is about is what the harness took it for in a run in good health. A rule asks no more of a metric than
that it is heard of, for nobody knows what is usual for it; only failed purchases have a threshold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from harness.events import MetricsMapped, MetricsReceived
from harness.history import History
from harness.telemetry.roles import Role
from tests.beats.telling import NIGHT

SHORT = NIGHT.with_name("night_in_short_rules.yaml")
"""The twin's own, whose last group holds for any service."""

WATCHED = {
    Role.REQUESTS: "RequestsLow",
    Role.AUTH: "LogInsLow",
    Role.PURCHASES: "PurchasesLow",
    Role.PURCHASE_FAILURES: "PurchaseFailures",
    Role.LATENCY: "LatencyHigh",
    Role.ACTIVE_USERS: "ActiveUsersLow",
    Role.CPU: "CPUHigh",
    Role.MEMORY: "MemoryHigh",
}

SLOWEST_PUSH = timedelta(seconds=15)
"""Three of these fit into a rule's window."""

AT_ONCE = timedelta(seconds=3)
"""How long the first push takes of a service that pushes each metric alone."""

WINDOW, INTERVAL = "45s", "10s"

_SENTENCE = re.compile(r"(?P<series>\S+) is (?P<role>[a-z ]+) \(")


def metrics_by_role(history: History) -> dict[Role, str]:
    """Give one metric for each role that is watched, as it came in; the one with the fewest labels of several.

    One that came in later than the first is left out: it comes with the first sale, say, and so not after a restart.
    """
    mapped = history.of(MetricsMapped)
    at_once = [said for event in mapped if event.at - mapped[0].at < AT_ONCE for said in event.assignments]
    read = [(found["role"], found["series"]) for found in map(_SENTENCE.match, at_once) if found]
    by_labels = sorted(read, key=lambda each: each[1].count("="))
    return {role: series for role in WATCHED for named, series in reversed(by_labels) if named == role}


def push_interval(history: History) -> timedelta:
    """Give the longest time between two pushes of metrics, of which some services make many at once; 0 without any."""
    pushes = [push.at for push in history.of(MetricsReceived) if push.samples]
    return max((later - earlier for earlier, later in pairwise(pushes)), default=timedelta())


def write_rules(path: Path, metrics: Mapping[Role, str]) -> Path:
    """Write a rule for each metric, and those that hold for any service."""
    seen = yaml.safe_load(SHORT.read_text())["groups"][-1]
    pushed = {"name": "pushed", "interval": INTERVAL, "rules": [_rule(role, metrics[role]) for role in metrics]}
    groups = [pushed, seen] if metrics else [seen]
    path.write_text(yaml.safe_dump({"groups": groups}, sort_keys=False))
    return path


def _rule(role: Role, series: str) -> dict[str, Any]:
    heard = f"count(count_over_time({series}[{WINDOW}])) < 1"
    failing = f"sum(increase({series}[{WINDOW}])) > 0"
    return {
        "alert": WATCHED[role],
        "expr": failing if role is Role.PURCHASE_FAILURES else heard,
        "for": "0s",
        "labels": {"severity": "page"},
        "annotations": {"no_data_state": "NoData", "summary": f"Something is wrong with {role}."},
    }
