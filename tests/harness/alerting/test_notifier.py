import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from harness.alerting.inhibition import Inhibition
from harness.alerting.notifier import Notification, Notifier, Policy, Receiver
from harness.alerting.promql import Labels
from harness.alerting.routing import Route, matcher
from harness.alerting.silences import Silence, Silences
from harness.alerting.states import Alert
from harness.alerting.time_intervals import TimeInterval
from harness.events import NotificationSent


def alert(rule: str, **labels: str) -> Alert:
    return Alert(rule, Labels({"alertname": rule, **labels}), annotations={}, starts_at=0)


def no_data(rule: str) -> Alert:
    return Alert(rule, Labels({"alertname": "DatasourceNoData", "rulename": rule}), annotations={}, starts_at=0)


SLOW, SLOW_PUT, DOWN = alert("Slow", method="GET"), alert("Slow", method="PUT"), alert("Down")


def told(sent: NotificationSent) -> str:
    return f"{sent.receiver}: {sent.group} {sent.status} {' '.join(sent.alerts)}"


Standing = Mapping[int, list[Alert]]


def live(notifier: Notifier, standing: Standing, *, until: int) -> Iterator[int]:
    """Tell the notifier what stands from each instant on; every 10 s is a turn to look."""
    for now in range(0, until + 1, 10):
        if now in standing:
            notifier.observe(standing[now], now=now)
        yield now


def run(standing: Standing, *, until: int, policy: Policy | None = None, notifier: Notifier | None = None) -> list[str]:
    """Write down what the notifier sends."""
    made = notifier or Notifier(policy)
    return [f"+{now} {told(each)}".rstrip() for now in live(made, standing, until=until) for each in made.tick(now)]


def notifications(standing: Standing, *, until: int, notifier: Notifier | None = None) -> list[Notification]:
    made = notifier or Notifier()
    return [each for now in live(made, standing, until=until) for each in made.notify(now)]


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


def test_alert_that_comes_and_goes_between_two_looks_is_told_as_resolved() -> None:
    (sent,) = notifications({0: [SLOW], 60: [SLOW, SLOW_PUT], 120: [SLOW]}, until=3600)[1:]
    assert [(each.alert, each.ends_at) for each in sent.alerts] == [(SLOW, None), (SLOW_PUT, 120)]


def test_alert_that_goes_and_comes_between_two_looks_is_not_told_again() -> None:
    assert len(run({0: [SLOW], 60: [], 120: [SLOW]}, until=3600)) == 1


def test_group_that_ended_starts_afresh_with_its_own_wait() -> None:
    lines = run({0: [SLOW], 60: [], 1000: [SLOW]}, until=3600)
    assert [line.split()[0] for line in lines] == ["+30", "+330", "+1030"]


def test_unchanged_group_is_repeated_at_the_first_look_after_more_than_4h() -> None:
    hours = 3600
    lines = run({0: [SLOW]}, until=9 * hours, policy=Policy(group_interval=timedelta(minutes=7)))
    assert [int(line.split()[0]) for line in lines] == [30, 30 + 35 * 420, 30 + 70 * 420]
    assert [int(line.split()[0]) for line in run({0: [SLOW]}, until=9 * hours)] == [30, 30 + 49 * 300, 30 + 98 * 300]


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


# Routes, inhibition, silences and receivers

PAGE, TICKET = alert("Slow", severity="page", job="b"), alert("Slow", severity="ticket", job="a")


def to(receiver: str, **labels: str) -> Route:
    return Route(Policy(receiver), tuple(matcher(name, "=", value) for name, value in labels.items()))


def test_alerts_of_two_routes_are_told_to_their_receivers_with_keys_of_their_own() -> None:
    tree = Route(Policy("team"), routes=(to("pager", severity="page"),))
    sent = notifications({0: [PAGE, TICKET]}, until=60, notifier=Notifier(tree))
    assert [(each.receiver, each.key) for each in sent] == [
        ("pager", '{}/{severity="page"}:{alertname="Slow"}'),
        ("team", '{}:{alertname="Slow"}'),
    ]


def test_alert_that_goes_on_to_a_second_route_is_told_to_both() -> None:
    pager = to("pager", severity="page")
    tree = Route(
        Policy("team"), routes=(Route(pager.policy, pager.matchers, goes_on=True), to("boss", severity="page"))
    )
    assert run({0: [PAGE]}, until=60, notifier=Notifier(tree)) == [
        '+30 pager: {alertname="Slow"} firing Slow',
        '+30 boss: {alertname="Slow"} firing Slow',
    ]


def test_two_routes_that_look_alike_have_groups_of_their_own() -> None:
    twin = to("pager", severity="page")
    tree = Route(routes=(Route(twin.policy, twin.matchers, goes_on=True), Route(twin.policy, twin.matchers)))
    assert len(run({0: [PAGE]}, until=60, notifier=Notifier(tree))) == 2


