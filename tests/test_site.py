"""The documentation as a site: every page is in its navigation, every link and anchor leads somewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house import ROOT

CONFIGURATION = ROOT / "mkdocs.yml"


def _pages(nav: Any) -> set[str]:
    if isinstance(nav, str):
        return {nav}
    return set().union(*(_pages(each) for each in (nav.values() if isinstance(nav, dict) else nav)))


def test_every_page_stands_in_the_navigation_of_the_site() -> None:
    docs = ROOT / "docs"
    written = {str(page.relative_to(docs)) for page in docs.rglob("*.md")}
    assert _pages(yaml.safe_load(CONFIGURATION.read_text())["nav"]) == written, "add the page to mkdocs.yml, under nav"


@pytest.mark.slow
def test_site_builds_and_nothing_is_missing(tmp_path: Path) -> None:
    words = ["-m", "mkdocs", "build", "--config-file", CONFIGURATION, "--site-dir", tmp_path / "site"]
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "tutorial" / "1-relive-the-night.html").is_file()
