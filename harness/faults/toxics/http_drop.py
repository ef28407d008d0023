"""A request is never answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.toxics.http_message import Response
from harness.faults.toxics.http_toxic import HttpToxic
from harness.faults.toxics.toxic import Close, Commands


@dataclass(frozen=True, slots=True)
class HttpDrop(HttpToxic):
    """Close the connection in place of the response; the server has done its work, and nobody will know."""

    type: ClassVar[str] = "http_drop"

    @property
    def sees(self) -> str:
        return "connections close before the response comes"

    def spoil(self, response: Response, at: float) -> Commands:  # noqa: ARG002 - whatever it was
        return (Close(at),)
