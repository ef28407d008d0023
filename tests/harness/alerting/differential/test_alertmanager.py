"""The notifier against the machine's own Alertmanager: random routes, inhibitions, silences and alerts.

Alertmanager goes by the wall's clock, so what is compared is not when, but who is told of what after each change:
receivers, groups, what fires and what has resolved in each, and every field of a payload. Alerts that inhibit, and
those that are muted, come with the first change and stay: Alertmanager takes in one alert after the other, and may
look at a group in between.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from harness.alerting.alertmanager_file import NotifierSettings, load_alertmanager
from harness.alerting.notifier import Notifier
from harness.alerting.promql import Labels
from harness.alerting.routing import matcher
from harness.alerting.silences import Silence
from harness.alerting.states import Alert
from harness.alerting.webhooks import Origin, alertmanager_payload
from tests.harness.alerting.differential.alertmanager_process import Alertmanager, Hearer, running_alertmanager

pytestmark = pytest.mark.slow

CHANGES = 4
NAMES = {
    "alertname": ["Slow", "Down", "Full"],
    "job": ["web", "db", ""],
    "instance": ["a:1", "b:2", ""],
    "severity": ["page", "ticket"],
    "team": ["pizza", "ops", ""],
}
Told = dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]]
"""For each receiver and group: the alerts it was told of as firing, and those as resolved."""


@pytest.fixture(params=range(3))
def rng(request: pytest.FixtureRequest) -> Random:
    return Random(f"alertmanager/{request.param}")


def test_same_people_hear_of_the_same_alerts_in_the_same_words(rng: Random, tmp_path: Path) -> None:
    with Hearer() as hearer:
        path = tmp_path / "alertmanager.yml"
        path.write_text(yaml.safe_dump(_config(rng, hearer.url)), encoding="utf-8")
        settings, silenced = load_alertmanager(path), [[("job", "=", "web"), *_matchers(rng)]]
        notifier = _silenced(settings, silenced)
        with running_alertmanager(tmp_path, path) as alertmanager:
            for matchers in silenced:
                alertmanager.silence(_asked(matchers), since=_moment(-60), until=_moment(3600))
            heard = _play(rng, notifier, alertmanager, hearer)
    assert heard


def _play(rng: Random, notifier: Notifier, alertmanager: Alertmanager, hearer: Hearer) -> int:
    """Let alerts come and go, and hold what both say against each other; give how many notifications there were."""
    firing, count = set[Labels](), 0
    for change in range(CHANGES):
        before, firing = firing, _alerts(rng, firing, notifier)
        payloads = _expected(notifier, firing, now=1000.0 * change)
        wanted = _told(payloads)
        alertmanager.post([_posted(labels, ended=labels not in firing) for labels in sorted(before | firing)])
        heard = hearer.hear(lambda so_far, wanted=wanted: _told(so_far) == wanted)  # type: ignore[misc]
        assert _told(heard) == wanted, f"after change {change}"
        _compare(payloads, heard)
        count += len(heard)
    return count


def _expected(notifier: Notifier, firing: Iterable[Labels], *, now: float) -> list[Mapping[str, Any]]:
    """What our notifier would send within the next minutes."""
    origin = Origin(instant=lambda at: datetime.fromtimestamp(at, UTC))
    alerts = [Alert(labels["alertname"], labels, {"summary": f"of {labels}"}, now) for labels in sorted(firing)]
    notifier.observe(alerts, now=now)
    found = [each for second in range(100) for each in notifier.notify(now + second)]
    return [alertmanager_payload(each, origin) for each in found]


def _told(payloads: Sequence[Mapping[str, Any]]) -> Told:
    """Join what each group was told, for a change may reach people in one notification or in two."""
    found: Told = {}
    for payload in payloads:
        key = payload["receiver"], payload["groupKey"]
        before = found.get(key, (frozenset[str](), frozenset[str]()))
        by_status = [
            frozenset(
                json.dumps(each["labels"], sort_keys=True) for each in payload["alerts"] if each["status"] == status
            )
            for status in ("firing", "resolved")
        ]
        found[key] = before[0] | by_status[0], before[1] | by_status[1]
    return found


def _compare(expected: Sequence[Mapping[str, Any]], heard: Sequence[Mapping[str, Any]]) -> None:
    """Hold every field against Alertmanager's, where a group was told once by both; instants are not compared."""
    for payload in expected:
        key = payload["receiver"], payload["groupKey"]
        ours, theirs = (
            [each for each in side if (each["receiver"], each["groupKey"]) == key] for side in (expected, heard)
        )
        if len(ours) == len(theirs) == 1:
            assert _timeless(ours[0]) == _timeless(theirs[0])


