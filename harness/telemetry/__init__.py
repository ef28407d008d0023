"""What services push, and where it is kept. The sockets are in harness.telemetry.receiver."""

from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import STALE, LogLine, PushRefused, Sample
from harness.telemetry.sink import Handled, Reply, SampleStore, Sink

__all__ = ["STALE", "Handled", "LogLine", "LogStore", "PushRefused", "Reply", "Sample", "SampleStore", "Sink"]
