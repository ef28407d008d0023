import pytest

from harness.checks import judge
from harness.events import (
    AlertChanged,
    BalancerRemoved,
    PageAcknowledged,
    PageSent,
    RemedyPerformed,
    RequestFinished,
)
from harness.history import History
from harness.report.facts import Facts
from harness.report.lessons import Lesson, lessons
from tests.harness.checks.stories import changed, is_a, night, t, without


def drawn(history: History) -> tuple[Lesson, ...]:
    return lessons(Facts.of(history, judge(history, [])))


def test_lessons_of_the_night_are_those_of_its_report_and_more() -> None:
    causes = [lesson.cause for lesson in drawn(night())]
    assert len(causes) == 5
    assert causes[0].startswith("4 alerts went off for lack of data within 20 s")
    assert causes[1] == (
        "The page of 05:26 went up to level 3 and waited 4 h 33 min until somebody took it. "
        "Taken within 15 min, the same work would have been over 4 h 18 min sooner than 7 h 46 min."
    )
    assert "led to a load balancer that was gone for 7 h 46 min" in causes[2]
    assert "2 remedies in a row changed nothing, from 10:40 to 10:50" in causes[3]
    assert causes[4].endswith("it was followed at 13:24, 13 min 33 s later.")


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        (is_a(AlertChanged, reason="no data"), "for lack of data"),
        (is_a(PageSent, page="DatasourceNoData"), "waited"),
        (is_a(BalancerRemoved), "load balancer"),
        (is_a(RemedyPerformed, remedy="recreate service"), "in a row"),
    ],
)
def test_lesson_is_not_drawn_where_the_history_does_not_teach_it(left_out: object, missing: str) -> None:
    told = without(night(), left_out)  # type: ignore[arg-type]
    assert not any(missing in lesson.cause for lesson in drawn(told))


def test_lesson_of_the_report_url_needs_one_and_says_when_nobody_followed_it() -> None:
    none = changed(night(), is_a(RequestFinished), report_url="")
    unused = without(night(), is_a(RemedyPerformed, remedy="follow reportUrl"))
    assert not any("reportUrl" in lesson.cause for lesson in drawn(none))
    assert any("nobody followed it" in lesson.cause for lesson in drawn(unused))


def test_lesson_of_a_page_that_nobody_ever_took() -> None:
    causes = [lesson.cause for lesson in drawn(without(night(), is_a(PageAcknowledged)))]
    assert "Nobody ever took the page of 05:26 about “DatasourceNoData”, which reached level 3." in causes


def test_lesson_of_a_page_that_was_taken_soon_is_none() -> None:
    soon = changed(night(), is_a(PageAcknowledged, page="DatasourceNoData"), at=t("05:30"))
    assert not any("waited" in lesson.cause for lesson in drawn(soon))


def test_lesson_of_a_fault_that_was_missed_asks_for_an_alert() -> None:
    (first, *_) = drawn(without(night(), is_a(PageSent, page="PurchaseFailures")))
    assert first.cause == "Nobody was paged about factory_fail-2, though 160 requests failed of it."
    assert "every order fails" in first.action
