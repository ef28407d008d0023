"""One of each toxic, with settings that one can notice: for the catalogue, which shows what they do."""

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

EXAMPLES: tuple[Toxic, ...] = (
    Latency("2s"),
    Bandwidth(rate_kilobytes=16),
    SlowClose("5s"),
    Timeout("30s"),
    ResetPeer(),
    Slicer(average_size_bytes=64, delay="20ms"),
    LimitData(limit_bytes=600),
    PacketLoss(loss_rate=0.1),
    SlowOpen("3s"),
    Cut("10s"),
    HttpStatus(path="/api/order", status=500),
    HttpDelay(path="/api/order", held="8s"),
    HttpBody(path="/api/order", mode="remove_field", member="jwt"),
    HttpHeader(name="Retry-After", value="60"),
    HttpDrop(path="/api/order"),
    Noop(),
)
"""In the order of `TOXICS`."""
