import math
from collections.abc import Mapping
from datetime import timedelta

from harness.alerting.notifier import Notifier, Policy
from harness.alerting.promql import Labels
from harness.alerting.states import Alert
from harness.events import NotificationSent


def alert(rule: str, **labels: str) -> Alert:
    return Alert(rule, Labels({"alertname": rule, **labels}), annotations={}, starts_at=0)


def no_data(rule: str) -> Alert:
    return Alert(rule, Labels({"alertname": "DatasourceNoData", "rulename": rule}), annotations={}, starts_at=0)


SLOW, SLOW_PUT, DOWN = alert("Slow", method="GET"), alert("Slow", method="PUT"), alert("Down")


def told(sent: NotificationSent) -> str:
    return f"{sent.receiver}: {sent.group} {sent.status} {' '.join(sent.alerts)}"


def run(standing: Mapping[int, list[Alert]], *, until: int, policy: Policy | None = None) -> list[str]:
    """Tell the notifier what stands from each instant on; look every 10 s and write down what it sends."""
    notifier = Notifier(policy)
    lines = []
    for now in range(0, until + 1, 10):
        if now in standing:
            notifier.observe(standing[now], now=now)
        lines += [f"+{now} {told(each)}".rstrip() for each in notifier.tick(now)]
    return lines


def test_first_alert_is_told_after_group_wait() -> None:
    assert run({0: [SLOW]}, until=60) == ['+30 on-call: {alertname="Slow"} firing Slow']


def test_alert_that_resolves_within_group_wait_is_never_told() -> None:
    assert run({0: [SLOW], 20: []}, until=3600) == []


def test_alert_that_comes_within_group_wait_is_told_with_the_first() -> None:
    assert len(run({0: [SLOW], 20: [SLOW, SLOW_PUT]}, until=3600)) == 1


def test_alert_that_comes_later_is_told_at_the_next_look() -> None:
    lines = run({0: [SLOW], 60: [SLOW, SLOW_PUT]}, until=3600)
    assert [line.split()[0] for line in lines] == ["+30", "+330"]


def test_end_of_all_alerts_is_told_at_the_next_look() -> None:
    assert run({0: [SLOW], 60: []}, until=3600)[1:] == ['+330 on-call: {alertname="Slow"} resolved']


def test_end_of_one_of_two_alerts_is_told_as_still_firing() -> None:
    assert run({0: [SLOW, SLOW_PUT], 60: [SLOW]}, until=3600)[1:] == ['+330 on-call: {alertname="Slow"} firing Slow']


def test_alert_that_comes_and_goes_between_two_looks_is_told_by_nobody() -> None:
    assert len(run({0: [SLOW], 60: [SLOW, SLOW_PUT], 120: [SLOW]}, until=3600)) == 1


def test_alert_that_goes_and_comes_between_two_looks_is_not_told_again() -> None:
    assert len(run({0: [SLOW], 60: [], 120: [SLOW]}, until=3600)) == 1


def test_group_that_ended_starts_afresh_with_its_own_wait() -> None:
    lines = run({0: [SLOW], 60: [], 1000: [SLOW]}, until=3600)
    assert [line.split()[0] for line in lines] == ["+30", "+330", "+1030"]


def test_unchanged_group_is_repeated_after_4h_rounded_up_to_the_next_look() -> None:
    hours = 3600
    lines = run({0: [SLOW]}, until=9 * hours, policy=Policy(group_interval=timedelta(minutes=7)))
    assert [int(line.split()[0]) for line in lines] == [30, 30 + 35 * 420, 30 + 70 * 420]


def test_alerts_of_two_names_are_two_groups() -> None:
    assert run({0: [SLOW, DOWN]}, until=60) == [
        '+30 on-call: {alertname="Slow"} firing Slow',
        '+30 on-call: {alertname="Down"} firing Down',
    ]


def test_storm_of_silent_rules_is_one_notification_that_lists_them_all() -> None:
    assert run({0: [no_data("Slow"), no_data("Down"), no_data("Heartbeat")]}, until=60) == [
        '+30 on-call: {alertname="DatasourceNoData"} firing Down Heartbeat Slow'
    ]


def test_grouping_by_nothing_or_by_everything_is_as_the_policy_says() -> None:
    assert len(run({0: [SLOW, SLOW_PUT]}, until=60, policy=Policy(group_by=("...",)))) == 2
    together = Policy(group_by=(), receiver="everybody")
    assert run({0: [SLOW, DOWN]}, until=60, policy=together) == ["+30 everybody: {} firing Down Slow"]


def test_tick_that_comes_late_keeps_the_rhythm_of_the_looks() -> None:
    notifier = Notifier()
    notifier.observe([SLOW], now=0)
    assert notifier.next_due() == 30
    assert len(notifier.tick(400)) == 1
    assert notifier.next_due() == 630


def test_notifier_with_nothing_to_say_is_never_due() -> None:
    notifier = Notifier()
    assert notifier.next_due() == math.inf
    notifier.observe([SLOW], now=0)
    notifier.observe([], now=10)
    assert notifier.tick(30) == []
    assert notifier.next_due() == math.inf
