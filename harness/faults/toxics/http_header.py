"""A response has another header."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.toxics.attributes import text
from harness.faults.toxics.http_message import Response
from harness.faults.toxics.http_toxic import HttpToxic


@dataclass(frozen=True, slots=True)
class HttpHeader(HttpToxic):
    """Set a header of responses, or take it away."""

    type: ClassVar[str] = "http_header"

    name: str = field(default="", metadata=text("name"))
    """Which."""
    value: str = field(default="", metadata=text("value"))
    """To what; "" takes it away."""

    @property
    def sees(self) -> str:
        return f"responses say {self.name}: {self.value}" if self.value else f"responses lack {self.name}"

    def changed(self, response: Response) -> Response:
        name, value = (_one_line(part) for part in (self.name, self.value))
        return response.with_header(name, value or None) if name else response


def _one_line(part: str) -> bytes:
    return part.replace("\r", "").replace("\n", "").encode("latin-1", "replace")
