"""The store that log rules read: series as ever, and the log lines beside them."""

from __future__ import annotations

from harness.alerting.promql import SeriesStore
from harness.telemetry.logs import LogStore


class LoggedSeries(SeriesStore):
    """A store of series that knows where the log lines are, so that one engine evaluates both kinds of rules.

    Args:
        logs: the lines.
    """

    def __init__(self, logs: LogStore) -> None:
        super().__init__()
        self.logs = logs
        """The lines."""
