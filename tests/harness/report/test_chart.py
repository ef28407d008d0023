import base64
from array import array

import pytest

from harness.events import AlertChanged, FaultRemoved
from harness.report.chart import HEIGHT, WIDTH, Chart, Scale, chart
from tests.harness.checks.stories import alert, is_a, load, night, plus, request, t, told, without


def column(drawn: Chart, name: str) -> list[float]:
    return list(array("f" if name in {"x", "latency"} else "I", base64.b64decode(drawn.marks.columns[name])))


def outcomes(drawn: Chart) -> list[int]:
    return [drawn.marks.kinds[int(kind)][0] for kind in column(drawn, "kind")]


def test_chart_draws_every_request_inside_of_the_plot() -> None:
    drawn = chart(night())
    assert drawn.drawn == "All 654 requests drawn."
    assert len(column(drawn, "x")) == len(column(drawn, "latency")) == 654
    assert all(0 <= x <= WIDTH for x in column(drawn, "x"))


def test_chart_tells_outcomes_apart() -> None:
    found = outcomes(chart(plus(night(), request("22:05:01", outcome="unknown"))))
    assert [found.count(number) for number in range(3)] == [336, 318, 1]


def test_chart_knows_the_line_and_the_words_of_each_request() -> None:
    drawn = chart(night())
    last = max(range(654), key=column(drawn, "line").__getitem__)
    line = int(column(drawn, "line")[last])
    event = night().events[line - 1]
    assert drawn.marks.diners[int(column(drawn, "who")[last])] == getattr(event, "diner")  # noqa: B009
    assert (1, "order", "500: Failed to fulfill order at factory") in drawn.marks.kinds


def test_chart_puts_slow_requests_higher() -> None:
    history = told([*load("22:00", "22:01"), request("22:02", latency_seconds=30.0)])
    scale = Scale.of([request("22:00"), request("22:02", latency_seconds=30.0)])
    assert 0 < scale.y(30.0) < scale.y(0.12) < HEIGHT
    assert [level.label for level in chart(history).levels] == ["100 ms", "1 s", "10 s", "1 min 40 s"]


def test_chart_has_a_lane_for_each_thing_that_went_on() -> None:
    names = [row.lane.name for row in chart(night()).rows]
    assert names[:6] == ["balancer_missing-1", "factory_fail-2", "deployment", "load balancer", "DNS", "tasks"]
    assert names[6:] == [
        *("Heartbeat", "PurchaseFailures", "PurchasesLow", "RequestsLow"),
        *("notifications", "pages", "acks", "diagnosis", "remedies", "steps"),
    ]


def test_chart_brackets_what_each_fault_took() -> None:
    lanes = {row.lane.name: row.lane for row in chart(night()).rows}
    labels = [bracket.label for bracket in lanes["balancer_missing-1"].brackets]
    assert labels == ["MTTD 2 min 40 s", "MTTA 4 h 33 min", "MTTR 7 h 46 min"]
    others = [bracket.label for bracket in lanes["factory_fail-2"].brackets]
    assert others == ["detection 5 h 11 min", "acknowledge 10 s", "reset 5 h 24 min"]


def test_chart_shows_the_states_of_an_alert_one_after_another() -> None:
    lane = next(row.lane for row in chart(night()).rows if row.lane.name == "PurchaseFailures")
    assert [span.kind for span in lane.spans] == ["no-data", "firing"]
    assert lane.spans[0].words.startswith("05:26:00 to 13:10:50 (7 h 44 min) alert PurchaseFailures: inactive to no")


def test_chart_draws_what_never_ended_to_the_end() -> None:
    endless = without(night(), is_a(FaultRemoved, fault="factory_fail"))
    endless = plus(endless, alert("13:20", "Slow", "inactive > pending", "threshold"))
    lanes = {row.lane.name: row.lane for row in chart(endless).rows}
    for name in ("factory_fail-2", "Slow"):
        assert round(lanes[name].spans[0].x + lanes[name].spans[0].width) == WIDTH
    assert lanes["Slow"].spans[0].kind == "pending"


def test_chart_of_many_requests_says_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.report.marks.MARKS_AT_MOST", 4000)
    many = [request(t("22:00"), latency_seconds=0.001 * number) for number in range(1, 6000)]
    drawn = chart(told([*many, request("22:01", error="500: boom")]))
    assert drawn.marks.drawn <= 4000
    assert "marks stand for 6,000 requests" in drawn.drawn
    assert outcomes(drawn).count(1) == 1
    assert sum(column(drawn, "stands")) == 6000


def test_chart_of_a_run_without_requests_or_alerts_is_empty_and_no_error() -> None:
    bare = without(night(), lambda event: not is_a(AlertChanged)(event))
    assert chart(bare).drawn == "There were no requests to draw."
