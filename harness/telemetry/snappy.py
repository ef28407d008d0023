"""Snappy's block format, undone, and done in its simplest way: what Prometheus and Promtail pack their pushes in.

A block is its plain length, then elements: a literal stretch of bytes, or a copy of bytes that came out earlier. It has
no magic number, and no checksum; that every element fits the plain length exactly is what tells it from other bytes.

Source: google/snappy, format_description.txt.
"""

from __future__ import annotations

from harness.telemetry.pushes import PushRefused, too_large

LONGEST_LENGTH = 5
"""How many bytes the plain length may take."""

_LONG_STRETCH = 63 << 2
"""The tag of a stretch of bytes whose length takes four."""


class NotSnappy(PushRefused):
    """Raised for bytes that are no block, or no whole one."""

    def __init__(self, why: str, *, at: int) -> None:
        super().__init__(f"the snappy block is damaged at byte {at}: {why}.")


def unsnapped(body: bytes, *, max_bytes: int) -> bytes:
    """Undo a block.

    Raises:
        NotSnappy: when it is no block.
        PushRefused: when more than `max_bytes` come out.
    """
    length, at = _plain_length(body)
    plain = bytearray()
    while at < len(body):
        if len(plain) >= length:
            raise NotSnappy(f"bytes follow after all {length} have come out", at=at)
        if len(plain) > max_bytes:
            raise too_large(max_bytes)
        at = _literal(body, at, plain) if body[at] & 3 == 0 else _copy(body, at, plain)
    if len(plain) != length:
        raise NotSnappy(f"{len(plain)} bytes come out, and it says {length}", at=at)
    if length > max_bytes:
        raise too_large(max_bytes)
    return bytes(plain)


def snapped(plain: bytes) -> bytes:
    """Pack bytes, no smaller than they are: as one stretch that stands as it is."""
    packed, left = bytearray(), len(plain)
    while left >= 0x80:
        packed.append(left & 0x7F | 0x80)
        left >>= 7
    packed.append(left)
    if plain:
        packed += bytes([_LONG_STRETCH]) + (len(plain) - 1).to_bytes(4, "little")
    return bytes(packed) + plain


def _plain_length(body: bytes) -> tuple[int, int]:
    """Read the plain length, and where the elements begin."""
    length = 0
    for at, byte in enumerate(body[:LONGEST_LENGTH]):
        length |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return length, at + 1
    raise NotSnappy("its plain length does not end", at=0)


def _literal(body: bytes, at: int, plain: bytearray) -> int:
    """Put out a stretch of bytes as it stands, and say where the next element is."""
    short = body[at] >> 2
    starts = at + 1 + max(0, short - 59)
    size = (short if short < 60 else int.from_bytes(body[at + 1 : starts], "little")) + 1
    if starts + size > len(body):
        raise NotSnappy(f"it ends within a stretch of {size} bytes", at=at)
    plain += body[starts : starts + size]
    return starts + size


def _copy(body: bytes, at: int, plain: bytearray) -> int:
    """Put out again what came out before, and say where the next element is."""
    tag = body[at]
    if tag & 3 == 1:
        size, ends = (tag >> 2 & 7) + 4, at + 2
        back = (tag >> 5) << 8 | int.from_bytes(body[at + 1 : ends], "little")
    else:
        size, ends = (tag >> 2) + 1, at + (3 if tag & 3 == 2 else 5)
        back = int.from_bytes(body[at + 1 : ends], "little")
    if ends > len(body) or not 0 < back <= len(plain):
        raise NotSnappy(f"it copies from {back} bytes back, where {len(plain)} have come out", at=at)
    again = plain[len(plain) - back : len(plain) - back + size]
    # A copy may reach into its own output: then what lies between repeats.
    plain += again if len(again) == size else (again * (size // back + 1))[:size]
    return ends
