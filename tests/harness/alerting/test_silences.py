import pytest

from harness.alerting.promql import Labels
from harness.alerting.routing import read_matchers
from harness.alerting.silences import Silence, Silences
from harness.errors import ScenarioError

SLOW = Labels({"alertname": "Slow", "method": "GET"})


def silence(when: str = "alertname=Slow", *, starts: float = 100, ends: float = 200) -> Silence:
    return Silence(read_matchers(when), starts=starts, ends=ends, by="J", comment="known")


@pytest.mark.parametrize(("now", "is_muted"), [(99, False), (100, True), (199, True), (200, False)])
def test_silence_holds_from_its_start_until_its_end(now: float, is_muted: bool) -> None:
    silences = Silences()
    silences.add(silence())
    assert silences.mutes(SLOW, now=now) is is_muted
    assert bool(silences.active(now)) is is_muted


@pytest.mark.parametrize(
    ("when", "is_muted"), [("alertname=Slow, method=GET", True), ("alertname=Slow, method=PUT", False)]
)
def test_silence_is_for_alerts_that_every_matcher_fits(when: str, is_muted: bool) -> None:
    assert silence(when).mutes(SLOW, now=150) is is_muted


@pytest.mark.parametrize(
    ("when", "ends", "complaint"),
    [
        ("alertname=Slow", 99, "ends before it begins"),
        ("", 200, "would silence everything"),
        ('alertname=~".*"', 200, "would silence everything"),
        ("alertname!=Slow", 200, "would silence everything"),
    ],
)
def test_silence_that_nobody_can_want_is_refused(when: str, ends: float, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        silence(when, ends=ends)


def test_silences_go_by_the_clock_that_they_are_given() -> None:
    silences = Silences(clock=lambda steady: steady + 100)
    name = silences.add(Silence(read_matchers("a=b"), 110.0, 130.0))
    muted = [now for now in (9.0, 10.0, 29.0, 30.0) if silences.mutes(Labels({"a": "b"}), now=now)]
    assert muted == [10.0, 29.0]
    assert (list(silences.active(29.0)), list(silences.active(30.0))) == ([name], [])
