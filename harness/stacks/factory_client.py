"""The factory as its operators reach it: what it is doing wrong, and making it do that."""

from __future__ import annotations

from typing import Any

import httpx

from harness.errors import HarnessError
from harness.stacks.services.service import ServiceUnderTest

ANSWERS_WITHIN_SECONDS = 10.0


class FactoryClient:
    """Talks to one factory on behalf of the vendor under test.

    Args:
        url: where it listens.
        service: the service whose vendor it is.
        transport: how it is reached, when not over a socket.
    """

    def __init__(self, url: str, *, service: ServiceUnderTest, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        """Where it listens."""
        self._service = service
        self._transport = transport

    def chaos(self) -> str:
        """Say what the factory is doing wrong: `fail`, `throttle`, `badjwt` or `none`."""
        return str(self._vendor().get("chaos", {}).get("type", "none"))

    def set_chaos(self, mode: str) -> None:
        """Make it misbehave, or behave again with `none`."""
        if mode != "none":
            self._ask("PUT", f"/api/vendor/chaos/{mode}", key=self._service.vendor_key)
        elif self.chaos() != "none":
            body = {"vendorId": self._vendor()["id"], "type": "none"}
            self._ask("PUT", "/api/admin/chaos", key=self._service.admin_key, body=body)

    def _vendor(self) -> dict[str, Any]:
        return self._ask("GET", "/api/vendor", key=self._service.vendor_key)

    def _ask(self, method: str, path: str, *, key: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        try:
            with httpx.Client(transport=self._transport, timeout=ANSWERS_WITHIN_SECONDS, trust_env=False) as client:
                reply = client.request(method, f"{self.url}{path}", headers=headers, json=body)
            reply.raise_for_status()
        except httpx.HTTPError as error:
            message = (
                f"the factory did not do {method} {path}: {error}. Look at the factory's log in the run's directory."
            )
            raise HarnessError(message) from error
        answer = reply.json()
        return answer if isinstance(answer, dict) else {}
