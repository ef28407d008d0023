"""What is built: a source distribution, a wheel made from it, and a program that runs where nothing else of us is."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.house import ROOT

pytestmark = pytest.mark.slow

NEEDED = {
    "harness/py.typed",
    "harness/report/templates/report.html.j2",
    "harness/stacks/services/pizza_alerts.yaml",
    "harness/gameday/static/gameday.css",
    "fake_factory/openapi.json",
    "fake_factory/py.typed",
    "pizza_service/__main__.py",
    "scenarios/test_incident_2024_12_01.py",
}
"""Files that a wheel without would fail only once it is used: one of each kind."""


def python(*words: str | Path, cwd: Path, path: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both, the wheel from the source distribution, as `make dist` does."""
    directory = tmp_path_factory.mktemp("dist")
    python("-m", "build", "--no-isolation", "--outdir", directory, ROOT, cwd=directory)
    return directory


def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


def test_wheel_has_what_the_program_needs_and_no_tests(dist: Path) -> None:
    names = set(zipfile.ZipFile(wheel(dist)).namelist())
    assert names >= NEEDED
    packages = {"harness", "fake_factory", "pizza_service", "scenarios"}
    assert {name.split("/", 1)[0] for name in names if ".dist-info" not in name} == packages
    (said,) = (name for name in names if name.endswith("METADATA"))
    metadata = zipfile.ZipFile(wheel(dist)).read(said).decode()
    assert all(f"Provides-Extra: {extra}" in metadata for extra in ("containers", "dev", "docs"))
    assert "License-Expression: MIT" in metadata


def test_source_distribution_can_be_tested_and_documented(dist: Path) -> None:
    (found,) = dist.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"LICENSE", "CHANGELOG.md", "Makefile", "mkdocs.yml", "docs/index.md", "tests/house.py"} <= names
    assert not any(name.startswith(("runs/", "site/", ".venv")) for name in names)


def test_installed_wheel_runs_from_anywhere(dist: Path, tmp_path: Path) -> None:
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    elsewhere.mkdir()
    python("-m", "pip", "install", "--quiet", "--no-deps", "--target", there, wheel(dist), cwd=elsewhere)
    assert python("-c", "import harness; print(harness.__file__)", cwd=elsewhere, path=there).startswith(str(there))
    assert "balancer_missing" in python("-m", "harness.cli", "faults", cwd=elsewhere, path=there)
    assert python("-m", "harness.cli", "--version", cwd=elsewhere, path=there).strip() == "pizza-chaos 0.1.0"
    demo = "from harness.cli import _demo; print(_demo())"
    assert Path(python("-c", demo, cwd=elsewhere, path=there).strip()).is_file()


def test_shells_complete_commands(tmp_path: Path) -> None:
    asked = {"_PIZZA_CHAOS_COMPLETE": "complete_bash", "COMP_WORDS": "pizza-chaos verif", "COMP_CWORD": "1"}
    done = subprocess.run(
        [Path(sys.executable).parent / "pizza-chaos"],
        cwd=tmp_path,
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["verify", "verify-factory"], done.stderr