def _timeless(payload: Mapping[str, Any]) -> dict[str, Any]:
    alerts = [{name: each[name] for name in each if not name.endswith("At")} for each in payload["alerts"]]
    return {**payload, "alerts": alerts, "externalURL": ""}


# What is drawn


def _config(rng: Random, url: str) -> dict[str, object]:
    receivers = ["first", "second", "third", "nobody"]
    hooks = [
        {"name": name, "webhook_configs": [{"url": url, "send_resolved": rng.random() < 0.8}]} for name in receivers[:3]
    ]
    waits = {"group_wait": "1s", "group_interval": "1s", "repeat_interval": "4h"}
    root = {"receiver": "first", "group_by": _names(rng), **waits, "routes": [_route(rng, receivers) for _ in range(4)]}
    rules = [
        {"source_matchers": _written(_matchers(rng)), "target_matchers": _written(_matchers(rng)), "equal": _names(rng)}
        for _ in range(2)
    ]
    return {"route": root, "receivers": [*hooks, {"name": "nobody"}], "inhibit_rules": rules}


def _route(rng: Random, receivers: Sequence[str], *, depth: int = 1) -> dict[str, object]:
    route: dict[str, object] = {"matchers": _written(_matchers(rng)), "continue": rng.random() < 0.4}
    if rng.random() < 0.8:
        route["receiver"] = rng.choice(receivers)
    if rng.random() < 0.6:
        route["group_by"] = rng.choice([_names(rng), ["..."]])
    if depth and rng.random() < 0.5:
        route["routes"] = [_route(rng, receivers, depth=depth - 1) for _ in range(2)]
    return route


def _names(rng: Random) -> list[str]:
    return rng.sample(sorted(NAMES), rng.randrange(3))


Matchers = list[tuple[str, str, str]]


def _matchers(rng: Random) -> Matchers:
    name = rng.choice(sorted(NAMES))
    values = [value for value in NAMES[name] if value]
    sign, value = rng.choice(
        [("=", values[0]), ("=~", "|".join(values[:2])), ("!=", values[0]), ("=~", f"{values[-1][0]}.*")]
    )
    return [(name, sign, value), ("alertname", "!=", rng.choice(["Full", "Never"]))]


def _written(matchers: Matchers) -> list[str]:
    return [f'{name}{sign}"{value}"' for name, sign, value in matchers]


def _asked(matchers: Matchers) -> list[dict[str, object]]:
    return [
        {"name": name, "value": value, "isRegex": "~" in sign, "isEqual": not sign.startswith("!")}
        for name, sign, value in matchers
    ]


def _silenced(settings: NotifierSettings, silenced: Iterable[Matchers]) -> Notifier:
    notifier = settings.notifier()
    for matchers in silenced:
        notifier.silences.add(Silence(tuple(matcher(*each) for each in matchers), -1.0, 1e9))
    return notifier


def _alerts(rng: Random, firing: set[Labels], notifier: Notifier) -> set[Labels]:
    """Let some go on, and others begin."""
    begun = {Labels({name: rng.choice(values) for name, values in NAMES.items()}) for _ in range(12)}
    if not firing:
        return begun
    stay = {labels for labels in sorted(firing) if _matters(labels, notifier) or rng.random() < 0.5}
    return stay | {labels for labels in begun if not _matters(labels, notifier)}


def _matters(labels: Labels, notifier: Notifier) -> bool:
    """Say whether an alert is muted, or may mute others."""
    sources = [inhibition.source for inhibition in notifier.inhibitions]
    return notifier.is_muted(labels, now=0.0) or any(all(each.accepts(labels) for each in side) for side in sources)


def _posted(labels: Labels, *, ended: bool) -> dict[str, object]:
    return {
        "labels": dict(labels),
        "annotations": {"summary": f"of {labels}"},
        "startsAt": _moment(0),  # with an older one, a new group would wait for nobody
        "endsAt": _moment(0 if ended else 3600),
    }


def _moment(seconds: float) -> str:
    now = datetime.now(UTC)  # noqa: TID251 - Alertmanager goes by the wall's clock
    return (now + timedelta(seconds=seconds)).isoformat()
