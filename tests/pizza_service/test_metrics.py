from typing import Any

import pytest

from pizza_service.metrics import ACTIVE_FOR_SECONDS, Load, Meters, Origin, nanoseconds

ORIGIN = Origin("jwt-pizza-service", "task-1", started_at=1_733_055_840.0)
LOAD = Load(cpu_percent=12.5, memory_percent=25.0)
NOW = ORIGIN.started_at + 10


def collect(meters: Meters, now: float = NOW) -> dict[str, Any]:
    payload = meters.collect(now, load=LOAD, origin=ORIGIN)
    (resource,) = payload["resourceMetrics"]
    (scope,) = resource["scopeMetrics"]
    return {metric["name"]: metric for metric in scope["metrics"]}


def value(metrics: dict[str, Any], name: str, **labels: str) -> float | None:
    if name not in metrics:
        return None
    wanted = {"source": "jwt-pizza-service", **labels}
    points = (metrics[name].get("sum") or metrics[name]["gauge"])["dataPoints"]
    for point in points:
        if {item["key"]: item["value"]["stringValue"] for item in point["attributes"]} == wanted:
            return float(point["asInt"] if "asInt" in point else point["asDouble"])
    raise AssertionError(f"no point of {name} has exactly {wanted}")


def test_collect_at_first_sends_every_counter_at_zero() -> None:
    metrics = collect(Meters())
    for method in ("GET", "POST", "PUT", "DELETE", "_OTHER"):
        assert value(metrics, "http_requests", method=method) == 0
    for result in ("success", "failure"):
        assert value(metrics, "auth_attempts", result=result) == 0
    for name in ("pizzas_sold", "pizza_creation_failures", "pizza_revenue"):
        assert value(metrics, name) == 0
    assert value(metrics, "heartbeat") == 1


def test_collect_names_and_units_give_the_course_names_in_prometheus() -> None:
    meters = Meters()
    meters.count_request("GET", seconds=0.1)
    meters.count_failure(0.1)
    assert {name: metric["unit"] for name, metric in collect(meters).items()} == {
        "http_requests": "1",
        "auth_attempts": "1",
        "pizzas_sold": "1",
        "pizza_creation_failures": "1",
        "pizza_revenue": "1",
        "heartbeat": "1",
        "active_users": "",
        "cpu_usage": "%",
        "memory_usage": "%",
        "service_latency": "ms",
        "pizza_creation_latency": "ms",
    }


def test_collect_sum_is_cumulative_and_monotonic() -> None:
    assert collect(Meters())["pizzas_sold"] == {
        "name": "pizzas_sold",
        "unit": "1",
        "sum": {
            "dataPoints": [
                {
                    "startTimeUnixNano": "1733055840000000000",
                    "asInt": 0,
                    "timeUnixNano": "1733055850000000000",
                    "attributes": [{"key": "source", "value": {"stringValue": "jwt-pizza-service"}}],
                }
            ],
            "aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE",
            "isMonotonic": True,
        },
    }


def test_collect_gauge_is_a_double_of_now() -> None:
    assert collect(Meters())["cpu_usage"] == {
        "name": "cpu_usage",
        "unit": "%",
        "gauge": {
            "dataPoints": [
                {
                    "asDouble": 12.5,
                    "timeUnixNano": "1733055850000000000",
                    "attributes": [{"key": "source", "value": {"stringValue": "jwt-pizza-service"}}],
                }
            ]
        },
    }


def test_collect_revenue_is_a_double_also_when_whole() -> None:
    meters = Meters()
    assert "asDouble" in collect(meters)["pizza_revenue"]["sum"]["dataPoints"][0]
    meters.count_sale(2, revenue=3, seconds=0.1)
    assert "asDouble" in collect(meters)["pizza_revenue"]["sum"]["dataPoints"][0]


def test_collect_resource_names_service_and_instance() -> None:
    resource = Meters().collect(NOW, load=LOAD, origin=ORIGIN)["resourceMetrics"][0]["resource"]
    assert resource == {
        "attributes": [
            {"key": "service.name", "value": {"stringValue": "jwt-pizza-service"}},
            {"key": "service.instance.id", "value": {"stringValue": "task-1"}},
        ]
    }


def test_counters_keep_counting_over_pushes() -> None:
    meters = Meters()
    for push in (1, 2):
        meters.count_request("GET", seconds=0.1)
        meters.count_request("PATCH", seconds=0.1)
        meters.count_auth(is_good=False)
        meters.count_sale(3, revenue=0.15, seconds=0.1)
        meters.count_failure(0.1)
        metrics = collect(meters)
        assert value(metrics, "http_requests", method="GET") == push
        assert value(metrics, "http_requests", method="_OTHER") == push
        assert value(metrics, "auth_attempts", result="failure") == push
        assert value(metrics, "auth_attempts", result="success") == 0
        assert value(metrics, "pizzas_sold") == 3 * push
        assert value(metrics, "pizza_revenue") == pytest.approx(0.15 * push)
        assert value(metrics, "pizza_creation_failures") == push
        assert value(metrics, "heartbeat") == push


def test_latency_is_the_mean_since_the_last_push_and_silent_without_requests() -> None:
    meters = Meters()
    meters.count_request("GET", seconds=0.1)
    meters.count_request("GET", seconds=0.3)
    meters.count_sale(1, revenue=0.05, seconds=0.02)
    meters.count_failure(0.04)
    first, second = collect(meters), collect(meters)
    assert value(first, "service_latency") == pytest.approx(200)
    assert value(first, "pizza_creation_latency") == pytest.approx(30)
    assert value(second, "service_latency") is None
    assert value(second, "pizza_creation_latency") is None


def test_active_users_are_those_of_the_last_five_minutes() -> None:
    meters = Meters()
    meters.see(1, now=NOW)
    meters.see(2, now=NOW)
    meters.see(2, now=NOW + 100)
    assert value(collect(meters, NOW + 100), "active_users") == 2
    assert value(collect(meters, NOW + ACTIVE_FOR_SECONDS), "active_users") == 1
    assert value(collect(meters, NOW + 100 + ACTIVE_FOR_SECONDS), "active_users") == 0


@pytest.mark.parametrize(
    ("at", "text"), [(0, "0000"), (1733055840.25, "1733055840250000000"), (1733055840.1, "1733055840100000000")]
)
def test_nanoseconds_are_whole_microseconds(at: float, text: str) -> None:
    assert nanoseconds(at) == text
