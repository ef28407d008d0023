"""Fetches what a target exposes of itself, again and again, over HTTP and from this machine alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from harness.clock import WallClock
from harness.errors import ScenarioError
from harness.events import Event
from harness.stacks.safety import refuse_unless_ours
from harness.telemetry.scraper import Scraper
from harness.telemetry.sink import Sink

INTERVAL = timedelta(seconds=15)
"""How often a target is scraped, in incident time."""

MOST_BYTES = 16 * 2**20
"""How much a target may expose."""

_PATIENCE_SECONDS = 10.0


class Scraping:
    """Scrapes one target.

    Args:
        url: where it exposes its metrics.
        sink: says where samples go, and what time is.
        record: keeps each event.

    Raises:
        SafetyError: when the URL does not lead to this machine.
        ScenarioError: when it is none.
    """

    def __init__(self, url: str, *, sink: Sink, record: Callable[[Event], object]) -> None:
        refuse_unless_ours(url)
        if urlsplit(url).scheme not in {"http", "https"}:
            message = f"{url!r} cannot be scraped. Write an address such as http://127.0.0.1:9100/metrics."
            raise ScenarioError(message)
        self._url = url
        self._record = record
        self._scraper = Scraper(
            "scraped",
            instance=urlsplit(url).netloc,
            store=sink.store,
            incident=sink.incident,
            steady_of=sink.steady_of,
        )

    async def go_on(self, clock: WallClock) -> None:
        """Scrape until cancelled.

        Evidence: MetricsReceived for each scrape; TelemetryRejected, with status 0, for each that failed.
        """
        async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_SECONDS) as client:
            while True:
                await self.once(client, clock.steady)
                await clock.sleep(INTERVAL)

    async def once(self, client: httpx.AsyncClient, steady: Callable[[], float]) -> None:
        """Scrape once."""
        fetched = await self._fetched(client)
        now = steady()
        events = self._scraper.miss(fetched, now) if isinstance(fetched, str) else self._scraper.scrape(fetched, now)
        for event in events:
            self._record(event)

    async def _fetched(self, client: httpx.AsyncClient) -> bytes | str:
        """Give what the target exposes, or say why there is nothing."""
        body = bytearray()
        try:
            async with client.stream("GET", self._url, headers={"accept": "text/plain;version=0.0.4"}) as reply:
                if reply.status_code != httpx.codes.OK:
                    return f"{self._url} answered {reply.status_code}"
                async for chunk in reply.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        return f"{self._url} exposes more than {MOST_BYTES} bytes"
        except httpx.HTTPError as error:
            return f"{self._url} did not answer: {error or type(error).__name__}"
        return bytes(body)
