import gzip
import json
from typing import Any, get_args

import pytest

from harness.faults.troubles import Spoiling
from harness.telemetry import otlp
from harness.telemetry.pushes import PushRefused, Sample
from harness.telemetry.spoiling import Spoiler, misdate

AT = 1_700_000_000
LIMIT = 10_000


def pushed(*, count: int = 12, cpu: float = 40.5, at: int = AT) -> bytes:
    """A push of one counter and one gauge."""
    stamp = {"timeUnixNano": f"{at}000000000", "startTimeUnixNano": "1"}
    kind = {"aggregationTemporality": 2, "isMonotonic": True}
    counter = {"name": "orders", "sum": {"dataPoints": [{"asInt": count, **stamp}], **kind}}
    gauge = {"name": "cpu", "gauge": {"dataPoints": [{"asDouble": cpu, **stamp}]}}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [counter, gauge]}]}]}).encode()


def spoilt(how: Spoiling, *pushes: bytes) -> list[Sample]:
    """What is stored of the last of some pushes."""
    spoiler = Spoiler(how)
    bodies = [spoiler.spoil(push, max_bytes=LIMIT)[0] for push in pushes or (pushed(),)]
    return otlp.read_json(bodies[-1])


def values(samples: list[Sample]) -> dict[str, float]:
    return {sample.labels["__name__"]: sample.value for sample in samples}


def test_push_without_data_points_stores_nothing() -> None:
    assert spoilt("no_points") == []


def test_push_without_values_stores_zeros() -> None:
    assert values(spoilt("no_value")) == {"orders_total": 0.0, "cpu": 0.0}


@pytest.mark.parametrize("how", ["null", "text"])
def test_push_with_what_is_no_whole_number_is_refused(how: Spoiling) -> None:
    with pytest.raises(PushRefused, match="orders"):
        spoilt(how)


def test_number_as_text_has_two_decimals() -> None:
    body, _ = Spoiler("text").spoil(pushed(), max_bytes=LIMIT)
    assert b'"12.00"' in body
    assert b'"40.50"' in body


def test_push_of_what_is_no_longer_recorded_ends_every_series() -> None:
    assert all(sample.value != sample.value for sample in spoilt("no_longer_recorded"))


def test_gauge_that_is_frozen_stays_while_the_counter_goes_on() -> None:
    assert values(spoilt("frozen_gauge", pushed(), pushed(count=20, cpu=90))) == {"orders_total": 20.0, "cpu": 40.5}


def test_counter_that_is_reset_counts_since_the_last_push_while_the_gauge_goes_on() -> None:
    assert values(spoilt("counter_reset", pushed(), pushed(count=20, cpu=90))) == {"orders_total": 8.0, "cpu": 90.0}


def test_same_metric_of_another_process_is_another_series() -> None:
    other: dict[str, Any] = json.loads(pushed(count=3))
    other["resourceMetrics"][0]["resource"] = {"attributes": [{"key": "host", "value": {"stringValue": "b"}}]}
    assert values(spoilt("counter_reset", pushed(), json.dumps(other).encode()))["orders_total"] == 3.0


def test_timestamps_move_by_as_much_as_was_asked() -> None:
    body, changed = misdate(pushed(), by_seconds=-600, max_bytes=LIMIT)
    assert changed == 2
    assert {sample.at for sample in otlp.read_json(body)} == {AT - 600}


def test_packed_push_is_unpacked_and_changed() -> None:
    body, changed = Spoiler("no_value").spoil(gzip.compress(pushed()), max_bytes=LIMIT)
    assert changed == 2
    assert values(otlp.read_json(body)) == {"orders_total": 0.0, "cpu": 0.0}


@pytest.mark.parametrize("how", get_args(Spoiling))
@pytest.mark.parametrize(
    "body", [b"not JSON", b"{}", b"", b'{"resourceMetrics": [1, {"scopeMetrics": 2}]}', b"cpu value=1 one"]
)
def test_whatever_cannot_be_read_comes_out_as_it_went_in(how: Spoiling, body: bytes) -> None:
    assert Spoiler(how).spoil(body, max_bytes=LIMIT) == (body, 0)
    assert misdate(body, by_seconds=5, max_bytes=LIMIT) == (body, 0)
