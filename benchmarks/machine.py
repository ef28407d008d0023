"""Describes the machine that benchmarks run on: what numbers without it would be worth nothing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil

from harness.versions import described_version

PROGRAMS = {"haproxy": ("haproxy", "-v"), "toxiproxy": ("toxiproxy-server", "-version"), "docker": ("docker", "-v")}
"""Peers and engines, and how each says its version."""


def description() -> Iterator[str]:
    """Give one line of Markdown for each thing that counts."""
    memory = psutil.virtual_memory().total / 2**30
    yield f"- when: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"  # noqa: TID251 - the wall's date is what is asked for
    yield f"- what: pizza-chaos {described_version()}, {platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release()}"
    yield f"- machine: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {system}"
    yield f"- busy with other things before it began: {os.getloadavg()[0] / (os.cpu_count() or 1):.0%} of its cores"
    yield from (f"- {name}: {said}" for name, words in PROGRAMS.items() if (said := _says(words)))


def commit() -> str:
    """Say which commit this is, as short as pages have it; the version where there is none."""
    return described_version().rpartition(" ")[2].strip("()")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return _says(("sysctl", "-n", "machdep.cpu.brand_string")) or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _says(words: tuple[str, ...]) -> str:
    found = shutil.which(words[0], path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    if found is None:
        return ""
    done = subprocess.run([found, *words[1:]], capture_output=True, text=True, check=False)
    return done.stdout.strip().split("\n", 1)[0].split(" - ", 1)[0]
