"""An account whose AWS is a control plane without processes: boto3 talks to it in memory, bytes and all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
from botocore.awsrequest import AWSResponse

from harness.aws.endpoint import FORM, AwsEndpoint, Deed
from harness.aws.wire import Sent
from harness.ingress.control_plane import Site
from harness.ingress.description import Description
from tests.harness.ingress.cloud import Cloud

BEGAN = datetime(2024, 12, 1, 5, 0, tzinfo=UTC)


class Account:
    """The controls of a cloud that has no processes, and clients for them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.deeds: list[Deed] = []
        self.endpoint = AwsEndpoint(self)
        self._heard = 0

    @property
    def site(self) -> Site:
        return self.cloud.plane.site

    def instant(self, steady: float) -> datetime:
        return BEGAN + timedelta(seconds=steady)

    def look(self) -> Description:
        return self.cloud.console()

    def act(self, deed: Deed) -> None:
        self.deeds.append(deed)
        for order in deed.orders:
            self.cloud.does(order(self.cloud.plane, self.cloud.now))

    def client(self, service: str, *, region: str = "us-east-1", who: str = "ana") -> Any:
        client = boto3.client(
            service,
            endpoint_url="http://127.0.0.1:1",
            region_name=region,
            aws_access_key_id=who,
            aws_secret_access_key="anything",
        )
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: Any, **_: object) -> AWSResponse:
        for event in self.cloud.events[self._heard :]:
            self.endpoint.hear(event)
        self._heard = len(self.cloud.events)
        reply = self.endpoint.answer(_sent(request))
        return AWSResponse(request.url, reply.status, {"content-type": reply.content_type}, _Raw(reply.body.encode()))


class _Raw(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


def _sent(request: Any) -> Sent:
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    body = request.body or b""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    form = parse_qsl(raw.decode(), keep_blank_values=True) if headers.get("content-type", "").startswith(FORM) else ()
    url = urlsplit(request.url)
    return Sent(request.method, url.path, tuple(parse_qsl(url.query)), headers, tuple(form), raw)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
