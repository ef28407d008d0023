"""Where log lines are kept: the newest ones, as many as fit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from operator import attrgetter

from harness.telemetry.pushes import LogLine

_at = attrgetter("at")


class LogStore:
    """Keeps the newest log lines, in order of time; the oldest make room when there are too many.

    Args:
        max_lines: how many lines it keeps.
        max_bytes: how large they may be together, in UTF-8, labels and metadata included.
    """

    def __init__(self, *, max_lines: int = 100_000, max_bytes: int = 64 * 2**20) -> None:
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._lines: list[LogLine] = []
        self._bytes = 0
        self.dropped = 0
        """How many lines had to make room."""

    def append(self, line: LogLine) -> None:
        """Keep one line; lines of the same instant stay in the order in which they came."""
        if self._lines and line.at < self._lines[-1].at:
            self._lines.insert(bisect_right(self._lines, line.at, key=_at), line)
        else:
            self._lines.append(line)
        self._bytes += _size(line)
        surplus = 0
        while len(self._lines) - surplus > self._max_lines or self._bytes > self._max_bytes:
            self._bytes -= _size(self._lines[surplus])
            surplus += 1
        del self._lines[:surplus]
        self.dropped += surplus

    def drop_before(self, at: float) -> None:
        """Forget the lines that are older than this, in steady seconds."""
        old = bisect_left(self._lines, at, key=_at)
        self._bytes -= sum(map(_size, self._lines[:old]))
        del self._lines[:old]

    def newest(self) -> LogLine | None:
        """Give the line with the latest time, or None when there is none."""
        return self._lines[-1] if self._lines else None

    def search(self, text: str = "", *, labels: Mapping[str, str] | None = None, since: float = 0.0) -> list[LogLine]:
        """Find the lines that hold a text, oldest first.

        Args:
            text: what a line holds, to the letter; "" is in every line.
            labels: what its stream is labelled with, among others.
            since: steady seconds; the lines of that instant are included.
        """
        wanted = (labels or {}).items()
        recent = self._lines[bisect_left(self._lines, since, key=_at) :]
        return [line for line in recent if text in line.line and wanted <= line.labels.items()]

    def between(self, after: float, until: float) -> list[LogLine]:
        """Give the lines of a stretch of time, oldest first.

        Args:
            after: steady seconds; the lines of that very instant are left out.
            until: steady seconds; the lines of that instant are included.
        """
        return self._lines[bisect_right(self._lines, after, key=_at) : bisect_right(self._lines, until, key=_at)]

    def __len__(self) -> int:
        return len(self._lines)


def _size(line: LogLine) -> int:
    labels, metadata = line.labels, line.metadata
    text = "".join((line.line, *labels, *labels.values(), *metadata, *metadata.values()))
    return len(text) if text.isascii() else len(text.encode())
