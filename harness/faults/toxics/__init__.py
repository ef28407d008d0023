"""The toxics: ways to spoil a connection's data, one small file each, listed here and nowhere else."""

from __future__ import annotations

from harness.faults.toxics.bandwidth import Bandwidth
from harness.faults.toxics.cut import Cut
from harness.faults.toxics.http_body import HttpBody
from harness.faults.toxics.http_delay import HttpDelay
from harness.faults.toxics.http_drop import HttpDrop
from harness.faults.toxics.http_header import HttpHeader
from harness.faults.toxics.http_status import HttpStatus
from harness.faults.toxics.latency import Latency
from harness.faults.toxics.limit_data import LimitData
from harness.faults.toxics.noop import Noop
from harness.faults.toxics.packet_loss import PacketLoss
from harness.faults.toxics.reset_peer import ResetPeer
from harness.faults.toxics.slicer import Slicer
from harness.faults.toxics.slow_close import SlowClose
from harness.faults.toxics.slow_open import SlowOpen
from harness.faults.toxics.timeout import Timeout
from harness.faults.toxics.toxic import Toxic

TOXICS: tuple[type[Toxic], ...] = (
    Latency,
    Bandwidth,
    SlowClose,
    Timeout,
    ResetPeer,
    Slicer,
    LimitData,
    PacketLoss,
    SlowOpen,
    Cut,
    HttpStatus,
    HttpDelay,
    HttpBody,
    HttpHeader,
    HttpDrop,
    Noop,
)
"""Every toxic there is, in the order of the reference page."""

__all__ = [
    "TOXICS",
    "Bandwidth",
    "Cut",
    "HttpBody",
    "HttpDelay",
    "HttpDrop",
    "HttpHeader",
    "HttpStatus",
    "Latency",
    "LimitData",
    "Noop",
    "PacketLoss",
    "ResetPeer",
    "Slicer",
    "SlowClose",
    "SlowOpen",
    "Timeout",
    "Toxic",
]
