from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from harness.alerting.promql import Sample, SeriesStore, compile  # noqa: A004 - as in re.compile
from harness.errors import SafetyError, ScenarioError
from harness.events import Event, MetricsReceived, TelemetryRejected
from harness.telemetry import LogStore, Sink, scraping
from harness.telemetry.scraping import Scraping

NOW = 1000.0


def sink(store: SeriesStore) -> Sink:
    return Sink(store=store, logs=LogStore(), incident=lambda at: datetime.fromtimestamp(at, UTC))


def scraped(*replies: httpx.Response | Exception) -> tuple[SeriesStore, list[Event]]:
    """Scrape a target that answers like this, every 15 s."""
    store, events, left = SeriesStore(), list[Event](), list(replies)
    target = Scraping("http://127.0.0.1:9100/metrics", sink=sink(store), record=events.append)

    def answer(_: httpx.Request) -> httpx.Response:
        reply = left.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def scraping_all() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            for number in range(len(replies)):
                await target.once(client, lambda at=NOW + 15 * number: at)  # type: ignore[misc]

    asyncio.run(scraping_all())
    return store, events


def value(store: SeriesStore, text: str, now: float) -> list[float]:
    found = compile(text).at(store, now)
    assert isinstance(found, list)
    return [each.value for each in found if isinstance(each, Sample)]


def test_target_is_scraped_with_its_job_and_its_address() -> None:
    store, events = scraped(httpx.Response(200, text='sold{menu="1"} 5\n'))
    assert value(store, 'sold{job="scraped",instance="127.0.0.1:9100"}', NOW) == [5.0]
    assert value(store, "up", NOW) == [1.0]
    assert [type(event) for event in events] == [MetricsReceived]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (httpx.Response(503), "answered 503"),
        (httpx.ConnectError("refused"), "did not answer: refused"),
        (httpx.Response(200, text="{"), "Prometheus text, line 1"),
    ],
)
def test_scrape_that_fails_ends_every_series_and_says_why(reply: httpx.Response | Exception, reason: str) -> None:
    store, events = scraped(httpx.Response(200, text="sold 5\n"), reply)
    assert (value(store, "sold", NOW + 15), value(store, "up", NOW + 15)) == ([], [0.0])
    (refused,) = (event for event in events if isinstance(event, TelemetryRejected))
    assert reason in refused.reason


def test_target_that_exposes_too_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scraping, "MOST_BYTES", 10)
    _, (refused,) = scraped(httpx.Response(200, text="x" * 11))
    assert isinstance(refused, TelemetryRejected)
    assert "exposes more than 10 bytes" in refused.reason


@pytest.mark.parametrize(
    ("url", "error"), [("http://10.1.1.1/metrics", SafetyError), ("file://localhost/x", ScenarioError)]
)
def test_target_that_may_not_be_scraped_is_refused(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        Scraping(url, sink=sink(SeriesStore()), record=print)
