"""Whether anybody would hear of an outage: rules with and without data, pages that arrive and that do not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import msgspec
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import ScenarioError
from harness.events import Event, LogsReceived, MetricsMapped, MetricsReceived
from harness.history import History
from harness.verify.findings import Finding, Standing
from harness.verify.seen import ArrivedSeen
from harness.verify.sinks import sink_at
from harness.verify.walk import PATIENCE_SECONDS, verify
from harness.verify.wanted import Wanted
from harness.verify.watch import Watch
from harness.verify.ways import Sockets
from tests.harness.verify.site import StubSite, serving

NOW = datetime.now(UTC)  # noqa: TID251 - OpenSSL compares certificates with the wall
START = datetime(2024, 12, 1, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOBODY = "route: {receiver: 'null'}\nreceivers: [{name: 'null'}]\n"
BY_MAIL = "route: {receiver: on-call}\nreceivers: [{name: on-call, email_configs: [{to: a@b.c}]}]\n"
HALF = """
route:
  receiver: 'null'
  routes: [{receiver: on-call, matchers: ['alertname = High']}]
receivers: [{name: 'null'}, {name: on-call, email_configs: [{to: a@b.c}]}]
"""


def rule_file(directory: Path, **expressions: str) -> Path:
    """Write a rule file; a rule that begins in small letters records."""
    rules = [{"alert" if name[0].isupper() else "record": name, "expr": text} for name, text in expressions.items()]
    path = directory / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "pizza", "rules": rules}]}))
    return path


def receivers(directory: Path, text: str) -> Path:
    path = directory / "alertmanager.yml"
    path.write_text(text)
    return path


def told_by(url: str) -> str:
    return f"route: {{receiver: on-call}}\nreceivers: [{{name: on-call, webhook_configs: [{{url: '{url}'}}]}}]\n"


def history(directory: Path, *metrics: str, lines: bool = False) -> str:
    """Write the history of a run in which these metrics came in just now."""
    events: list[Event] = [
        MetricsMapped(assignments=[f"{name} is in no role (a guess: none of its words is known)" for name in metrics]),
        MetricsReceived(source="pizza", samples=1, newest=START),
    ]
    events += [LogsReceived(source="pizza", lines=3, newest=START)] if lines else []
    stamped = [msgspec.structs.replace(event, at=START, seq=number) for number, event in enumerate(events)]
    path = directory / "history.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in stamped))
    return str(path)


def looked(step: str, **wanted: Any) -> Finding:
    """Verify a site in which all else is well, and give what was found at a step."""
    with serving() as site:
        report = verify(Wanted(url=site.url, **wanted), now=NOW)
    return next(found for found in report.findings if found.step == step)


ARRIVED = ArrivedSeen("somewhere", frozenset({"orders_total", "requests_total"}), has_lines=False)


@pytest.mark.parametrize(
    ("expression", "lacks"),
    [
        ("rate(orders_total[1m]) > 1", ()),
        ('orders_total{status="500"} > 0', ()),  # there may be none yet
        ("purchase_failures > 0", ("purchase_failures",)),
        ("sum(purchase_failures) / sum(orders_total) > 0.1", ("purchase_failures",)),
        ("(purchase_failures or vector(0)) > 0", ()),
        ("(purchase_failures or failed_orders) > 0", ("failed_orders", "purchase_failures")),
        ("orders_total unless purchase_failures", ()),
        ("absent(purchase_failures)", ()),
        ('{__name__=~"orders_.*"} > 0', ()),
        ('{__name__=~"purchase_.*"} > 0', ("purchase_.*",)),
        ('{job="pizza"} > 0', ()),
        ("up == 0", ()),
        ("diner_requests_total > 0", ()),
        ("max_over_time(sum(purchase_failures)[5m:1m]) > 0", ("purchase_failures",)),
        ("share > 0.1", ("purchase_failures",)),
        ("loop > 0.1", ("loop",)),
        ('count_over_time({app="pizza"}[1m]) > 0', ("log lines",)),
    ],
)
def test_rule_without_data_misses_what_it_cannot_do_without(
    tmp_path: Path, expression: str, lacks: tuple[str, ...]
) -> None:
    rules = rule_file(tmp_path, share="purchase_failures / orders_total", loop="loop + 1", High=expression)
    found = dict(Watch(rules, None).without_data(ARRIVED))
    assert found.get("High", ()) == lacks


def test_walk_finds_a_rule_whose_metric_never_arrived(tmp_path: Path) -> None:
    rules = rule_file(tmp_path, High="orders_total > 5", PurchaseFailures="purchase_failures > 0", Late="latency > 9")
    found = looked("rules have data", rules=rules, sink=history(tmp_path, 'orders_total{status="200"}'))
    assert (found.standing, found.layer) == (Standing.LATENT, "alert rules")
    words = "PurchaseFailures has no data: nothing called purchase_failures arrived, and 1 more of 3 rules have none"
    assert found.finding == words
    assert "Late reads latency, which never arrived" in found.evidence
    assert "what arrives is called orders_total" in found.evidence


def test_walk_with_data_for_every_rule_is_well_lines_included(tmp_path: Path) -> None:
    rules = rule_file(tmp_path, High="orders_total > 5", Errors='count_over_time({app="pizza"}[1m]) > 0')
    found = looked("rules have data", rules=rules, sink=history(tmp_path, "orders_total", lines=True))
    assert (found.standing, found.finding) == (Standing.WELL, "what is read by 2 alert rules arrives")


def test_walk_reads_a_history_once_for_its_age_and_for_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    read = History.read

    def noted(path: Path) -> History:
        reads.append(path)
        return read(path)

    monkeypatch.setattr(History, "read", noted)
    sink = history(tmp_path, "orders_total", lines=True)
    looked("rules have data", rules=rule_file(tmp_path, High="orders_total > 5"), sink=sink)
    assert reads == [Path(sink)]


def test_walk_without_rules_or_a_sink_says_what_to_give(tmp_path: Path) -> None:
    nothing = looked("rules have data")
    no_sink = looked("rules have data", rules=rule_file(tmp_path, High="orders_total > 5"))
    nobody = looked("page reaches somebody")
    assert {found.standing for found in (nothing, no_sink, nobody)} == {Standing.SKIPPED}
    assert ("--rules" in nothing.finding, "--metrics-sink" in no_sink.finding) == (True, True)
    assert "--notifications" in nobody.finding


def metrics_in(prometheus: StubSite, rules: Path, *, series: str, asked: str, answer: tuple[int, Any]) -> ArrivedSeen:
    prometheus.replies[f"GET /api/v1/query?query={quote_plus(asked)}"] = answer
    return sink_at(prometheus.url, series=series).metrics(Watch(rules, None).metrics(), within=SECOND)


@pytest.mark.parametrize(
    ("series", "ours"),
    [('pizza_total{source="pizza"}', ',source="pizza"'), ("sum(pizza_total)", "")],
)
def test_prometheus_is_asked_once_for_all_metrics_of_this_deployment(tmp_path: Path, series: str, ours: str) -> None:
    rules = rule_file(tmp_path, High="a_total > 5", Low='{__name__=~"b_.*"} < b_total', Again="a_total > 9")
    asked = f'group by (__name__) ({{__name__=~"a_total|(?:b_.*)|b_total"{ours}}})'
    found = {"metric": {"__name__": "a_total"}, "value": [0, "1"]}
    answer = (200, {"status": "success", "data": {"resultType": "vector", "result": [found]}})
    with serving({}) as prometheus:
        arrived = metrics_in(prometheus, rules, series=series, asked=asked, answer=answer)
    assert arrived == ArrivedSeen(prometheus.url, frozenset({"a_total"}))
    assert [name for name, _ in Watch(rules, None).without_data(arrived)] == ["Low"]


def test_prometheus_that_does_not_answer_leaves_the_rules_unknown(tmp_path: Path) -> None:
    with serving({}) as prometheus:
        rules = rule_file(tmp_path, High="a_total > 5")
        found = looked("rules have data", rules=rules, sink=prometheus.url, series="x")
        over_lines = rule_file(tmp_path, Errors='count_over_time({app="pizza"}[1m]) > 0')
        lines = looked("rules have data", rules=over_lines, sink=prometheus.url, series="x")
    assert (found.standing, lines.standing) == (Standing.UNKNOWN, Standing.UNKNOWN)
    assert "does not keep" in lines.finding


@pytest.mark.parametrize(
    ("configuration", "standing", "words"),
    [
        (BY_MAIL, Standing.WELL, "on-call would hear of 2 alert rules"),
        (NOBODY, Standing.LATENT, "nobody is paged for High: it went off and nobody was told: null hears of"),
        (HALF, Standing.LATENT, "nobody is paged for Late: it went off and nobody was told: null hears of"),
    ],
)
def test_page_on_paper_follows_the_routes_of_every_rule(
    tmp_path: Path, configuration: str, standing: Standing, words: str
) -> None:
    rules = rule_file(tmp_path, High="orders_total > 5", Late="latency > 9")
    found = looked("page reaches somebody", rules=rules, notifications=receivers(tmp_path, configuration))
    assert (found.standing, found.layer, words in found.finding) == (standing, "pager", True), found


@pytest.mark.parametrize(
    ("status", "standing", "words"),
    [(200, Standing.WELL, "on-call took a page for High"), (500, Standing.LATENT, "did not reach on-call: 500: no")],
)
def test_page_is_posted_to_the_webhook_of_its_receiver_when_asked_for(
    tmp_path: Path, status: int, standing: Standing, words: str
) -> None:
    rules = rule_file(tmp_path, High="orders_total > 5", Late="latency > 9")
    with serving({"POST /hook/secret?to=me": (status, {"message": "no"})}) as receiver:
        notifications = receivers(tmp_path, told_by(f"{receiver.url}/hook/secret?to=me"))
        on_paper = looked("page reaches somebody", rules=rules, notifications=notifications)
        assert (on_paper.standing, receiver.asked) == (Standing.WELL, [])
        found = looked("page reaches somebody", rules=rules, notifications=notifications, with_page=True)
    assert (found.standing, words in found.finding) == (standing, True), found
    assert receiver.asked == ["POST /hook/secret?to=me"]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        (BY_MAIL, "nobody was paged: on-call has no webhook"),
        (told_by("http://10.0.0.1/hook/secret"), "nobody was paged: 'http://10.0.0.1' does not lead to this machine"),
    ],
)
def test_page_that_cannot_be_tried_from_here_is_unknown(tmp_path: Path, configuration: str, words: str) -> None:
    rules, notifications = rule_file(tmp_path, High="orders_total > 5"), receivers(tmp_path, configuration)
    found = looked("page reaches somebody", rules=rules, notifications=notifications, with_page=True)
    assert (found.standing, words in found.finding, "secret" in str(found)) == (Standing.UNKNOWN, True, False), found


def test_page_for_a_rule_that_nothing_makes_go_off_is_unknown(tmp_path: Path) -> None:
    rules, notifications = rule_file(tmp_path, Never="orders_total != orders_total"), receivers(tmp_path, BY_MAIL)
    found = looked("page reaches somebody", rules=rules, notifications=notifications)
    assert (found.standing, "no rule could be made to go off" in found.finding) == (Standing.UNKNOWN, True), found


def test_watch_that_is_not_reached_in_time_is_unknown_and_pages_nobody(tmp_path: Path) -> None:
    class Late(Sockets):
        """Sockets whose time is over once the deployment has logged somebody in."""

        def now(self) -> float:
            return super().now() + ("PUT /api/auth" in site.asked) * PATIENCE_SECONDS

    rules = rule_file(tmp_path, High="orders_total > 5")
    with serving() as site, serving({}) as receiver:
        notifications = receivers(tmp_path, told_by(f"{receiver.url}/hook"))
        sink = history(tmp_path, "orders_total")
        wanted = Wanted(url=site.url, rules=rules, sink=sink, notifications=notifications, with_page=True)
        report = verify(wanted, now=NOW, ways=Late())
    standings = {found.step: found.standing for found in report.findings}
    assert (standings["rules have data"], standings["page reaches somebody"]) == (Standing.UNKNOWN, Standing.UNKNOWN)
    assert receiver.asked == []


def test_watch_that_cannot_be_meant_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    rules, nobody = rule_file(tmp_path, High="orders_total > 5"), receivers(tmp_path, NOBODY)
    unspeakable = tmp_path / "unspeakable.yml"
    unspeakable.write_text(told_by("${PAGER}"))
    silent = tmp_path / "silent.yml"
    silent.write_text('groups: [{name: pizza, rules: [{record: "a:b", expr: "vector(1)"}]}]')
    refused: list[tuple[dict[str, Any], str]] = [
        ({"notifications": nobody}, "give the rules"),
        ({"rules": rules, "with_page": True}, "--notifications FILE"),
        ({"rules": tmp_path / "none.yml"}, "none.yml"),
        ({"rules": silent}, "no alert rule"),
        ({"rules": rules, "notifications": unspeakable, "with_page": True}, "the webhook of on-call"),
    ]
    with serving() as site:
        for wanted, words in refused:
            with pytest.raises(ScenarioError, match=words):
                verify(Wanted(url=site.url, **wanted), now=NOW)
        assert site.asked == []


def test_command_tells_of_rules_and_pager_in_text_json_and_junit_alike(tmp_path: Path) -> None:
    rules, notifications = rule_file(tmp_path, High="latency > 9"), receivers(tmp_path, BY_MAIL)
    junit, sink = tmp_path / "verify.xml", history(tmp_path, "orders_total", lines=True)
    with serving() as site:
        arguments = ["verify", site.url, "--rules", str(rules), "--notifications", str(notifications)]
        arguments += ["--metrics-sink", sink, "--junit", str(junit)]
        text = CliRunner().invoke(app, arguments)
        machine = CliRunner().invoke(app, [*arguments, "--json"])
    told = json.loads(machine.stdout)
    assert (text.exit_code, machine.exit_code, told["layer"]) == (1, 1, "alert rules")
    words = "High has no data: nothing called latency arrived"
    assert f"latent: alert rules: {words}" in text.stdout
    assert words in junit.read_text()
    assert "on-call would hear of 1 alert rule:" in text.stdout
    assert [found["standing"] for found in told["findings"][-2:]] == ["latent", "well"]
