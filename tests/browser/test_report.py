"""The report in a real browser: drawn soon, zoomed, read, in the dark, and on paper."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.checks import judge
from harness.events import RequestFinished
from harness.history import History
from harness.report.page import report_page
from tests.browser.chromium import Page, chromium, kept
from tests.harness.checks.stories import night, told
from tests.harness.checks.test_stories import expectations

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    directory = tmp_path_factory.mktemp("browser")
    with chromium(directory / "profile") as opened:
        yield opened


def written(directory: Path, history: History) -> Path:
    path = directory / "report.html"
    path.write_text(report_page(history, judge(history, expectations())))
    return path


def inked(page: Page) -> int:
    return int(
        page.ask("""(() => { const canvas = document.querySelector("canvas");
            const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let inked = 0; for (let at = 3; at < dots.length; at += 4) inked += dots[at] > 0; return inked })()""")
    )


def shown(page: Page) -> float:
    return float(page.ask("Number(document.getElementById('chart').dataset.zoom || 1)"))


def middle(page: Page) -> tuple[float, float]:
    page.ask("document.getElementById('chart').scrollIntoView()")
    x, y = page.ask("(() => { const box = document.querySelector('canvas').getBoundingClientRect();"
                    " return [box.x + box.width / 2, box.y + box.height / 2] })()")  # fmt: skip
    return x, y


def test_report_in_a_browser_zooms_by_keys_wheel_and_drag_and_back(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, night()))
    page.drawn()
    assert inked(page) > 1000
    assert b"PNG" in page.picture(kept(tmp_path, "report.png"))[:8]
    page.ask("document.getElementById('chart').focus()")
    page.press("+")
    assert shown(page) == 1.5
    page.press("Escape")
    assert shown(page) == 1
    x, y = middle(page)
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300)
    assert shown(page) == 1, "a page that is scrolled past does not zoom"
    x, y = middle(page)
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    page.mouse("mouseMoved", x + 100, y, button="left", buttons=1)
    page.mouse("mouseReleased", x + 100, y, button="left", clickCount=1)
    assert shown(page) > 5
    page.picture(kept(tmp_path, "report-zoomed.png"))
    nearer = shown(page)
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300)
    assert shown(page) > nearer, "once it was clicked, the wheel zooms"
    page.ask("document.getElementById('reset').click()")
    page.drawn()
    assert shown(page) == 1


def test_report_in_a_browser_tells_the_event_that_is_pointed_at(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, night()))
    middle(page)
    x, y = page.ask("""(() => { const box = document.querySelector("canvas").getBoundingClientRect();
        const place = marks.line.indexOf(Math.max(...marks.line)), unit = box.width / data.width;
        return [box.x + marks.x[place] * unit, box.y + y[place] * unit] })()""")
    page.mouse("mouseMoved", x, y)
    told_words = page.ask("said.textContent")
    assert "of history.jsonl" in told_words
    assert "diner-" in told_words
    assert " after 120 ms" in told_words


def test_report_in_a_browser_is_dark_at_night_and_prints(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, night()))
    light = page.ask("getComputedStyle(document.body).backgroundColor")
    page.night()
    assert page.ask("getComputedStyle(document.body).backgroundColor") != light
    page.picture(kept(tmp_path, "report-night.png"))
    assert page.printed().startswith(b"%PDF")


def test_report_on_a_phone_has_the_verdict_in_sight_and_scrolls_only_the_chart(page: Page, tmp_path: Path) -> None:
    page.command("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    page.open(written(tmp_path, night()))
    page.drawn()
    assert page.ask("document.documentElement.scrollWidth") == 390
    assert page.ask("document.querySelector('h1').getBoundingClientRect().right") <= 390
    page.picture(kept(tmp_path, "report-phone.png"))
    page.command("Emulation.clearDeviceMetricsOverride")


def test_report_of_a_hundred_thousand_events_answers_within_two_seconds(page: Page, tmp_path: Path) -> None:
    base = [event for event in night().events if isinstance(event, RequestFinished)]
    many = [
        replace(base[number % len(base)], latency_seconds=0.01 + number % 997 / 1000, diner=f"diner-{number % 300}")
        for number in range(100_000)
    ]
    path = written(tmp_path, told([*night().events, *many]))
    assert path.stat().st_size < 5_000_000
    began = time.perf_counter()
    page.open(path)
    page.ask("(() => { zoom(2, middle()); })()")
    page.drawn()
    took = time.perf_counter() - began
    assert inked(page) > 10_000
    page.picture(kept(tmp_path, "report-100000.png"))
    assert took < 10, f"two seconds on a quiet machine, not {took:.1f}: `python -m benchmarks.report` measures it"
