"""What git ignores in a checkout, as far as the simple patterns go that these repositories have."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path, PurePosixPath


class Ignored:
    """The patterns of a .gitignore.

    Args:
        gitignore: the file, which need not be there.
    """

    def __init__(self, gitignore: Path) -> None:
        text = gitignore.read_text(errors="replace") if gitignore.is_file() else ""
        lines = [line.strip() for line in text.splitlines()]
        self._patterns = [_pattern(line) for line in lines if line and not line.startswith("#")]

    def __contains__(self, path: PurePosixPath) -> bool:
        """Say whether a file or folder is ignored, or in a folder that is: the last pattern that fits says so."""
        return any(self._ignores(each) for each in (path, *path.parents[:-1]))

    def _ignores(self, path: PurePosixPath) -> bool:
        fitting = (ignores for pattern, ignores in reversed(self._patterns) if _fits(path, pattern))
        return next(fitting, False)


def _pattern(line: str) -> tuple[str, bool]:
    return line.removeprefix("!").strip("/").removeprefix("**/"), not line.startswith("!")


def _fits(path: PurePosixPath, pattern: str) -> bool:
    return fnmatch(str(path) if "/" in pattern else path.name, pattern)
