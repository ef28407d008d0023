"""Which pizza-chaos this is: the version, and the commit where it runs from a checkout."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
SHOWN = 10
"""Characters of a commit that are shown."""


def described_version(checkout: Path = CHECKOUT) -> str:
    """Say which version this is, `0.1.0` or `0.1.0 (commit 1f2f51f0ab)`."""
    commit = _commit(checkout / ".git")
    number = version("pizza-chaos")
    return f"{number} (commit {commit[:SHOWN]})" if commit else number


def _commit(git: Path) -> str:
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.is_file():
            return loose.read_text().strip()
        packed = (git / "packed-refs").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
