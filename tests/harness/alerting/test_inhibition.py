import pytest

from harness.alerting.inhibition import Inhibition
from harness.alerting.promql import Labels
from harness.alerting.routing import read_matchers

DOWN_MUTES_SLOW = Inhibition(read_matchers("alertname=Down"), read_matchers("alertname=Slow"), equal=("site",))
PAGE_MUTES_ALL = Inhibition(read_matchers("severity=page"), read_matchers('severity=~".*"'))


def labels(name: str, **more: str) -> Labels:
    return Labels({"alertname": name, **more})


@pytest.mark.parametrize(
    ("target", "firing", "is_muted"),
    [
        (labels("Slow", site="a"), [labels("Down", site="a")], True),
        (labels("Slow", site="a"), [labels("Down", site="b")], False),
        (labels("Slow", site="a"), [labels("Down")], False),
        (labels("Slow"), [labels("Down")], True),
        (labels("Slow", site="a"), [], False),
        (labels("Odd", site="a"), [labels("Down", site="a")], False),
        (labels("Slow", site="a"), [labels("Odd", site="a")], False),
        (labels("Slow", site="a"), [labels("Odd"), labels("Down", site="a")], True),
    ],
)
def test_alert_is_muted_while_a_greater_one_fires_with_equal_labels(
    target: Labels, firing: list[Labels], is_muted: bool
) -> None:
    assert DOWN_MUTES_SLOW.mutes(target, firing=firing) is is_muted


def test_alert_on_both_sides_is_muted_neither_by_itself_nor_by_another_on_both() -> None:
    one, other = labels("A", severity="page"), labels("B", severity="page")
    assert not PAGE_MUTES_ALL.mutes(one, firing=[one])
    assert not PAGE_MUTES_ALL.mutes(one, firing=[one, other])
    assert PAGE_MUTES_ALL.mutes(labels("C", severity="ticket"), firing=[one])


def test_alert_on_both_sides_is_muted_by_one_that_is_only_on_the_source_side() -> None:
    inhibition = Inhibition(read_matchers("severity=page"), read_matchers("team=a"))
    both = labels("A", severity="page", team="a")
    assert inhibition.mutes(both, firing=[both, labels("B", severity="page")])
