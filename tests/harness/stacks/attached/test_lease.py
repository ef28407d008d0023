from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.errors import HarnessError
from harness.stacks.attached.lease import Ask, HealingLease, Owed, Paid, Revive, pay, still_owed
from tests.harness.stacks.attached.serving import serving

LINK = Ask("POST", "http://127.0.0.1:8474/proxies/factory", {"Authorization": "Bearer x"}, {"enabled": True})
CHAOS = Ask("DELETE", "http://127.0.0.1:4000/api/admin/vendor")


def said(*messages: Owed | Paid) -> list[bytes]:
    return [msgspec.json.encode(message) + b"\n" for message in messages]


def test_lease_owes_what_was_not_paid_the_newest_first() -> None:
    lines = said(Owed("link", LINK), Owed("task", Revive("abc")), Owed("chaos", CHAOS), Paid("task"))
    assert still_owed(lines) == [CHAOS, LINK]


def test_lease_pays_with_the_request_that_was_owed() -> None:
    asked: list[tuple[str, str, bytes, str]] = []

    def hear(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, str(request.url), request.content, request.headers["authorization"]))
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(hear)) as client:
        pay(LINK, client=client)
    assert asked == [("POST", LINK.url, b'{"enabled":true}', "Bearer x")]


def test_lease_goes_on_to_the_next_where_nobody_answers() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody is there", request=request)

    with httpx.Client(transport=httpx.MockTransport(refuse)) as client:
        pay(LINK, client=client)


@pytest.mark.slow
def test_lease_puts_right_what_the_harness_left_behind_and_no_more() -> None:
    healed: list[Any] = []

    async def heal(request: Request) -> Response:
        healed.append(await request.json())
        return Response()

    with serving(Starlette(routes=[Route("/{what}", heal, methods=["POST"])])) as url:
        lease = HealingLease()
        lease.owe("left", Ask("POST", f"{url}/link", body={"enabled": True}))
        lease.owe("healed", Ask("POST", f"{url}/link", body={"enabled": False}))
        lease.paid("healed")
        lease.release()
        lease.release()
    assert healed == [{"enabled": True}]


@pytest.mark.slow
def test_lease_that_is_gone_lets_nothing_be_broken() -> None:
    lease = HealingLease()
    lease._keeper.kill()
    lease._keeper.wait()
    with pytest.raises(HarnessError, match=r"link was not begun: the lease that would heal it .* is gone"):
        lease.owe("link", LINK)
    lease.release()
