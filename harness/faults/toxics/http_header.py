"""A response has another header."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.toxics.attributes import complaint, text
from harness.faults.toxics.http_message import Response
from harness.faults.toxics.http_toxic import HttpToxic

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, section 5.1."""


@dataclass(frozen=True, slots=True)
class HttpHeader(HttpToxic):
    """Set a header of responses, or take it away."""

    type: ClassVar[str] = "http_header"

    name: str = field(default="", metadata=text("name", "which header", said="a header's name"))
    value: str = field(default="", metadata=text("value", 'what it says; "" takes it away'))

    def __post_init__(self) -> None:
        HttpToxic.__post_init__(self)
        if not _NAME.fullmatch(self.name):
            raise complaint(self, "name", "it is no header's name. Name the header, such as 'Retry-After'.")

    @property
    def sees(self) -> str:
        return f"responses say {self.name}: {self.value}" if self.value else f"responses lack {self.name}"

    @property
    def part(self) -> str:
        return self.name.lower()

    def changed(self, response: Response) -> Response:
        name, value = (_one_line(part) for part in (self.name, self.value))
        return response.with_header(name, value or None)


def _one_line(part: str) -> bytes:
    return part.replace("\r", "").replace("\n", "").encode("latin-1", "replace")
