"""The console of a run as a file: what `pizza-chaos verify --describe` reads while the run lives, and after."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.ingress.description import Description

DESCRIPTION_FILE = "description.json"
"""What the file is called, in the run's own directory."""


class ConsoleFile:
    """A file that always holds the newest description, whole.

    Args:
        directory: where it lies.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / DESCRIPTION_FILE
        self._shown: Description | None = None

    def show(self, description: Description) -> None:
        """Write it, unless the file says so already; who reads meanwhile gets the old one or the new one."""
        if description == self._shown:
            return
        fresh = self.path.with_suffix(".fresh")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(description), indent=2))
        fresh.replace(self.path)
        self._shown = description
