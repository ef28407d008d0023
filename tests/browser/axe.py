"""axe-core, the accessibility checker, fetched by npm into a folder of the test's own, and asked about a page."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.required import IN_CI, required_program

PACKAGE = "axe-core@4"
BAD = ("serious", "critical")
"""How bad a finding must be to count."""


def axe_source(directory: Path) -> str:
    """Give axe-core's program, fetched by npm; where that cannot be, the test is skipped, and in CI it fails."""
    quietly = ("--no-audit", "--no-fund", "--silent")
    words = [required_program("npm"), "install", "--prefix", str(directory), *quietly, PACKAGE]
    fetched = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    path = directory / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        reason = f"npm brought no {PACKAGE}: {fetched.stderr.strip()[-300:]}"
        if os.environ.get(IN_CI) == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path.read_text()


def violations(page: Page, source: str) -> list[str]:
    """Say what is seriously inaccessible on the page that is open: rule, why, and where."""
    page.command("Runtime.evaluate", expression=source)
    found = page.ask("axe.run(document, {resultTypes: ['violations']}).then((all) => all.violations)")
    return [
        f"{one['impact']} {one['id']}: {one['help']} at {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in BAD
    ]
