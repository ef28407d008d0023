"""The tutorial, page by page in one directory: every file is written, every command run, every exit code as it says.

So is a how-to that is written in the same way.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.runs import ROOT, run

pytestmark = pytest.mark.slow

PAGES = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
BLOCK = re.compile(r"^```(?P<kind>console|\w+ title=(?P<file>\S+))\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"^\$ pizza-chaos (?P<words>.*?)(?:  # exit (?P<code>\d))?$", re.MULTILINE)
NIGHT = "test_incident_2024_12_01"


def steps(page: Path) -> Iterator[tuple[str, str, int]]:
    """Give (file, text, 0) for a file to be written, and ("", command, exit code) for a command to be run."""
    for block in BLOCK.finditer(page.read_text()):
        if block["file"]:
            yield block["file"], block["text"], 0
        else:
            lines = list(LINE.finditer(block["text"]))
            assert len(lines) == len(block["text"].splitlines()), f"{page.name}: {block['text']}"
            yield from (("", line["words"], int(line["code"] or 0)) for line in lines)


def test_tutorial_does_what_it_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios", ignore=shutil.ignore_patterns("__pycache__"))
    ran = 0
    for page in PAGES:
        for file, text, code in steps(page):
            if file:
                (tmp_path / file).write_text(text)
                continue
            if NIGHT in text and "run" in text:
                text = f"run {tmp_path / 'test_factory.py'} --stack simulated"  # noqa: PLW2901 - the night has tests of its own
                (tmp_path / "test_factory.py").write_text(_first_scenario())
            done = run(*shlex.split(text), cwd=tmp_path)
            assert done.returncode == code, (
                f"{page.name}: pizza-chaos {text}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
            ran += 1
    assert ran >= 12


def test_repository_of_your_own_does_what_its_page_says(tmp_path: Path) -> None:
    ran = []
    for file, text, code in steps(ROOT / "docs" / "how-to" / "your-repository.md"):
        if file:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
            continue
        done = run(*shlex.split(text), cwd=tmp_path)
        assert done.returncode == code, f"pizza-chaos {text}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        ran.append(text)
    assert ran == ["plan", "run"]


def _first_scenario() -> str:
    second = next(page for page in PAGES if page.name.startswith("2"))
    return next(text for file, text, _ in steps(second) if file == "test_factory.py")
