"""What the service writes down, and how that reads as a Loki push."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from pizza_service.javascript import JsonObject, to_json
from pizza_service.metrics import nanoseconds

Kind: TypeAlias = Literal["http", "factory", "unhandledError"]
Level: TypeAlias = Literal["info", "warn", "error"]

_SECRET = re.compile(
    r'"(password|token|jwt)"\s*:\s*'
    r'(?:"[^"]*"(?<!\\")'  # a text up to a quote that nothing escapes, for which the next line takes twice as long
    r'|"[^"\\]*(?:\\.[^"\\]*)*"?'
    r'|[^\s",\[\]{}]+)',
    re.IGNORECASE,
)


@lru_cache(maxsize=64)  # most bodies are empty, or a menu that has not changed
def masked(text: str) -> str:
    """A JSON text without what is in its passwords and tokens; a text that is no JSON is masked as well as can be."""
    return _SECRET.sub(_hidden, text)


def _hidden(secret: re.Match[str]) -> str:
    return f'"{secret[1]}":"*****"'  # a template would be read anew for each secret


def level_of(status: int | None) -> Level:
    """How bad a status is; none at all is as bad as a 500."""
    if status is None or status >= 500:
        return "error"
    return "warn" if status >= 400 else "info"


@dataclass(slots=True)
class Journal:
    """Lines that wait for the next push."""

    component: str
    """The service's name, a label on every line."""
    _streams: dict[tuple[Kind, Level], list[tuple[str, str]]] = field(default_factory=dict)

    def write(self, kind: Kind, line: Mapping[str, object], *, level: Level, now: float) -> None:
        """Write a line."""
        self._streams.setdefault((kind, level), []).append((nanoseconds(now), to_json(line).decode()))

    def collect(self) -> JsonObject | None:
        """Everything written since the last time, as one Loki push; None when that is nothing.

        Source: Loki HTTP API, ``POST /loki/api/v1/push``.
        """
        streams = [
            {"stream": {"component": self.component, "level": level, "type": kind}, "values": lines}
            for (kind, level), lines in self._streams.items()
        ]
        self._streams.clear()
        return {"streams": streams} if streams else None