def test_inhibited_alert_is_told_at_the_first_look_after_the_greater_one_has_ended() -> None:
    inhibition = Inhibition((matcher("alertname", "=", "Down"),), (matcher("alertname", "=", "Slow"),))
    notifier = Notifier(inhibitions=[inhibition])
    assert run({0: [SLOW, DOWN], 100: [SLOW]}, until=400, notifier=notifier) == [
        '+30 on-call: {alertname="Down"} firing Down',
        '+330 on-call: {alertname="Slow"} firing Slow',
        '+330 on-call: {alertname="Down"} resolved',
    ]


def silenced(ends: float) -> Notifier:
    silences = Silences()
    silences.add(Silence((matcher("alertname", "=", "Slow"),), starts=0, ends=ends))
    return Notifier(silences=silences)


def test_silenced_alert_is_told_at_the_first_look_after_the_silence() -> None:
    assert run({0: [SLOW]}, until=1000, notifier=silenced(400)) == ['+630 on-call: {alertname="Slow"} firing Slow']


def test_silence_that_comes_while_an_alert_fires_hides_its_end() -> None:
    notifier = Notifier()
    lines = run({0: [SLOW]}, until=100, notifier=notifier)
    notifier.silences.add(Silence((matcher("method", "=", "GET"),), starts=100, ends=5000))
    notifier.observe([], now=200)
    assert notifier.is_muted(SLOW.labels, now=200)
    assert len(lines) == 1
    assert notifier.tick(330) == []


def test_alert_that_ended_unheard_under_a_silence_and_comes_back_is_no_news() -> None:
    notifier = Notifier()
    run({0: [SLOW]}, until=100, notifier=notifier)
    notifier.silences.add(Silence((matcher("method", "=", "GET"),), starts=100, ends=400))
    notifier.observe([], now=200)
    notifier.tick(330)
    notifier.observe([SLOW], now=500)
    assert notifier.tick(530) == []


def test_receiver_that_reaches_nobody_is_told_nothing() -> None:
    notifier = Notifier(Policy("null"), receivers={"null": Receiver("null", reaches_somebody=False)})
    assert run({0: [SLOW], 60: []}, until=3600, notifier=notifier) == []


def test_receiver_that_does_not_hear_of_the_end_hears_of_firing_alone() -> None:
    mail = Receiver("mail", hears_of_the_end=False)
    notifier = Notifier(Policy("mail"), receivers={"mail": mail})
    standing = {0: [SLOW, SLOW_PUT], 60: [SLOW], 700: [], 2000: [SLOW]}
    assert run(standing, until=3600, notifier=notifier) == [
        '+30 mail: {alertname="Slow"} firing Slow',
        '+2030 mail: {alertname="Slow"} firing Slow',
    ]


def test_notification_lists_alerts_by_job_and_instance_and_then_by_their_labels() -> None:
    every = [alert("Slow"), alert("Slow", job="b", instance="1"), alert("Slow", job="b"), alert("Slow", job="a"),
             alert("Slow", z="1"), alert("Slow", a="1", b="2")]  # fmt: skip
    (sent,) = notifications({0: every}, until=60)
    assert [str(each.alert.labels.without(["alertname"])) for each in sent.alerts] == [
        '{job="a"}', '{instance="1",job="b"}', '{job="b"}', "{}", '{z="1"}', '{a="1",b="2"}',
    ]  # fmt: skip


def test_notification_of_the_end_has_every_alert_with_its_end() -> None:
    sent = notifications({0: [SLOW, SLOW_PUT], 60: []}, until=400)
    assert [(each.is_firing, [one.ends_at for one in each.alerts]) for each in sent] == [
        (True, [None, None]),
        (False, [60, 60]),
    ]


def test_alert_that_comes_back_before_the_look_is_told_as_firing() -> None:
    sent = notifications({0: [SLOW], 60: [], 70: [SLOW, SLOW_PUT]}, until=400)
    assert [one.ends_at for one in sent[-1].alerts] == [None, None]


def test_rule_with_a_route_of_its_own_goes_past_the_tree_together_with_its_like() -> None:
    def own() -> Route:
        return Route(Policy("pizza", group_by=("grafana_folder",)))

    one = replace(alert("Slow", grafana_folder="Course"), route=own())
    other = replace(alert("Down", grafana_folder="Course"), route=own())
    (sent,) = notifications({0: [one, other]}, until=60)
    assert (sent.receiver, len(sent.alerts)) == ("pizza", 2)
    assert sent.key == '{}/{__grafana_receiver__="pizza"}:{grafana_folder="Course"}'


def test_muted_route_hears_nothing_and_of_what_still_stands_later() -> None:
    first_hour = TimeInterval(times=((0, 60),), weekdays=((4, 4),))  # 1970 began on a Thursday
    notifier = Notifier(Route(Policy(), muted_in=(first_hour,)))
    standing = {0: [SLOW, DOWN], 600: [SLOW]}
    assert run(standing, until=4000, notifier=notifier) == ['+3630 on-call: {alertname="Slow"} firing Slow']
