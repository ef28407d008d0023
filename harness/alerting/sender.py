"""Posts webhooks: the one place of this package that opens a connection, and only to this machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from harness.alerting.webhooks import Payload
from harness.durations import spoken
from harness.errors import ScenarioError
from harness.stacks.safety import refuse_unless_ours

PATIENCE = timedelta(seconds=10)
"""How long a receiver may take to answer, as Alertmanager gives it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a payload."""

    url: str
    """Where it was posted."""
    status: int
    """The receiver's HTTP status; 0 when there was no reply."""
    trouble: str = ""
    """Why there was none."""

    @property
    def has_arrived(self) -> bool:
        """Whether the receiver took it."""
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.url} answered {self.status}" if self.status else f"{self.url} did not answer: {self.trouble}"


async def deliver(payload: Payload, *, url: str, patience: timedelta = PATIENCE) -> Delivery:
    """Post a payload once; neither a redirect nor a proxy is followed.

    Raises:
        SafetyError: when the URL does not lead to this machine.
        ScenarioError: when it is none.
    """
    check_address(url)
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=patience.total_seconds()) as client:
            reply = await client.post(url, json=payload)
    except httpx.TimeoutException:
        return Delivery(url, 0, f"nothing came within {spoken(patience)}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Delivery(url, 0, str(error) or type(error).__name__)
    return Delivery(url, reply.status_code)


def check_address(url: str) -> None:
    """Refuse an address that nothing could be posted to, or nothing may.

    Raises:
        SafetyError: when it does not lead to this machine.
        ScenarioError: when it is none.
    """
    refuse_unless_ours(url)
    try:
        is_http = urlsplit(url).scheme in {"http", "https"} and urlsplit(url).port != 0
    except ValueError:  # a port that is none
        is_http = False
    if not is_http:
        message = f"{url!r} is no address to post to. Write one such as http://127.0.0.1:9099/hook."
        raise ScenarioError(message)
