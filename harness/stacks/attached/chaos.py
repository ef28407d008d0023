"""The chaos of a factory that runs elsewhere: begun as its vendor, ended as its administrator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from harness.errors import HarnessError, ScenarioError
from harness.stacks.attached.lease import Ask, HealingLease
from harness.stacks.attached.system import ANSWERS_WITHIN_SECONDS, AttachedSystem

OWED = "factory/chaos"


class AdministeredChaos:
    """What the factory of an attached system does wrong on purpose.

    Args:
        system: whose factory it is, and the keys to that.

    Raises:
        HarnessError: when the factory does not answer, or does not know the vendor.

    Cleanup: `close`.
    """

    def __init__(self, system: AttachedSystem) -> None:
        self._system = system
        self._http = httpx.Client(base_url=system.factory_url, timeout=ANSWERS_WITHIN_SECONDS, trust_env=False)

    def refuse_begun(self) -> None:
        """Make sure that nobody else has begun any.

        Raises:
            HarnessError: when somebody has, for it is theirs to end.
        """
        if self.mode() != "none":
            message = f"the factory at {self._system.factory_url} is in chaos already: {self.mode()}. Let it end first."
            raise HarnessError(message)

    def mode(self) -> str:
        """Say what it does wrong: `fail`, `throttle`, `badjwt` or `none`."""
        return str(self._vendor().get("chaos", {}).get("type", "none"))

    def set(self, mode: str, *, lease: HealingLease) -> None:
        """Make it misbehave, or behave again with `none`.

        Raises:
            ScenarioError: when the administrator's key does not fit, so that nobody could end it.
        """
        healing = Ask(
            "DELETE",
            f"{self._system.factory_url}/api/admin/vendor",
            _bearer(self._system.admin_key),
            {"id": self._vendor()["id"], "deleteType": "chaos"},
        )
        if mode == "none":
            self._ask(healing.method, healing.url, headers=healing.headers, body=healing.body)
            lease.paid(OWED)
            return
        self._require_administrator()
        lease.owe(OWED, healing)
        self._ask("PUT", f"/api/vendor/chaos/{mode}", headers=_bearer(self._system.vendor_key))

    def close(self) -> None:
        """Ask nothing any more."""
        self._http.close()

    def _require_administrator(self) -> None:
        try:
            self._ask("GET", "/api/admin/vendors", headers=_bearer(self._system.admin_key))
        except HarnessError as error:
            message = (
                f"the factory's chaos was not begun, for nobody here could end it: {error} "
                "Set PIZZA_CHAOS_ADMIN_KEY to the key of one of its administrators."
            )
            raise ScenarioError(message) from error

    def _vendor(self) -> dict[str, Any]:
        try:
            reply = self._ask("GET", "/api/vendor", headers=_bearer(self._system.vendor_key))
        except HarnessError as error:
            message = f"{error} Set PIZZA_CHAOS_VENDOR_KEY to the key of your vendor, or give --factory none."
            raise HarnessError(message) from error
        found: dict[str, Any] = reply.json()
        return found

    def _ask(
        self, method: str, path: str, *, headers: Mapping[str, str], body: Mapping[str, object] | None = None
    ) -> httpx.Response:
        try:
            reply = self._http.request(method, path, headers=dict(headers), json=body)
        except httpx.HTTPError as error:
            message = f"the factory at {self._system.factory_url} does not answer: {error or type(error).__name__}."
            raise HarnessError(message) from error
        if reply.is_error:
            said = f"{reply.status_code} {reply.text.strip()}"
            message = f"the factory at {self._system.factory_url} answered {method} {path} with {said}."
            raise HarnessError(message)
        return reply


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
