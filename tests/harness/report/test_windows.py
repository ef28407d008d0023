from datetime import timedelta

from harness.events import Jumped, RequestFinished
from harness.report.chart import chart
from harness.report.panels import error_share, quantile_lines, request_rate
from harness.report.series import Axis
from harness.report.windows import Windows, runs_of
from tests.harness.checks.stories import load, night, request, t, told


def windows_of(*events: RequestFinished) -> Windows:
    axis = Axis.of((t("22:00"), t("23:00")), [], width=1000)
    return Windows.of(events, axis)


def test_windows_are_as_short_as_the_run_allows() -> None:
    dense = [request(t("22:00") + timedelta(seconds=number / 10)) for number in range(600)]
    assert windows_of(*dense).length == timedelta(seconds=5)
    sparse = [request(t("22:00") + timedelta(seconds=number * 10)) for number in range(60)]
    assert windows_of(*sparse).length == timedelta(minutes=2)


def test_windows_never_reach_across_a_jump() -> None:
    history = night()
    jumps = history.of(Jumped)
    for window in chart(history).windows.windows:
        assert not any(window.start < jump.at and jump.leaves < window.end for jump in jumps)


def test_windows_count_every_request_once() -> None:
    windows = chart(night()).windows.windows
    assert sum(window.tally.total for window in windows) == 654
    assert sum(number for window in windows for _, number in window.errors) == 318


def test_windows_give_a_quantile_that_some_request_had() -> None:
    slow = [request(f"22:00:{number}", latency_seconds=float(number)) for number in range(10, 30)]
    had = {float(number) for number in range(10, 30)}
    for window in windows_of(*slow).windows:
        assert set(window.latencies) <= had
        assert list(window.latencies) == sorted(window.latencies)


def test_quantile_lines_break_where_nobody_asked() -> None:
    history = told([*load("22:00", "22:02", every="1s"), *load("22:10", "22:12", every="1s")])
    drawn = chart(history)
    assert len(list(runs_of(drawn.windows.windows))) == 2
    axis = Axis.of((t("22:00"), t("22:12")), [], width=1000)
    lines = dict(quantile_lines(drawn.windows, axis, height_of=lambda _: 1.0))
    assert lines["p50"].count("M") == 2


def test_panels_stack_to_the_height_they_stand_for() -> None:
    axis = Axis.of((t("22:00"), t("22:01")), [], width=1000)
    half = [request(f"22:00:{number}", error="500: boom" if number % 2 else "") for number in range(10, 30)]
    windows = Windows.of(half, axis)
    share = error_share(windows, axis, top=0, height=108)
    assert {round(bar.height) for bar in share.bars} <= {40, 50, 60}
    assert share.legend == (("kind-0", "500: boom"),)
    assert "50% failed: 500: boom" in share.bars[-1].span.words
    rate = request_rate(windows, axis, top=0, height=108)
    assert {bar.span.kind for bar in rate.bars} == {"ok", "failed"}
