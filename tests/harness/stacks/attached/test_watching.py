from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.alerting.promql import SeriesStore
from harness.errors import HarnessError
from harness.stacks.attached.watching import WatchedEngine
from tests.harness.alerting.real.test_readings import alert, rule
from tests.harness.stacks.attached.serving import serving

WALL = 1210.0
"""What the wall says when steady time is 210 s; the rules' instants are of these seconds."""


class Prometheus:
    """Says of its rules what it is told to say."""

    def __init__(self) -> None:
        self.says: dict[str, Any] = rule()
        self.engine: WatchedEngine

    async def answer(self, request: Request) -> Response:
        assert str(request.url).endswith("/api/v1/rules?type=alert")
        return JSONResponse(self.says)


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    told = Prometheus()
    with serving(Starlette(routes=[Route("/{path:path}", told.answer)])) as url:
        told.engine = WatchedEngine((), SeriesStore(), url=url, wall=lambda: WALL)
        yield told
        told.engine.close()


def test_alert_that_begins_to_fire_is_a_transition_and_stands(prometheus: Prometheus) -> None:
    assert prometheus.engine.tick(210.0).events == ()
    prometheus.says = rule(alert("firing"))
    seen = prometheus.engine.tick(211.0)
    assert [(each.rule, each.previous, each.state) for each in seen.events] == [("Errors", "inactive", "firing")]
    assert [(each.rule, round(each.starts_at, 2)) for each in seen.alerts] == [("Errors", 210.0)]
    prometheus.says = rule(at="20.5")
    assert [each.state for each in prometheus.engine.tick(220.6).events] == ["inactive"]


def test_alert_that_fired_before_the_run_is_no_news_and_stands_all_the_same(prometheus: Prometheus) -> None:
    prometheus.says = rule(alert("firing"))
    seen = prometheus.engine.tick(210.0)
    assert (seen.events, [each.rule for each in seen.alerts]) == ((), ["Errors"])
    assert prometheus.engine.tick(211.3).events == ()


def test_alert_that_is_pending_does_not_stand(prometheus: Prometheus) -> None:
    prometheus.says = rule(alert("pending"), waits=60)
    assert prometheus.engine.tick(210.0).alerts == ()


def test_rule_that_cannot_be_evaluated_is_a_failure(prometheus: Prometheus) -> None:
    prometheus.says = rule(error="many-to-many matching")
    assert prometheus.engine.tick(210.0).failures == {"Errors": "many-to-many matching"}


def test_prometheus_is_asked_once_a_second(prometheus: Prometheus) -> None:
    assert prometheus.engine.next_due(5.0) == 5.0
    prometheus.engine.tick(10.0)
    assert prometheus.engine.next_due(10.2) == 11.0


def test_prometheus_that_does_not_answer_is_named() -> None:
    engine = WatchedEngine((), SeriesStore(), url="http://127.0.0.1:9", wall=lambda: WALL)
    with pytest.raises(HarnessError, match=r"Prometheus does not answer at http://127\.0\.0\.1:9"):
        engine.tick(1.0)
    engine.close()
