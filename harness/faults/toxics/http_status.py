"""A response has another status."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import ClassVar

from harness.faults.toxics.attributes import whole
from harness.faults.toxics.http_message import Response
from harness.faults.toxics.http_toxic import HttpToxic

_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class HttpStatus(HttpToxic):
    """Put another status on responses; headers and body stay."""

    type: ClassVar[str] = "http_status"

    status: int = field(default=503, metadata=whole("status", "which status", least=200, most=999))

    @property
    def sees(self) -> str:
        return f"responses have status {self.status}"

    def changed(self, response: Response) -> Response:
        if self.status == response.status:  # whatever its reason says: nobody reads that
            return response
        return replace(response, status=self.status, reason=_REASONS.get(self.status, b""))
