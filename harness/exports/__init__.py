"""A run for other tools, as OpenTelemetry, Grafana and the Chaos Toolkit read it; and its experiments for us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.checks import Judgement
from harness.exports.chaostoolkit import journal
from harness.exports.grafana import grafana_annotations
from harness.exports.otlp import traces
from harness.history import History

FORMATS: Mapping[str, Callable[[History, Judgement], Any]] = {
    "otlp": traces,
    "grafana": grafana_annotations,
    "chaostoolkit": journal,
}
"""What `pizza-chaos export --format` can be given; each makes JSON of a history and what is concluded from it."""
