from harness.events import AlertChanged, FaultRemoved
from harness.report.chart import HEIGHT, POINTS_AT_MOST, WIDTH, chart
from tests.harness.checks.stories import alert, is_a, load, night, plus, request, t, told, without


def test_chart_draws_every_request_inside_of_the_plot() -> None:
    drawn = chart(night())
    assert drawn.drawn == "All 654 requests drawn."
    assert len(drawn.points) == len(drawn.words) == 654
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in drawn.points)


def test_chart_draws_outcomes_in_shapes_of_their_own() -> None:
    drawn = chart(plus(night(), request("22:05:01", outcome="unknown")))
    assert (drawn.path("ok").count("h0"), drawn.path("unknown").count("z")) == (336, 1)
    assert drawn.path("failed").count("M") == 318


def test_chart_puts_slow_requests_higher() -> None:
    drawn = chart(told([*load("22:00", "22:01"), request("22:02", latency_seconds=30.0)]))
    slow, fast = drawn.points[-1], drawn.points[0]
    assert slow.y < fast.y
    assert [level.label for level in drawn.levels] == ["100 ms", "1 s", "10 s", "1 min 40 s"]


def test_chart_has_a_lane_for_each_thing_that_went_on() -> None:
    names = [lane.name for lane in chart(night()).lanes]
    assert names[:2] == ["balancer_missing-1", "factory_fail-2"]
    assert names[2:] == [
        *("Heartbeat", "PurchaseFailures", "PurchasesLow", "RequestsLow"),
        *("pages", "taken or left", "diagnosis", "remedies", "steps"),
    ]


def test_chart_shows_the_states_of_an_alert_one_after_another() -> None:
    lane = next(lane for lane in chart(night()).lanes if lane.name == "PurchaseFailures")
    assert [span.kind for span in lane.spans] == ["no-data", "firing"]
    assert lane.spans[0].words == "05:26:00 to 13:10:50 PurchaseFailures no data, for no data"


def test_chart_draws_what_never_ended_to_the_end() -> None:
    endless = without(night(), is_a(FaultRemoved, fault="factory_fail"))
    endless = plus(endless, alert("13:20", "Slow", "inactive > pending", "threshold"))
    lanes = {lane.name: lane for lane in chart(endless).lanes}
    for name in ("factory_fail-2", "Slow"):
        assert round(lanes[name].spans[0].x + lanes[name].spans[0].width) == WIDTH
    assert lanes["Slow"].spans[0].kind == "pending"


def test_chart_of_many_requests_says_what_it_left_out() -> None:
    many = [request(t("22:00"), latency_seconds=0.001 * number) for number in range(1, 6000)]
    drawn = chart(told([*many, request("22:01", error="500: boom")]))
    assert len(drawn.points) <= POINTS_AT_MOST
    assert "marks stand for 6,000 requests" in drawn.drawn
    assert sum(point.kind == "failed" for point in drawn.points) == 1


def test_chart_of_a_run_without_requests_or_alerts_is_empty_and_no_error() -> None:
    bare = without(night(), lambda event: not is_a(AlertChanged)(event))
    assert chart(bare).drawn == "All no requests drawn."
