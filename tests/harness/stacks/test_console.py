from __future__ import annotations

from pathlib import Path

import msgspec

from harness.ingress.description import Description
from harness.stacks.console import ConsoleFile

SITE = Description(site="pizza.test", cluster="c", service="s", dns="127.0.0.1:5353")


def test_console_shown_twice_holds_the_newest_and_nothing_else(tmp_path: Path) -> None:
    console, moved = ConsoleFile(tmp_path), msgspec.structs.replace(SITE, cluster="c-2")
    console.show(SITE)
    console.show(moved)
    assert msgspec.json.decode(console.path.read_bytes(), type=Description) == moved
    assert list(tmp_path.iterdir()) == [console.path]


def test_console_shown_again_unchanged_leaves_the_file_alone(tmp_path: Path) -> None:
    console = ConsoleFile(tmp_path)
    console.show(SITE)
    console.path.write_text("untouched")
    console.show(msgspec.structs.replace(SITE))
    assert console.path.read_text() == "untouched"
