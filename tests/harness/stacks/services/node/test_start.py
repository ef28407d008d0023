from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from harness.stacks.services.node.start import Start


def start(scripts: dict[str, str] | None, *files: str, **further: str) -> Start:
    there = set(map(PurePosixPath, files))
    return Start.of({"scripts": scripts, **further}, has=there.__contains__)


@pytest.mark.parametrize(
    ("script", "run"),
    [
        ("cd src && node index.js", "cd src && node index.js"),
        ("cd src && nodemon index.js", "cd src && node index.js"),
        ("npx nodemon --quiet src/index.js", "node src/index.js"),
        ("nodemon --watch src --exec tsx src/index.ts", "tsx src/index.ts"),
        ("node --watch src/index.js", "node src/index.js"),
        ("tsx watch src/index.ts", "tsx src/index.ts"),
        ("node --env-file=.env src/index.js", "node --env-file=.env src/index.js"),
    ],
)
def test_start_script_is_run_without_what_waits_for_files_to_change(script: str, run: str) -> None:
    assert start({"start": script}, "src/index.js", "src/index.ts").script == run


@pytest.mark.parametrize(
    ("scripts", "files", "run"),
    [
        ({"run": "cd src && node index.js", "test": "jest"}, [], "cd src && node index.js"),
        ({"dev": "nodemon src/server.js", "lint": "eslint x.js"}, [], "node src/server.js"),
        ({"dev": "vite"}, ["src/index.js"], "node src/index.js"),
        (None, ["server.js"], "node server.js"),
        ({"dev": "vite", "build": "vite build"}, ["src/app.jsx"], ""),
    ],
)
def test_without_a_start_script_what_else_seems_to_start_it_does(
    scripts: dict[str, str], files: list[str], run: str
) -> None:
    assert start(scripts, *files).script == run


def test_without_a_start_script_the_main_file_is_run_where_it_is_there() -> None:
    assert start({}, "src/main.js", "index.js", main="./src/main.js").script == "node ./src/main.js"
    assert start({}, "index.js", main="gone.js").script == "node index.js"


@pytest.mark.parametrize(
    ("scripts", "files", "build"),
    [
        ({"start": "node dist/index.js", "build": "tsc"}, [], "tsc"),
        ({"start": "cd dist && node index.js", "build": "tsc"}, ["index.js"], "tsc"),
        ({"start": "node src/index.js", "build": "vite build"}, ["src/index.js"], ""),
        ({"start": "npm run build && node dist/index.js", "build": "tsc"}, [], ""),
        ({"start": "node dist/index.js", "prestart": "tsc", "build": "tsc"}, [], ""),
        ({"start": "node dist/index.js"}, [], ""),
    ],
)
def test_what_is_started_is_built_where_no_clone_would_hold_it(
    scripts: dict[str, str], files: list[str], build: str
) -> None:
    assert start(scripts, *files).build == build


def test_words_of_a_build_may_name_tools_and_those_of_other_scripts_do_not() -> None:
    built = start({"start": "node dist/index.js", "build": "tsc -p x.json", "test": "jest"})
    assert "tsc" in built.tools
    assert "jest" not in built.tools
    assert "tsc" not in start({"start": "node src/index.js", "build": "tsc"}, "src/index.js").tools
