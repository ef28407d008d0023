"""Links that run elsewhere, driven through their control API: Toxiproxy's own, or ours, which speaks the same.

Rules of this file: what is begun is owed to the lease first; a link that somebody else has spoiled is left alone; only
`notice` is called in another thread than the scenario's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import Event, Hurt
from harness.faults.troubles import LinkCut, ToxicOn
from harness.links.bodies import toxic_json
from harness.stacks.attached.lease import Ask, HealingLease
from harness.stacks.run_links import on_link

ANSWERS_WITHIN_SECONDS = 5.0

_HITS = re.compile(r"pizza_chaos_toxic_hits_total\{([^}]*)\} (\d+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class RemoteLinks:
    """The links of a system that is up.

    Args:
        url: of their control API.
        token: what that wants to see; "" for nothing.
        record: keeps Hurt.

    Cleanup: `close`.
    """

    def __init__(self, url: str, *, token: str, record: Callable[[Event], object]) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(timeout=ANSWERS_WITHIN_SECONDS, trust_env=False, headers=self._headers)
        self._record = record
        self._begun: dict[str, ToxicOn | LinkCut] = {}
        self._hits: dict[str, int] = {}

    def refuse_spoiled(self) -> None:
        """Look whether every link is whole, as it has to be before anything is measured.

        Raises:
            HarnessError: when one is not, for what somebody else has broken is not ours to heal; or nobody answers.
        """
        for name, link in self._all().items():
            toxics = ", ".join(toxic["name"] for toxic in link.get("toxics") or ())
            if toxics or not link.get("enabled", True):
                what = f"has toxics: {toxics}" if toxics else "is disabled"
                message = f"the link {name!r} at {self._url} {what}. Somebody is at work there: let them finish first."
                raise HarnessError(message)

    def begin(self, trouble: ToxicOn | LinkCut, *, lease: HealingLease) -> None:
        """Put a toxic on a link, or let the link refuse.

        Raises:
            ScenarioError: when there is no such link, or its API knows no such toxic.
        """
        links = self._all()
        if trouble.link not in links:
            raise ScenarioError(unknown_name("link", trouble.link, known=links))
        lease.owe(trouble.name, self._healing(trouble))
        self._begun[trouble.name] = trouble
        self._hits.pop(trouble.name, None)
        if isinstance(trouble, LinkCut):
            self._ask("POST", f"/proxies/{trouble.link}", {"enabled": False})
        else:
            self._ask("POST", f"/proxies/{trouble.link}/toxics", toxic_json(on_link(trouble)))

    def end(self, trouble: ToxicOn | LinkCut, *, lease: HealingLease) -> None:
        """Take it off again, or let the link listen; harmless when that is so."""
        if self.stands(trouble):
            healing = self._healing(trouble)
            self._ask(healing.method, healing.url.removeprefix(self._url), healing.body)
        self._begun.pop(trouble.name, None)
        lease.paid(trouble.name)

    def stands(self, trouble: ToxicOn | LinkCut) -> bool:
        """Say whether it is still there, by asking."""
        link = self._all().get(trouble.link, {})
        if isinstance(trouble, LinkCut):
            return not link.get("enabled", True)
        return any(toxic["name"] == on_link(trouble).name for toxic in link.get("toxics") or ())

    @property
    def standing(self) -> frozenset[str]:
        """The names of all that was begun and is still there."""
        return frozenset(name for name, trouble in tuple(self._begun.items()) if self.stands(trouble))

    def notice(self) -> None:
        """Ask what toxics have done since; Toxiproxy's own API does not count that, and then only diners can tell.

        Evidence: Hurt.
        """
        begun = (each for each in tuple(self._begun.values()) if isinstance(each, ToxicOn))
        toxics = {(each.link, on_link(each).name): each for each in begun}
        if not toxics:
            return
        for labels, count in _HITS.findall(self._ask("GET", "/metrics").text):
            said = dict(_LABEL.findall(labels))
            trouble = toxics.get((said.get("proxy", ""), said.get("toxic", "")))
            if trouble is None:
                continue
            news = int(count) - self._hits.get(trouble.name, 0)
            self._hits[trouble.name] = int(count)
            if news > 0:
                what = f"connections over the link {trouble.link}: {news}"
                self._record(Hurt(trouble=trouble.name, what=what, times=news))

    def close(self) -> None:
        """Ask nothing any more."""
        self._http.close()

    def _healing(self, trouble: ToxicOn | LinkCut) -> Ask:
        link = f"{self._url}/proxies/{trouble.link}"
        if isinstance(trouble, LinkCut):
            return Ask("POST", link, self._headers, {"enabled": True})
        return Ask("DELETE", f"{link}/toxics/{on_link(trouble).name}", self._headers)

    def _all(self) -> dict[str, Any]:
        found = self._ask("GET", "/proxies").json()
        return found if isinstance(found, dict) else {}

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        try:
            reply = self._http.request(method, f"{self._url}{path}", json=body)
        except httpx.HTTPError as error:
            message = f"no control API of links answers at {self._url}: {error}. Start it, or give its --control URL."
            raise HarnessError(message) from error
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            message = f"the control API at {self._url} wants its token: set PIZZA_CHAOS_TOKEN."
            raise HarnessError(message)
        if reply.is_error:
            message = (
                f"the control API at {self._url} refused {method} {path}: {reply.status_code} {reply.text.strip()}"
            )
            raise ScenarioError(message)
        return reply
