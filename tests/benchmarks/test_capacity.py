"""The page on capacity: what is measured is said, and what a busy machine spoiled is not believed."""

from __future__ import annotations

from benchmarks.capacity import PARTS, Seen, carried, page
from benchmarks.page import between_marks


def seen(diners: int, *, requests: int, core: float) -> Seen:
    """A load that was looked at for 10 s of the wall's at speed 20, in which the service took so much of a core."""
    processor = dict.fromkeys(PARTS, 0.1) | {"pizza_service": 10 * core}
    return Seen(diners, 10.0, requests, [0.05] * requests, 200.0, processor)


def test_diners_that_a_core_carries_follow_from_what_a_request_takes() -> None:
    usual = seen(60, requests=1000, core=0.1)
    assert usual.milliseconds("pizza_service") == 1.0
    assert round(carried(usual, "pizza_service")) == round(0.8 * 1000 / (1000 / 60 / 10))


def test_page_names_the_part_that_was_full_when_diners_got_less() -> None:
    usual, full = seen(60, requests=1000, core=0.1), seen(600, requests=5000, core=0.95)
    said = "\n".join(page({1: usual, 2: usual}, [usual, full]))
    assert "| part | ms a request, 1 worker | ms a request, 2 workers | diners" in said
    assert "| 600 | 500 | 50% | 50 | the bundled service (one task), 95% of a core |" in said
    assert said.endswith(
        "At 600 diners they got 50% of what they ask for; "
        "the bundled service (one task) was the busiest part, 95% of a core."
    )


def test_page_believes_nothing_of_a_machine_that_was_busy_with_other_things() -> None:
    usual, slow = seen(60, requests=1000, core=0.1), seen(120, requests=1200, core=0.2)
    assert list(page({1: usual}, [usual, slow]))[-1].endswith(
        "busy, but the machine was, with other things: measure again."
    )


def test_page_says_that_nothing_was_full_where_nothing_was() -> None:
    usual = seen(60, requests=1000, core=0.1)
    assert list(page({1: usual}, [usual]))[-1] == "Nothing was full at 60 diners."


def test_what_lies_outside_the_marks_is_left_alone() -> None:
    marks = [f"<!-- python -m me --write: {word} -->\n" for word in ("begins", "ends")]
    before = f"# Title\n\n{marks[0]}old\n{marks[1]}\n## More\n"
    once = between_marks(before, ["new"], by="me")
    assert once == f"# Title\n\n{marks[0]}\nnew\n\n{marks[1]}\n## More\n"
    assert between_marks(once, ["new"], by="me") == once
