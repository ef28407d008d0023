from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from harness.checks import Verdict, every_outage_is_noticed, nobody_is_paged_about_nothing, recovers_by_itself
from harness.checks.promises import Promises, findings, outages
from harness.events import Event, FaultApplied, FaultRemoved, PageSent, RequestFinished
from harness.history import History, history_of

NOON = datetime(2024, 12, 1, 12, 0, tzinfo=UTC)
SITE, FACTORY = "500: failed to fetch", "500: Failed to fulfill order at factory"


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def load(start: int, end: int, error: str = "", *, operation: str = "order", latency: float = 0.1) -> Iterable[Event]:
    """Six requests a minute."""
    for number in range((end - start) * 6):
        began = at(start + number / 6)
        yield RequestFinished(
            at=began, diner="d", operation=operation, method="POST", path="/", address="", started=began,
            latency_seconds=latency, outcome="failed" if error else "ok", error=error,
        )  # fmt: skip


def paged(minute: float, *, page: str = "p", level: int = 1) -> PageSent:
    return PageSent(at=at(minute), page=page, responder="Ana", level=level, channel="pager", alerts=["A"])


def fault(start: float, end: float, name: str = "f") -> list[Event]:
    return [
        FaultApplied(at=at(start), fault=name, id=name, target="t", sees="s"),
        FaultRemoved(at=at(end), fault=name, id=name, by="heal", hits=1),
    ]


def told(*events: Event | Iterable[Event]) -> History:
    flat = [one for each in events for one in ([each] if isinstance(each, Event) else each)]
    return history_of(sorted(flat, key=lambda event: event.at))


def promises_broken(history: History) -> list[str]:
    return [finding.promise for finding in findings(history, Promises())]


def test_outage_is_told_with_its_kind_and_its_minutes() -> None:
    (found,) = outages(told(load(0, 3), load(3, 9, SITE), load(9, 12)))
    assert (found.kind, found.start, found.end, found.requests) == (SITE, at(3), at(9), 36)


def test_late_answers_are_an_outage_too() -> None:
    (found,) = outages(told(load(0, 3), load(3, 9, latency=32.0), load(9, 12)))
    assert found.kind == "no answer, or a late one"


def test_one_better_minute_does_not_end_an_outage() -> None:
    (found,) = outages(told(load(0, 4, SITE), load(4, 5), load(5, 8, SITE)))
    assert (found.start, found.end) == (at(0), at(8))


def test_outage_that_somebody_is_paged_about_in_time_breaks_no_promise() -> None:
    history = told(load(0, 3), load(3, 10, SITE), load(10, 14), paged(5), fault(3, 10))
    assert promises_broken(history) == []


def test_outage_that_nobody_is_paged_about_is_a_finding() -> None:
    history = told(load(0, 3), load(3, 10, SITE), load(10, 14), fault(3, 10))
    (finding,) = findings(history, Promises())
    assert finding.promise == "outage is noticed"
    assert "a page was due by 12:08, and nobody was ever paged" in finding.words


def test_page_that_comes_too_late_is_a_finding_that_says_when_it_came() -> None:
    history = told(load(0, 3), load(3, 12, SITE), load(12, 14), fault(3, 12), paged(11))
    (finding,) = findings(history, Promises())
    assert "the next page came at 12:11:00" in finding.words


def test_short_outage_needs_no_page() -> None:
    assert promises_broken(told(load(0, 3), load(3, 6, SITE), load(6, 9), fault(3, 6))) == []


def test_second_failure_behind_a_first_has_to_be_noticed_for_itself() -> None:
    site = told(
        load(0, 3), load(3, 9, SITE), load(9, 16, FACTORY), load(16, 20), fault(3, 9, "a"), fault(4, 16, "b"), paged(4)
    )
    (finding,) = findings(site, Promises())
    assert FACTORY in finding.words
    assert "though a page of 12:04:00 about something else was there" in finding.words
    assert promises_broken(told(site.events, paged(11, page="q"))) == []


def test_page_that_nobody_answers_and_that_goes_up_its_chain_tells_nobody_of_a_second_failure() -> None:
    site = told(load(0, 3), load(3, 9, SITE), load(9, 16, FACTORY), load(16, 20), fault(3, 16), paged(4))
    (finding,) = findings(told(site.events, paged(10, level=2)), Promises())
    assert FACTORY in finding.words
    assert "nobody was ever paged" in finding.words


def test_page_whose_first_step_reaches_nobody_counts_from_where_somebody_heard_of_it() -> None:
    history = told(load(0, 3), load(3, 10, SITE), load(10, 14), paged(5, level=2), fault(3, 10))
    assert promises_broken(history) == []


def test_shop_that_stays_ill_after_every_fault_is_gone_is_a_finding() -> None:
    history = told(load(0, 3), load(3, 16, SITE), fault(3, 6), paged(4))
    (finding,) = findings(history, Promises())
    assert finding.promise == "recovers by itself"


def test_page_about_nothing_is_a_finding() -> None:
    assert promises_broken(told(load(0, 10), paged(5))) == ["no page without harm"]
    assert promises_broken(told(load(0, 10), paged(5), fault(4, 6))) == []


NOTICED = told(load(0, 3), load(3, 10, SITE), load(10, 14), fault(3, 10), paged(5))
UNNOTICED = told(load(0, 3), load(3, 10, SITE), load(10, 14), fault(3, 10))


def test_every_outage_is_noticed_passes_with_a_page_and_fails_without() -> None:
    assert every_outage_is_noticed()(NOTICED).verdict is Verdict.PASSED
    assert every_outage_is_noticed()(UNNOTICED).verdict is Verdict.FAILED
    assert every_outage_is_noticed(felt="8m")(UNNOTICED).verdict is Verdict.PASSED
    assert every_outage_is_noticed(within="1m")(NOTICED).verdict is Verdict.FAILED


def test_recovers_by_itself_fails_where_harm_outlasts_the_faults() -> None:
    ill = told(load(0, 3), load(3, 16, SITE), fault(3, 6), paged(4))
    assert recovers_by_itself()(NOTICED).verdict is Verdict.PASSED
    assert recovers_by_itself()(ill).verdict is Verdict.FAILED
    assert recovers_by_itself(within="12m")(ill).verdict is Verdict.PASSED


def test_nobody_is_paged_about_nothing_fails_for_a_page_on_a_good_day() -> None:
    assert nobody_is_paged_about_nothing()(NOTICED).verdict is Verdict.PASSED
    assert nobody_is_paged_about_nothing()(told(load(0, 10), paged(5))).verdict is Verdict.FAILED
