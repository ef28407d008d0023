from harness.checks import judge
from harness.events import FaultHit, HarnessTroubled
from harness.history import History
from harness.report.facts import Facts
from harness.report.timeline import timeline
from tests.harness.checks.stories import alert, is_a, night, plus, t, without


def told(history: History) -> list[str]:
    return [f"{entry.at:%H:%M} {entry.text}" for entry in timeline(Facts.of(history, judge(history, [])))]


def test_timeline_of_the_night_is_what_a_person_would_have_written() -> None:
    lines = told(night())
    assert [line[:5] for line in lines] == sorted((line[:5] for line in lines), key=t)
    assert "05:24 Every request fails with “500: failed to fetch”: the connection is refused." in lines
    assert (
        "05:25 4 alerts (Heartbeat, PurchaseFailures, PurchasesLow and RequestsLow) go off within 20 s, "
        "for lack of data and not by a threshold."
    ) in lines
    assert "05:27 Jaquelyn leaves the page alone: taken for misconfigured." in lines
    assert "10:00 Jaquelyn takes the page about “DatasourceNoData”, 4 h 33 min after it was first sent." in lines
    assert "13:10 The site answers again, after 7 h 46 min." in lines
    assert "13:24 Orders succeed again, after 13 min 50 s in which only they failed." in lines


def test_timeline_tells_a_hidden_fault_when_it_is_first_felt() -> None:
    assert (
        "13:10 Every order fails with “Failed to fulfill order at factory”. It had been so since 08:00, out of sight."
    ) in told(night())


def test_timeline_tells_a_fault_that_nobody_felt_when_it_began() -> None:
    lines = told(without(night(), is_a(FaultHit, fault="factory_fail")))
    assert "08:00 factory_fail-2 begins on factory, and nobody notices anything." in lines


def test_timeline_tells_alerts_apart_that_went_off_at_different_times() -> None:
    lines = told(plus(night(), alert("05:30", "LatencyHigh", "inactive > no data", "no data")))
    assert "05:30 LatencyHigh goes off, for lack of data and not by a threshold." in lines


def test_timeline_does_not_hide_the_harnesss_own_trouble() -> None:
    lines = told(plus(night(), HarnessTroubled(at=t("12:00"), where="load", error="it died")))
    assert "12:00 The harness itself had trouble with load: it died" in lines
