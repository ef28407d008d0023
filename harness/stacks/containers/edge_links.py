"""The links of a run, in the edge: driven through their control API, whose requests travel on the edge's own streams.

What they lead to on this machine's loopback is out of a container's reach, so a door stands between: a link without
toxics that listens where containers find this machine.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import Event, Hurt
from harness.faults.troubles import LinkCut, ToxicOn
from harness.ingress.records import Address
from harness.links import Links, LinkSettings
from harness.links.bodies import toxic_json
from harness.links.control import MOST_BODY_BYTES
from harness.stacks.containers.edge_container import EdgeContainer
from harness.stacks.containers.messages import Answered
from harness.stacks.run_links import OWN_CUT, URL_FILE, on_link
from harness.stacks.safety import refuse_unless_ours
from harness.telemetry.receiver import Server

VERBS = ["GET", "POST", "PATCH", "DELETE"]

_OPEN = re.compile(r'pizza_chaos_link_open_connections\{proxy="([^"]*)"\} (\d+)')


class EdgeLinks:
    """The links of one run, in its edge.

    Args:
        edge: where they are.
        gateway: the address at which containers find this machine.
        directory: the run's own, which gets `toxiproxy.url`.
        record: keeps Hurt.

    Cleanup: `close`.
    """

    def __init__(
        self, edge: EdgeContainer, *, gateway: str, directory: Path, record: Callable[[Event], object]
    ) -> None:
        self._edge = edge
        self._gateway = gateway
        self._directory = directory
        self._record = record
        self._api = Server(Starlette(routes=[Route("/{path:path}", self._pass_on, methods=VERBS)]))
        self._doors: Links | None = None
        self._shown: dict[str, Any] = {}
        """Every link as the control API last showed it; asked for again after whatever may have changed it."""

    async def open(self) -> None:
        """Wait for the edge, be ready to make links, and let the control API answer on this machine's loopback."""
        await self._edge.ready()
        self._doors = Links(permit=lambda host: refuse_unless_ours(f"http://{host}"))
        await self._api.start()
        (self._directory / URL_FILE).write_text(f"{self._api.url}\n")

    async def lead(self, name: str, *, to: str, listen: str = "") -> str:
        """Make a link that leads to this address; gives the URL at which it listens."""
        upstream = await self._reachable(name, to)
        body = {"name": name, "upstream": upstream, "listen": listen or f"{self._edge.names.host}:0"}
        await self._ask("POST", "/proxies", body)
        return self.url(name)

    def url(self, name: str) -> str:
        """Say where a link listens."""
        return f"http://{self._shown[name]['listen']}"

    async def close(self) -> None:
        """Take every toxic off, close every door and stop the control API; closing twice is fine."""
        doors, self._doors = self._doors, None
        if doors is None:
            return
        await self._api.stop()
        (self._directory / URL_FILE).unlink(missing_ok=True)
        with contextlib.suppress(HarnessError):  # an edge that has ended has nothing left to heal
            await self._ask("POST", "/reset")
        doors.close()

    # Troubles

    async def begin(self, trouble: ToxicOn | LinkCut) -> None:
        """Put a toxic on a link, or let the link refuse.

        Raises:
            ScenarioError: when there is no such link, as to the database of a service that keeps its data in a file.
        """
        if trouble.link not in self._shown:
            raise ScenarioError(unknown_name("link", trouble.link, known=self._shown))
        if isinstance(trouble, ToxicOn):
            await self._ask("POST", f"/proxies/{trouble.link}/toxics", toxic_json(on_link(trouble)))
            return
        broke_off = await self._open_connections(trouble.link)
        if broke_off:
            what = f"connections to the {trouble.link} that were open and broke off: {broke_off}"
            self._record(Hurt(trouble=trouble.name, what=what, times=broke_off))
        await self._ask("POST", f"/proxies/{trouble.link}", {"enabled": False, "called": OWN_CUT})

    async def end(self, trouble: ToxicOn | LinkCut) -> None:
        """Take it off again, or let the link listen where it did."""
        if not self.stands(trouble):
            return
        if isinstance(trouble, LinkCut):
            await self._ask("POST", f"/proxies/{trouble.link}", {"enabled": True})
        else:
            await self._ask("DELETE", f"/proxies/{trouble.link}/toxics/{on_link(trouble).name}")

    def stands(self, trouble: ToxicOn | LinkCut) -> bool:
        """Say whether it is still there; somebody may have taken it off through the API, or the edge is gone."""
        link = self._shown.get(trouble.link)
        if link is None or not self._edge.is_alive:
            return False
        if isinstance(trouble, LinkCut):
            return not link["enabled"]
        return any(toxic["name"] == on_link(trouble).name for toxic in link["toxics"])

    # Within

    async def _reachable(self, name: str, to: str) -> str:
        """Give an address as the edge reaches it: what is on this machine's loopback by a door."""
        host = Address.parse(to).host
        if host != "localhost" and not ip_address(host).is_loopback:
            return to
        assert self._doors is not None, "links are made after `open` and before `close`"
        door = await self._doors.create(LinkSettings(name, upstream=to, listen=f"{self._gateway}:0"))
        return door.listen

    async def _open_connections(self, name: str) -> int:
        counts = dict(_OPEN.findall((await self._ask("GET", "/metrics")).body))
        return int(counts.get(name, 0))

    async def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Answered:
        answered = await self._answered(method, path, body="" if body is None else json.dumps(body))
        if answered.status >= 400:
            message = f"the links in the edge refused {method} {path}: {answered.status} {answered.body.strip()}"
            raise HarnessError(message)
        return answered

    async def _answered(
        self, method: str, path: str, *, body: str = "", headers: Mapping[str, str] | None = None
    ) -> Answered:
        answered = await self._edge.ask(method, path, headers=headers or {}, body=body)
        if method != "GET":
            self._shown = json.loads((await self._edge.ask("GET", "/proxies", headers={}, body="")).body)
        return answered

    async def _pass_on(self, request: Request) -> Response:
        """Pass a request to the control API on to the edge, where it is judged."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY_BYTES:
                return PlainTextResponse(f"a request body has more than {MOST_BODY_BYTES} bytes\n", status_code=413)
        answered = await self._answered(
            request.method,
            request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            body=body.decode(errors="replace"),
            headers=dict(_judged(request.headers)),
        )
        return Response(answered.body, status_code=answered.status, headers=dict(_of_api(answered.headers)))


def _judged(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give the headers by which the control API tells whom it answers."""
    yield from ((name, headers[name]) for name in ("user-agent", "origin") if name in headers)


def _of_api(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give the headers that are the control API's own."""
    yield from ((name, value) for name, value in headers.items() if name != "content-length")
