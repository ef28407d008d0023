import html.parser
import re

import pytest
from msgspec.structs import replace

from harness.checks import judge
from harness.events import RunStarted, StepStarted
from harness.history import History
from harness.report.page import report_page
from tests.harness.checks.stories import changed, is_a, night, plus, request, t, told, until
from tests.harness.checks.test_stories import expectations

VOID = {"meta", "line", "path", "rect"}


class Tags(html.parser.HTMLParser):
    """Follows tags, so that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def page(history: History) -> str:
    return report_page(history, judge(history, expectations()))


def test_page_is_well_formed_and_needs_no_network() -> None:
    text = page(night())
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not {"link", "img", "iframe", "object"} & set(tags.seen)
    assert not re.search(r"(src|href)=|@import|url\((?!#)", text)


def test_page_puts_verdict_proofs_and_checks_before_the_chart() -> None:
    text = page(night())
    places = [text.index(words) for words in ("PASSED", "<h2>Proofs", "<h2>Checks", "<svg", "<h2>The same as tables")]
    assert places == sorted(places)
    assert text.index("pizza-chaos run") < places[1]
    assert "nothing succeeds from 05:24 to 13:10" in text


def test_page_on_which_all_holds_folds_proofs_and_checks_so_that_the_chart_is_in_sight() -> None:
    assert "<details><summary>6 of 6 hold" in page(night())
    assert re.search(r"<details><summary>(\d+) of \1 passed", page(night()))
    assert "<details open><summary>0 of 3 hold" in page(told([night().events[0]]))


def test_page_of_a_run_that_failed_lists_what_failed_first_and_what_passed_last() -> None:
    cut = until(night(), "06:00")
    verdicts = re.findall(r'<td class="word (\w+)">\1</td>', page(cut))
    assert verdicts == sorted(verdicts, key=["failed", "unknown", "passed"].index)
    assert len(set(verdicts)) == 3


def test_page_of_a_run_without_a_fault_praises_no_pages() -> None:
    assert "no fault went without one" in page(night())
    assert "<small>no fault was applied" in page(told([night().events[0]]))


def test_page_shows_the_lines_that_a_check_rests_on() -> None:
    text = page(night())
    assert "found DNS: DNS points at a load balancer that no longer exists" in text
    assert re.search(r"<li>line \d+, 10:00:01: Jaquelyn took the page about DatasourceNoData</li>", text)


def test_page_says_what_was_crossed_and_draws_a_break_for_it() -> None:
    text = page(night())
    assert text.count('class="break"') == 8
    assert "2 h 21 min crossed by a jump" in text


def test_page_writes_a_word_beside_each_colour() -> None:
    text = page(night())
    for word in ("request ok", "request failed", "median latency", "no data", "fault", "task starting", "500: failed"):
        assert re.search(rf'<li><b style="color: var[^>]*>[^<]*</b>[^<]*{word}', text), word
    drawn = set(re.findall(r'class="span ([a-z0-9-]+)"', text))
    assert drawn <= set(re.findall(r'<b style="color: var\(--([a-z0-9-]+)\)"', text))


def test_page_escapes_what_came_from_outside() -> None:
    nasty = "</script><script>alert(1)</script>"
    history = plus(
        changed(night(), is_a(RunStarted), hypothesis=nasty), request("22:05:01", error=f"500: {nasty}", diner=nasty)
    )
    text = page(history)
    assert nasty not in text
    assert text.count("<script>") == 1


def test_page_tells_the_same_in_tables() -> None:
    text = page(night())
    assert re.search(r'<td class="t">05:26</td><td class="n">0</td><td class="n">\d+</td>', text)
    assert re.search(r"500: failed to fetch \(\d+ times\)", text)


def test_page_leaves_out_events_beyond_reading_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.report.page.EVENTS_AT_MOST", 100)
    steps = [StepStarted(at=t("22:01"), name=f"step {number}") for number in range(100)]
    text = page(told([*night().events, *steps]))
    assert re.search(r"<p>\d+ more are left out here", text)


def test_page_never_tells_the_vendors_key() -> None:
    assert "vendor-key" not in page(night())


def test_page_names_damage_of_the_history() -> None:
    assert "line 3 cannot be read" in page(History(night().events, ("line 3 cannot be read",)))


@pytest.mark.slow
def test_page_of_a_hundred_thousand_requests_is_small() -> None:
    one, other = request("22:00"), request("05:30", error="500: boom")
    spread = [0.0001 * number for number in range(100000)]
    many = [replace(other if number % 2 else one, latency_seconds=slow) for number, slow in enumerate(spread)]
    history = told([*night().events, *many])
    assert len(report_page(history, judge(history, []))) < 5_000_000
