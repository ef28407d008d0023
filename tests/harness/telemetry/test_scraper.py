from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from harness.alerting import promql
from harness.alerting.promql import SeriesStore
from harness.events import MetricsReceived, TelemetryRejected
from harness.telemetry.scraper import Scraper

AT = 1_733_055_840.0


def incident(steady: float) -> datetime:
    return datetime.fromtimestamp(steady, UTC)


def scraper(store: SeriesStore, **more: float) -> Scraper:
    late = more.get("late", 0.0)
    return Scraper("pizza", instance="h:1", store=store, incident=incident, steady_of=lambda at: at - late)


def seen(store: SeriesStore, query: str, now: float) -> dict[str, float]:
    answer = promql.compile(query).at(store, now)
    assert isinstance(answer, list)
    return {str(each.labels): each.value for each in answer if isinstance(each, promql.Sample)}


def labelled(name: str, labels: Mapping[str, str] | None = None) -> str:
    inner = {**(labels or {}), "instance": "h:1", "job": "pizza"}
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in sorted(inner.items())) + "}"


def test_scrape_is_stored_under_its_target_at_its_time() -> None:
    store = SeriesStore()
    events = scraper(store).scrape(b'requests_total{method="GET"} 5\ncpu 0.5\n', AT)
    assert events == (MetricsReceived(source="pizza", samples=2, newest=incident(AT)),)
    assert seen(store, '{__name__=~".+"}', AT) == {
        labelled("requests_total", {"method": "GET"}): 5.0,
        labelled("cpu"): 0.5,
        labelled("up"): 1.0,
        labelled("scrape_samples_scraped"): 2.0,
    }


def test_scrape_whose_text_names_a_job_of_its_own_keeps_it_as_exported() -> None:
    store = SeriesStore()
    scraper(store).scrape(b'cpu{job="mine",instance="i"} 1', AT)
    assert list(seen(store, "cpu", AT)) == [labelled("cpu", {"exported_job": "mine", "exported_instance": "i"})]


def test_series_that_is_gone_from_a_scrape_ends_at_once_and_may_come_back() -> None:
    store = SeriesStore()
    target = scraper(store)
    target.scrape(b"a 1\nb 1", AT)
    target.scrape(b"a 2", AT + 15)
    assert seen(store, '{__name__=~"a|b"}', AT + 15) == {labelled("a"): 2.0}
    target.scrape(b"a 3\nb 3", AT + 30)
    assert seen(store, '{__name__=~"a|b"}', AT + 30) == {labelled("a"): 3.0, labelled("b"): 3.0}


def test_series_that_has_ended_is_not_ended_again() -> None:
    appended: list[str] = []

    class Counting(SeriesStore):
        def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
            appended.append(labels["__name__"])

    target = scraper(Counting())
    for text in (b"a 1", b"", b""):
        target.scrape(text, AT)
    assert appended.count("a") == 2


def test_scrape_that_cannot_be_read_stores_nothing_ends_every_series_and_says_why() -> None:
    store = SeriesStore()
    target = scraper(store)
    target.scrape(b"a 1", AT)
    (event,) = target.scrape(b"a 2\nb = 3", AT + 15)
    assert isinstance(event, TelemetryRejected)
    assert (event.endpoint, event.status) == ("h:1", 0)
    assert "line 2, column 3: expected a value" in event.reason
    assert seen(store, '{__name__=~"a|b|up"}', AT + 15) == {labelled("up"): 0.0}


def test_scrape_that_was_missed_ends_every_series_and_up_is_0() -> None:
    store = SeriesStore()
    target = scraper(store)
    target.scrape(b"a 1", AT)
    assert target.miss("connection refused", AT + 15) == (
        TelemetryRejected(endpoint="h:1", status=0, reason="connection refused"),
    )
    assert seen(store, '{__name__=~"a|up"}', AT + 15) == {labelled("up"): 0.0}
    target.scrape(b"a 2", AT + 30)
    assert seen(store, '{__name__=~"a|up"}', AT + 30) == {labelled("a"): 2.0, labelled("up"): 1.0}


def test_sample_with_a_time_of_its_own_is_stored_at_it_in_steady_time_and_does_not_end() -> None:
    store = SeriesStore()
    target = scraper(store, late=100.0)
    target.scrape(f"a 1 {(AT + 90) * 1000:.0f}".encode(), AT)
    assert seen(store, "timestamp(a)", AT) == {'{instance="h:1",job="pizza"}': AT - 10}
    target.scrape(b"", AT + 15)
    assert seen(store, "a", AT + 15) == {labelled("a"): 1.0}
