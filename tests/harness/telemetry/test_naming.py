from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.telemetry.naming import Instrument, label_name, metric_name


@pytest.mark.parametrize(
    ("name", "unit", "instrument", "expected"),
    [
        # The examples of the translator itself.
        ("cpu", "%", "gauge", "cpu_percent"),
        ("requests", "1", "counter", "requests_total"),
        ("latency", "ms", "counter", "latency_milliseconds_total"),
        ("activeUsers", "1", "gauge", "activeUsers_ratio"),
        ("http.server.request.duration", "s", "other", "http_server_request_duration_seconds"),
        # What the services of the course send, as their dashboards ask for it.
        ("http_requests_total", "1", "counter", "http_requests_total"),
        ("service_latency_ms", "ms", "gauge", "service_latency_ms_milliseconds"),
        ("pizza_revenue", "USD", "counter", "pizza_revenue_USD_total"),
        ("revenue_total", "USD", "counter", "revenue_USD_total"),
        ("active_users", "count", "counter", "active_users_count_total"),
        ("requests_per_minute", "rpm", "gauge", "requests_per_minute_rpm"),
        ("pizza_revenue", "$", "counter", "pizza_revenue_total"),
        ("Pizza Creation Failures", "1", "counter", "Pizza_Creation_Failures_total"),
        ("active_users", "", "gauge", "active_users"),
        ("http_requests_get", "", "counter", "http_requests_get_total"),
        # Units.
        ("uptime", "d", "gauge", "uptime_days"),
        ("uptime", "h", "gauge", "uptime_hours"),
        ("uptime", "min", "gauge", "uptime_minutes"),
        ("pause", "us", "gauge", "pause_microseconds"),
        ("pause", "ns", "gauge", "pause_nanoseconds"),
        ("memory", "By", "gauge", "memory_bytes"),
        ("memory", "KiBy", "gauge", "memory_kibibytes"),
        ("memory", "MiBy", "gauge", "memory_mebibytes"),
        ("memory", "GiBy", "gauge", "memory_gibibytes"),
        ("memory", "TiBy", "gauge", "memory_tibibytes"),
        ("memory", "KBy", "gauge", "memory_kilobytes"),
        ("memory", "MBy", "gauge", "memory_megabytes"),
        ("memory", "GBy", "gauge", "memory_gigabytes"),
        ("memory", "TBy", "gauge", "memory_terabytes"),
        ("oven", "Cel", "gauge", "oven_celsius"),
        ("mains", "Hz", "gauge", "mains_hertz"),
        ("size", "m", "gauge", "size_meters"),
        ("mains", "V", "gauge", "mains_volts"),
        ("mains", "A", "gauge", "mains_amperes"),
        ("heat", "J", "gauge", "heat_joules"),
        ("heat", "W", "gauge", "heat_watts"),
        ("weight", "g", "gauge", "weight_grams"),
        ("latency_seconds", "s", "gauge", "latency_seconds"),
        ("orders", "{order}", "counter", "orders_total"),
        ("orders", "{order}/s", "gauge", "orders_per_second"),
        ("speed", "m/s", "gauge", "speed_meters_per_second"),
        ("io", "By/m", "gauge", "io_bytes_per_minute"),
        ("io", "By/h", "gauge", "io_bytes_per_hour"),
        ("io", "By/d", "gauge", "io_bytes_per_day"),
        ("io", "By/w", "gauge", "io_bytes_per_week"),
        ("io", "By/mo", "gauge", "io_bytes_per_month"),
        ("io", "By/y", "gauge", "io_bytes_per_year"),
        ("io", "By/{order}", "gauge", "io_bytes"),
        # Suffixes.
        ("total_orders", "1", "counter", "orders_total"),
        ("ratio_hits", "1", "gauge", "hits_ratio"),
        ("hits", "1", "other", "hits"),
        ("hits", "1", "counter", "hits_total"),
        # What a name may hold.
        ("2xx", "", "counter", "_2xx_total"),
        ("a--b__c", "", "gauge", "a_b_c"),
        ("job:rate", "", "gauge", "job:rate"),
        ("größe", "", "gauge", "gr_e"),
        ("!!!", "", "gauge", ""),
        ("", "", "gauge", ""),
    ],
)
def test_metric_name_of_an_otlp_metric_is_what_prometheus_calls_it(
    name: str, unit: str, instrument: Instrument, expected: str
) -> None:
    assert metric_name(name, unit=unit, instrument=instrument) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("source", "source"),
        ("service.name", "service_name"),
        ("a..b", "a_b"),
        ("a__b", "a_b"),
        ("2xx", "key_2xx"),
        ("_hidden", "_hidden"),
        ("straße", "stra_e"),
        ("", ""),
        ("__", ""),
        ("é", ""),
    ],
)
def test_label_name_of_an_attribute_is_what_prometheus_calls_it(key: str, expected: str) -> None:
    assert label_name(key) == expected


@settings(deadline=None)
@given(name=st.text(), unit=st.text(), instrument=st.sampled_from(["counter", "gauge", "other"]))
def test_metric_name_of_any_text_is_a_valid_name_or_empty(name: str, unit: str, instrument: Instrument) -> None:
    assert re.fullmatch(r"([a-zA-Z_:][a-zA-Z0-9_:]*)?", metric_name(name, unit=unit, instrument=instrument))


@settings(deadline=None)
@given(key=st.text())
def test_label_name_of_any_text_is_a_valid_label_or_empty(key: str) -> None:
    assert re.fullmatch(r"([a-zA-Z_][a-zA-Z0-9_]*)?", label_name(key))
