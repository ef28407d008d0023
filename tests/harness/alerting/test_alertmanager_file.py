from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.alerting.alertmanager_file import NotifierSettings, load_alertmanager
from harness.alerting.notifier import Receiver
from harness.alerting.promql import Labels
from harness.alerting.states import Alert
from harness.errors import ScenarioError

TEAM = """
global:
  resolve_timeout: 5m
  slack_api_url: https://slack.example/secret
templates: [/etc/alertmanager/*.tmpl]
route:
  receiver: team
  group_by: [alertname, cluster]
  group_wait: 10s
  routes:
    - receiver: "null"
      matchers: [alertname = "Watchdog"]
    - receiver: pager
      match: {severity: page}
      match_re: {team: a|b}
      group_interval: 1m
      repeat_interval: 1h
      continue: true
      routes:
        - matchers: ['{shift="night", env!=dev}']
          group_by: ["..."]
receivers:
  - name: "null"
  - name: team
    slack_configs: [{channel: "#pizza"}]
    email_configs: [{to: a@b.c}]
  - name: pager
    webhook_configs:
      - url: http://127.0.0.1:9/one
      - {url: "http://127.0.0.1:9/two", send_resolved: false}
inhibit_rules:
  - name: page over ticket
    source_matchers: [severity = page]
    target_match: {severity: ticket}
    target_match_re: {team: a|b}
    equal: [alertname]
"""
SMALL = "route: {receiver: team}\nreceivers: [{name: team}]\n"


def read(tmp_path: Path, text: str) -> NotifierSettings:
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    return load_alertmanager(path)


def test_routes_of_a_team_are_read_with_what_they_inherit(tmp_path: Path) -> None:
    walked = {key: route for route, key in read(tmp_path, TEAM).route.walk()}
    assert list(walked) == [
        "{}",
        '{}/{alertname="Watchdog"}',
        '{}/{severity="page",team=~"a|b"}',
        '{}/{severity="page",team=~"a|b"}/{env!="dev",shift="night"}',
    ]
    root, _, pager, night = (route.policy for route in walked.values())
    assert (root.receiver, root.group_by, root.group_wait) == ("team", ("alertname", "cluster"), timedelta(seconds=10))
    assert (root.group_interval, root.repeat_interval) == (timedelta(minutes=5), timedelta(hours=4))
    assert (night.receiver, night.group_by, night.group_wait) == ("pager", ("...",), timedelta(seconds=10))
    assert night.group_interval == pager.group_interval == timedelta(minutes=1)
    assert [route.goes_on for route in walked.values()] == [False, False, True, False]


def test_receivers_of_a_team_are_read_with_whom_they_reach_and_what_they_hear(tmp_path: Path) -> None:
    assert read(tmp_path, TEAM).receivers == {
        "null": Receiver("null", reaches_somebody=False, hears_of_the_end=False),
        "team": Receiver("team", hears_of_the_end=False),
        "pager": Receiver("pager", urls=("http://127.0.0.1:9/one", "http://127.0.0.1:9/two")),
    }


def test_inhibit_rules_of_a_team_are_read_from_both_notations(tmp_path: Path) -> None:
    (inhibition,) = read(tmp_path, TEAM).inhibitions
    firing = [Labels({"alertname": "A", "severity": "page"})]
    assert inhibition.mutes(Labels({"alertname": "A", "severity": "ticket", "team": "b"}), firing=firing)
    assert not inhibition.mutes(Labels({"alertname": "A", "severity": "ticket", "team": "c"}), firing=firing)
    assert not inhibition.mutes(Labels({"alertname": "B", "severity": "ticket", "team": "b"}), firing=firing)


def test_notifier_is_made_as_the_file_says(tmp_path: Path) -> None:
    notifier = read(tmp_path, TEAM).notifier()
    assert [route.policy.receiver for route in notifier.routes.ends(Labels({"alertname": "Watchdog"}))] == ["null"]


def test_root_route_that_groups_by_nothing_puts_everything_together(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL).route.policy.group_by == ()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("route:", "rout:", "alertmanager.yml:6: the Alertmanager configuration: unknown key 'rout'. Did you mean"),
        ("  receiver: team\n", "", "alertmanager.yml:7: the root route has no 'receiver'"),
        ("  receiver: team\n", "  receiver: taem\n", ":7: the root route, receiver: unknown receiver 'taem'. Did"),
        ("receiver: pager", "receiver: pagr", ":13: the root route, route 2, receiver: unknown receiver 'pagr'"),
        ("group_wait: 10s", "matchers: [a=b]", ":9: the root route, matchers: the root route takes every"),
        ("group_wait: 10s", "group_wait: soon", ":9: the root route, group_wait: 'soon' is not a duration"),
        ("group_interval: 1m", "group_interval: 0s", "group_interval: cannot be zero. Write a length such as 5m"),
        ("[alertname, cluster]", "[alertname, ...]", "group_by: '...' is every label already. Write it alone"),
        ("[alertname, cluster]", "alertname", "group_by: expected a list"),
        ("continue: true", "mute_time_intervals: [n]", ":18: .*mute_time_intervals: unknown time interval 'n'"),
        ("group_wait: 10s", "active_time_intervals: [n]", ":9: the root route, active_time_intervals: the root"),
        ("team: a|b}\n      group", "team: '('}\n      group", ":15: .*match_re: regular expression '\\('"),
        ('[alertname = "Watchdog"]', "[alertname]", ":12: .*matchers: 'alertname' is no matcher"),
        ("continue: true", "continue: yes", "'yes' is neither true nor false"),
        ("slack_configs", "slak_configs", "receiver 'team': unknown key 'slak_configs'. Did you mean 'slack_configs'"),
        ("name: pager", "name: team", "receiver 'team', name: 'team' is already in line 24"),
        ("equal:", "eqal:", "inhibit rule 1: unknown key 'eqal'. Did you mean 'equal'"),
        ("source_matchers: [severity = page]", "source_matchers: [severity page]", "'severity page' is no matcher"),
    ],
)  # fmt: skip
def test_mistake_is_one_line_that_names_file_line_key_and_what_to_do(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    assert TEAM.count(old) >= 1
    with pytest.raises(ScenarioError, match=complaint):
        read(tmp_path, TEAM.replace(old, new, 1))


def test_file_without_a_route_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="has no 'route'"):
        read(tmp_path, "receivers: []")


