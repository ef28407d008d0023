from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from harness.stacks.services.node.ignored import Ignored


@pytest.mark.parametrize(
    ("patterns", "path", "is_ignored"),
    [
        ("config.js", "src/config.js", True),
        ("**/node_modules", "a/node_modules/b/index.js", True),
        ("/dist/", "dist/index.js", True),
        ("dist\r\n", "dist/index.js", True),
        ("# dist", "dist/index.js", False),
        ("src/*.json", "src/version.json", True),
        ("*.json\n!package.json", "package.json", False),
        ("!package.json\n*.json", "package.json", True),
        ("", "src/index.js", False),
    ],
)
def test_the_last_pattern_that_fits_says_whether_a_file_is_ignored(
    tmp_path: Path, patterns: str, path: str, *, is_ignored: bool
) -> None:
    (tmp_path / ".gitignore").write_text(patterns, newline="")
    assert (PurePosixPath(path) in Ignored(tmp_path / ".gitignore")) is is_ignored


def test_without_a_gitignore_nothing_is_ignored(tmp_path: Path) -> None:
    assert PurePosixPath("config.js") not in Ignored(tmp_path / ".gitignore")
