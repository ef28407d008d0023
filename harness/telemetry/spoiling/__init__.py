"""Spoils what a service pushes as a mistake in the service would, in whatever it writes that.

Rules of this package: what cannot be read comes out as it went in, and so does what the format has no way to say
wrongly; neither is counted. Nothing is made up: every value comes from this push or an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from harness.faults.troubles import Spoiling
from harness.telemetry.bodies import opened
from harness.telemetry.pushes import PushRefused
from harness.telemetry.spoiling.formats import FORMATS, Format
from harness.telemetry.spoiling.mistakes import Mistake, Shift

__all__ = ["Spoiler", "misdate"]


class Spoiler:
    """Makes one mistake with push after push.

    Args:
        how: which.
    """

    def __init__(self, how: Spoiling) -> None:
        self._mistake = Mistake(how)

    def spoil(self, body: bytes, *, max_bytes: int) -> tuple[bytes, int]:
        """Give what the service would have sent, and how many values are not as they were.

        Args:
            body: as it was sent.
            max_bytes: how large a push may be, packed and unpacked.
        """
        return _changed(body, self._change, max_bytes=max_bytes)

    def _change(self, format_: Format, pushed: Any) -> int:  # noqa: ANN401 - each format has its own
        return format_.spoil(pushed, self._mistake) if self._mistake.how in format_.mistakes else 0


def misdate(body: bytes, *, by_seconds: float, max_bytes: int, precision: str = "ns") -> tuple[bytes, int]:
    """Give a push with other timestamps, and how many values have one.

    Args:
        body: as it was sent.
        by_seconds: how far ahead; negative for behind.
        max_bytes: how large a push may be, packed and unpacked.
        precision: the unit of timestamps in Influx lines.
    """
    shift = Shift(by_seconds, precision)
    return _changed(body, lambda format_, pushed: format_.misdate(pushed, shift), max_bytes=max_bytes)


def _changed(body: bytes, change: Callable[[Format, Any], int], *, max_bytes: int) -> tuple[bytes, int]:
    try:
        wire, plain = opened(body, max_bytes=max_bytes)
        format_ = FORMATS[wire]
        pushed = format_.read(plain)
    except (PushRefused, msgspec.DecodeError, DecodeError):
        return body, 0  # whoever reads it says what is wrong with it
    changed = change(format_, pushed)
    return (format_.write(pushed), changed) if changed else (body, 0)
