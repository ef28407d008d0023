"""The endpoint that the AWS CLI and boto3 talk to, on loopback: one call after the other, each on what is there then.

Rules of this file: nothing is answered under a foreign Host or to a page of another origin; nothing goes out.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.aws.scene import Order, Refusal, Scene
from harness.aws.service_events import ServiceEvents
from harness.aws.wire import Call, Reply, Sent, read
from harness.errors import HarnessError, ScenarioError
from harness.events import Event
from harness.ingress.control_plane import Site
from harness.ingress.description import Description

LARGEST_BYTES = 1024 * 1024
FORM = "application/x-www-form-urlencoded"

_OURS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call changes."""

    who: str
    """Whoever called."""
    title: str
    """What the command line calls it: `aws elbv2 create-load-balancer`."""
    orders: tuple[Order, ...]
    """What to do, in order."""


class Controls(Protocol):
    """What a run lets be seen and done; called from any thread."""

    @property
    def site(self) -> Site:
        """What is reached through the ingress."""
        ...

    def instant(self, steady: float) -> datetime:
        """Give the incident time of steady seconds."""
        ...

    def look(self) -> Description:
        """Give what the console shows right now."""
        ...

    def act(self, deed: Deed) -> None:
        """Do something to the deployment, and come back when it is done; raises HarnessError when it cannot be."""
        ...


class AwsEndpoint:
    """An ASGI application that speaks AWS for one run.

    Args:
        controls: of the run.
    """

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._events = ServiceEvents()
        self._one_at_a_time = threading.Lock()
        ways = [Route("/{path:path}", self._serve, methods=["GET", "POST"])]
        self.app = Starlette(routes=ways)

    def hear(self, event: Event) -> None:
        """Take note of what happens to the service, for whoever describes it later."""
        self._events.hear(event)

    def answer(self, sent: Sent) -> Reply:
        """Answer a call: read it, do what it orders, and tell what there is then."""
        call = read(sent)
        if isinstance(call, Reply):
            return call
        with self._one_at_a_time:
            return call.reply(self._answered(call))

    def _answered(self, call: Call) -> Mapping[str, Any] | Refusal:
        try:
            answer = call.perform(self._scene(), call.asked)
            if answer.orders:
                self._controls.act(Deed(call.who, f"aws {call.title}", answer.orders))
            return answer.tell(self._scene())
        except Refusal as refusal:
            return refusal
        except (HarnessError, ScenarioError) as error:
            return Refusal({"ecs": "ServerException"}.get(call.service, "ValidationError"), str(error))

    def _scene(self) -> Scene:
        controls = self._controls
        return Scene(controls.site, controls.look(), self._events.kept, controls.instant)

    async def _serve(self, request: Request) -> Response:
        if not _is_ours(request):
            return Response("This endpoint is for this machine only.\n", status_code=403, media_type="text/plain")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BYTES:
                return Response("The call is too large.\n", status_code=413, media_type="text/plain")
        reply = await run_in_threadpool(self.answer, _sent(request, bytes(body)))
        return Response(reply.body, status_code=reply.status, headers={"content-type": reply.content_type})


def _sent(request: Request, body: bytes) -> Sent:
    headers = {name.lower(): value for name, value in request.headers.items()}
    is_form = headers.get("content-type", "").startswith(FORM)
    form = tuple(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)) if is_form else ()
    return Sent(request.method, request.url.path, tuple(request.query_params.multi_items()), headers, form, body)


def _is_ours(request: Request) -> bool:
    return bool(_OURS.fullmatch(request.headers.get("host", ""))) and "origin" not in request.headers
