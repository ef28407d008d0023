import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from pizza_service.settings import Push
from tests.pizza_service.conftest import OpenSite
from tests.pizza_service.kit import SETTINGS, STARTED_AT, Site, answer_with, fail_with, say_nothing
from tests.pizza_service.test_metrics import value

METRICS = Push("http://metrics.test/otlp", "1:secret")
LOGS = Push("http://logs.test/loki/api/v1/push", "2:secret")
REPORT_URL = "http://factory.test/api/support/vendor-key/report/azaaz47q"


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site(replace(SETTINGS, metrics=METRICS, logs=LOGS))


def metrics(site: Site) -> dict[str, Any]:
    payload = site.upstream.pushed("metrics.test")[-1]
    return {metric["name"]: metric for metric in payload["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]}


def lines(site: Site) -> list[tuple[str, str, dict[str, Any]]]:
    site.push_for(10.5)
    return [
        (stream["stream"]["type"], stream["stream"]["level"], json.loads(line))
        for push in site.upstream.pushed("logs.test")
        for stream in push["streams"]
        for _, line in stream["values"]
    ]


def test_push_comes_at_each_interval_and_first_after_one(site: Site) -> None:
    site.push_for(9.9)
    assert site.upstream.pushes == []
    site.push_for(35)
    assert len(site.upstream.pushed("metrics.test")) == 3
    assert value(metrics(site), "heartbeat") == 3


def test_push_carries_key_and_incident_time(site: Site) -> None:
    site.ask("GET", "/")
    site.push_for(10.5)
    sent = {push.url.host: push for push in site.upstream.pushes}
    assert str(sent["metrics.test"].url) == METRICS.url
    assert sent["metrics.test"].headers["authorization"] == "Bearer 1:secret"
    assert sent["logs.test"].headers["authorization"] == "Bearer 2:secret"
    assert {push.headers["content-type"] for push in sent.values()} == {"application/json"}
    point = metrics(site)["heartbeat"]["sum"]["dataPoints"][0]
    assert point["startTimeUnixNano"] == "1733055840250000000"
    assert point["timeUnixNano"] == f"{round((STARTED_AT + 10) * 1e6)}000"
    (stamp, _), *_ = site.upstream.pushed("logs.test")[0]["streams"][0]["values"]
    assert stamp == "1733055840250000000"


def test_push_of_a_quiet_interval_has_no_logs_but_metrics(site: Site) -> None:
    site.push_for(10.5)
    assert {push.url.host for push in site.upstream.pushes} == {"metrics.test"}


def test_push_interval_is_heeded(open_site: OpenSite) -> None:
    site = open_site(replace(SETTINGS, metrics=METRICS, push_interval=timedelta(seconds=2)))
    site.push_for(11)
    assert len(site.upstream.pushes) == 5


def test_push_without_addresses_ends_at_once(open_site: OpenSite) -> None:
    site = open_site()
    site.push_for(60)
    assert (site.upstream.pushes, site.runtime.monotonic()) == ([], 0)


@pytest.mark.parametrize(
    ("take", "words"),
    [
        (answer_with(401, {"message": "no such key"}), "refused telemetry: 401"),
        (fail_with(httpx.ConnectError("refused")), "took no telemetry: refused"),
        (say_nothing, "took no telemetry: silence"),
    ],
)
def test_push_that_fails_is_told_and_the_next_one_comes(
    site: Site, caplog: pytest.LogCaptureFixture, take: Any, words: str
) -> None:
    good = site.upstream.take
    site.upstream.take = take
    with caplog.at_level(logging.WARNING, logger="pizza_service"):
        site.push_for(35)
    assert words in caplog.text
    site.upstream.take = good
    before = len(site.upstream.pushed("metrics.test"))
    site.push_for(10.5)
    assert len(site.upstream.pushed("metrics.test")) == before + 1


def test_push_of_metrics_does_not_wait_for_a_dead_sink_of_logs(site: Site) -> None:
    async def only_metrics(request: httpx.Request) -> httpx.Response:
        return await (say_nothing(request) if request.url.host == "logs.test" else answer_with(200, {})(request))

    site.upstream.take = only_metrics
    site.ask("GET", "/")
    site.push_for(55)
    assert len(site.upstream.pushed("metrics.test")) == 5


def test_metrics_count_requests_log_ins_and_users(site: Site) -> None:
    token = site.sign_in()
    site.ask("PUT", "/api/auth", {"email": "d@jwt.com", "password": "wrong"})
    site.ask("POST", "/api/auth", {})
    site.ask("GET", "/api/order/menu", token=token)
    site.ask("GET", "/nowhere")
    site.ask("OPTIONS", "/api/order")
    site.ask("PUT", "/api/auth", content=b"{", headers={"Content-Type": "application/json"})
    site.push_for(10.5)
    counted = metrics(site)
    assert [value(counted, "http_requests", method=method) for method in ("GET", "PUT", "POST", "_OTHER")] == [
        2,
        3,
        1,
        1,
    ]
    assert value(counted, "auth_attempts", result="success") == 1
    assert value(counted, "auth_attempts", result="failure") == 2
    assert value(counted, "active_users") == 1
    assert (value(counted, "cpu_usage"), value(counted, "memory_usage")) == (12.5, 25)


def test_metrics_of_a_sale_count_pizzas_money_and_time(site: Site) -> None:
    async def slowly(_: httpx.Request) -> httpx.Response:
        await site.runtime.sleep(0.25)
        return httpx.Response(200, json={"jwt": "x"})

    site.upstream.make = slowly
    site.order(site.sign_in(), 1, 2, 3)
    site.push_for(10.5)
    counted = metrics(site)
    assert value(counted, "pizzas_sold") == 3
    assert value(counted, "pizza_revenue") == pytest.approx(0.15)
    assert value(counted, "pizza_creation_failures") == 0
    assert value(counted, "pizza_creation_latency") == pytest.approx(250)
    assert value(counted, "service_latency") == pytest.approx(125)


@pytest.mark.parametrize(
    "make", [answer_with(500, {}), answer_with(502, "<html>"), fail_with(httpx.ConnectError("refused")), say_nothing]
)
def test_metrics_of_an_order_the_factory_did_not_make_count_a_failure(site: Site, make: Any) -> None:
    site.upstream.make = make
    site.order(site.sign_in())
    site.push_for(10.5)
    counted = metrics(site)
    assert (value(counted, "pizza_creation_failures"), value(counted, "pizzas_sold")) == (1, 0)


def test_metrics_of_an_impossible_order_count_no_failure_of_the_factory(site: Site) -> None:
    site.order(site.sign_in(), 99)
    site.push_for(10.5)
    assert value(metrics(site), "pizza_creation_failures") == 0


def test_log_of_a_request_is_masked_and_complete(site: Site) -> None:
    site.ask("PUT", "/api/auth", {"email": "d@jwt.com", "password": "diner"})
    ((kind, level, line),) = lines(site)
    assert (kind, level) == ("http", "info")
    assert line == {
        "authorized": False,
        "path": "/api/auth",
        "method": "PUT",
        "statusCode": 200,
        "reqBody": '{"email":"d@jwt.com","password":"*****"}',
        "resBody": (
            '{"user":{"id":2,"name":"pizza diner","email":"d@jwt.com","roles":[{"role":"diner"}]},"token":"*****"}'
        ),
    }


def test_log_labels_are_component_level_and_type(site: Site) -> None:
    site.ask("GET", "/")
    site.push_for(10.5)
    (push,) = site.upstream.pushed("logs.test")
    assert push["streams"][0]["stream"] == {"component": "jwt-pizza-service", "level": "info", "type": "http"}


def test_log_of_a_refused_order_shows_the_report_url(site: Site) -> None:
    site.upstream.make = answer_with(500, {"message": "chaos monkey", "reportUrl": REPORT_URL})
    site.order(site.sign_in())
    factory, http = lines(site)[1:]
    assert factory[:2] == ("factory", "error")
    assert factory[2] == {
        "method": "POST",
        "path": "/api/order",
        "statusCode": 500,
        "reqBody": (
            '{"diner":{"id":2,"name":"pizza diner","email":"d@jwt.com"},"order":{"franchiseId":1,"storeId":1,'
            '"items":[{"menuId":1,"description":"Veggie","price":0.05}],"id":1}}'
        ),
        "resBody": json.dumps({"message": "chaos monkey", "reportUrl": REPORT_URL}, separators=(",", ":")),
    }
    assert http[:2] == ("http", "error")
    assert http[2]["authorized"] is True
    assert REPORT_URL in http[2]["resBody"]


def test_log_of_an_unreachable_factory_is_an_error_and_unhandled(site: Site) -> None:
    site.upstream.make = fail_with(httpx.ConnectError("refused"))
    site.order(site.sign_in())
    assert [entry[:2] for entry in lines(site)] == [
        ("http", "info"),
        ("factory", "error"),
        ("http", "error"),
        ("unhandledError", "error"),
    ]
    written = {kind: line for kind, _, line in lines(site)}
    assert (written["factory"]["statusCode"], written["factory"]["error"]) == (None, "fetch failed")
    assert written["unhandledError"] == {"message": "fetch failed", "status": 500, "path": "/api/order"}


def test_log_of_a_client_mistake_is_a_warning_and_not_unhandled(site: Site) -> None:
    site.ask("PUT", "/api/auth", {"email": "nobody@jwt.com", "password": "x"})
    site.ask("GET", "/api/user/me")
    assert [(kind, level, line["statusCode"]) for kind, level, line in lines(site)] == [
        ("http", "warn", 404),
        ("http", "warn", 401),
    ]


def test_log_is_not_kept_when_nobody_takes_it(open_site: OpenSite) -> None:
    site = open_site(replace(SETTINGS, metrics=METRICS))
    site.order(site.sign_in())
    assert site.app.state.telemetry.logs() is None