@pytest.mark.parametrize(
    ("silence", "complaint"),
    [
        ("{matchers: [a = b], from: soon, for: 1h}", ":3: silence 1, from: .*soon"),
        ("{matchers: [a = b], from: 2024-12-01 05:00 MST}", ":3: silence 1 has no 'for'"),
        ("{matchers: [a = b], from: 2024-12-01 05:00 MST, for: 0}", ":3: silence 1, for: cannot be zero"),
        ("{matchers: [a], from: 2024-12-01 05:00 MST, for: 1h}", ":3: silence 1, matchers: 'a' is no matcher"),
        ("{from: 2024-12-01 05:00 MST, for: 1h}", ":3: silence 1, matchers: .* would silence everything"),
        ("{matcher: [a = b]}", ":3: silence 1: unknown key 'matcher'. Did you mean 'matchers'"),
    ],
)
def test_silence_with_a_mistake_is_refused_by_line_and_key(tmp_path: Path, silence: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        read(tmp_path, f"{SMALL}silences: [{silence}]\n")


def test_silence_is_read_with_its_beginning_its_end_and_who_asked(tmp_path: Path) -> None:
    text = "silences: [{matchers: [a = b], from: 2024-12-01 05:00 MST, for: 1h, by: Kim, comment: oven}]\n"
    (silence,) = read(tmp_path, SMALL + text).silences
    assert (silence.starts, silence.ends - silence.starts) == (1_733_054_400.0, 3600.0)
    assert (silence.by, silence.comment) == ("Kim", "oven")


CALENDAR = """
route:
  receiver: team
  routes:
  - {matchers: [severity = ticket], mute_time_intervals: [nights, weekends]}
  - {matchers: [severity = page], active_time_intervals: [nights], routes: [{matchers: [team = a]}]}
receivers: [{name: team, webhook_configs: [{}]}]
time_intervals:
- name: nights
  time_intervals: [{times: [{start_time: "00:00", end_time: "06:00"}]}]
mute_time_intervals:
- name: weekends
  time_intervals: [{weekdays: ["saturday", "sunday"], location: America/Denver}]
"""


@pytest.mark.parametrize(
    ("instant", "ticket", "page"),
    [
        ("2024-12-02 03:00", True, False),
        ("2024-12-02 12:00", False, True),
        ("2024-12-02 06:30", True, True),  # still Sunday in Denver
        ("2024-12-01 03:00", True, False),
    ],
)
def test_route_is_muted_by_its_intervals_and_outside_of_its_active_ones(
    tmp_path: Path, instant: str, ticket: bool, page: bool
) -> None:
    now = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    one, other = read(tmp_path, CALENDAR).route.routes
    assert (one.is_muted(now), other.is_muted(now)) == (ticket, page)
    assert not other.routes[0].is_muted(now), "intervals are not inherited"


def test_notifier_goes_by_incident_time_where_intervals_mute(tmp_path: Path) -> None:
    midnight = datetime(2024, 12, 2, 0, 0, tzinfo=UTC)
    notifier = read(tmp_path, CALENDAR).notifier(lambda at: midnight + timedelta(seconds=at))
    ticket = Alert("Slow", Labels({"alertname": "Slow", "severity": "ticket"}), {}, starts_at=0)
    notifier.observe([ticket], now=0)
    sent = [now for now in range(0, 8 * 3600, 30) if notifier.notify(now)]
    # Monday midnight in Denver is 07:00 UTC; looks are every 5 minutes, and the first was at 30 s.
    assert sent[0] == 7 * 3600 + 30


def test_route_with_an_empty_list_to_group_by_groups_as_its_parent(tmp_path: Path) -> None:
    text = """
route:
  receiver: team
  group_by: [job]
  routes: [{receiver: team, group_by: []}, {receiver: team, group_by: [team]}]
receivers: [{name: team}]
"""
    assert [child.policy.group_by for child in read(tmp_path, text).route.routes] == [("job",), ("team",)]
