"""The data plane: links on real sockets, what toxics do to them, and the Toxiproxy-compatible API that drives them."""

from __future__ import annotations

from harness.links.control import control_app
from harness.links.link import Connection, Direction, Flow, Link, LinkToxic
from harness.links.links import Links
from harness.links.refusals import Refused
from harness.links.running import LinkSettings, RunningLink

__all__ = [
    "Connection",
    "Direction",
    "Flow",
    "Link",
    "LinkSettings",
    "LinkToxic",
    "Links",
    "Refused",
    "RunningLink",
    "control_app",
]
