"""The house rules that no linter knows: run by `make lint`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST_LINES = 600
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py"}
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def tracked(*patterns: str) -> list[Path]:
    """Give the project's files that match, those not yet committed included; without git, all but hidden ones."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        found = (path for pattern in patterns for path in ROOT.rglob(pattern))
        return [path for path in found if not any(part[0] == "." for part in path.relative_to(ROOT).parts)]
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def complaints() -> list[str]:
    """Say everything that breaks a rule, one sentence each."""
    found: list[str] = []
    for path in tracked("*.py"):
        name, lines = path.relative_to(ROOT), path.read_text().splitlines()
        if len(lines) > MOST_LINES:
            found.append(f"{name} has {len(lines)} lines; {MOST_LINES} is the limit. Split it by idea.")
        if path.name in FORBIDDEN_NAMES:
            found.append(f"{name}: name the module after what it holds.")
    for page in tracked("*.md"):
        dead = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]
        found += [f"{page.relative_to(ROOT)} links to {target}, which is not there." for target in dead]
    return found


if __name__ == "__main__":
    said = complaints()
    sys.stderr.writelines(f"{line}\n" for line in said)
    sys.exit(bool(said))
