"""What Prometheus and Alertmanager are told in files, and samples as remote write carries them.

Source: prometheus prompb/remote.proto and types.proto; google/snappy, format_description.txt.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

Samples = Sequence[tuple[int, float]]
"""Milliseconds since 1970, and values."""

LATE = timedelta(days=90)
"""How old a sample may be: all of a past that long windows were given."""

_LITERAL = 65_536
"""Bytes in one stretch of a snappy block."""

_HOLDS_ALL: dict[str, Any] = {"route": {"receiver": "kept"}, "receivers": [{"name": "kept"}]}


def prometheus_file(*, alertmanager: str, rules: Path | None) -> str:
    """Write Prometheus' configuration.

    Args:
        alertmanager: its `host:port`.
        rules: the rule file; none is loaded without it.
    """
    to = {"static_configs": [{"targets": [alertmanager]}]}
    return json.dumps(  # JSON is YAML
        {
            "alerting": {"alertmanagers": [to]},
            "rule_files": [str(rules.resolve())] if rules else [],
            "storage": {"tsdb": {"out_of_order_time_window": f"{LATE.days}d"}},
        }
    )


def alertmanager_file() -> str:
    """Write Alertmanager's configuration: it holds alerts, and the harness tells people of them."""
    return json.dumps(_HOLDS_ALL)


def remote_write(series: Iterable[tuple[Mapping[str, str], Samples]]) -> bytes:
    """Write samples as one push of remote write 1.0, in a snappy block that packs nothing."""
    return _snapped(b"".join(_field(1, _series(labels, samples)) for labels, samples in series))


def _series(labels: Mapping[str, str], samples: Samples) -> bytes:
    named = b"".join(_field(1, _field(1, name.encode()) + _field(2, labels[name].encode())) for name in sorted(labels))
    points = b"".join(_field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at)) for at, value in samples)
    return named + points


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def _snapped(body: bytes) -> bytes:
    chunks = (body[at : at + _LITERAL] for at in range(0, len(body), _LITERAL))
    return _varint(len(body)) + b"".join(b"\xf4" + struct.pack("<H", len(chunk) - 1) + chunk for chunk in chunks)
