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


def test_silence_that_expires_ends_at_once_and_stays_ended() -> None:
    silences = Silences()
    name = silences.add(silence())
    other = silences.add(silence(starts=300, ends=400))
    silences.expire(name, now=150)
    silences.expire(name, now=180)
    silences.expire(other, now=150)
    assert not any(silences.mutes(SLOW, now=now) for now in (150, 180, 350))
    assert silences.mutes(SLOW, now=149)


def test_silence_that_is_not_known_is_refused_with_the_one_that_was_meant() -> None:
    silences = Silences()
    assert silences.add(silence()) == "silence 1"
    with pytest.raises(ScenarioError, match=r"unknown silence 'silnce 1'. Did you mean 'silence 1'"):
        silences.expire("silnce 1", now=0)


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
    silences.expire(name, now=20.0)
    assert (list(silences.active(19.0)), list(silences.active(20.0))) == ([name], [])
