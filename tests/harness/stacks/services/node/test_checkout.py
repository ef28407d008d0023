from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from harness.errors import ScenarioError
from harness.stacks.services.node.checkout import Checkout, is_configuration
from tests.harness.stacks.services.node.standin import SECRET, everything_in, write_standin


def checkout(root: Path, files: dict[str, str], *, start: str = "node src/index.js") -> Checkout:
    root.mkdir(exist_ok=True)
    (root / "package.json").write_text(f'{{"name": "fork", "scripts": {{"start": "{start}"}}}}')
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Checkout.at(root)


def test_copy_holds_the_code_and_neither_secrets_nor_modules(tmp_path: Path) -> None:
    root = write_standin(tmp_path / "fork")
    Checkout.at(root).copy(tmp_path / "copy")
    copied = everything_in(tmp_path / "copy")
    assert set(copied) == {
        ".gitignore", "package.json", "package-lock.json", "src/index.js", "src/metrics.js", "src/service.js",
    }  # fmt: skip
    assert not any(SECRET.encode() in text for text in copied.values())


def test_copy_leaves_the_checkout_as_it_is(tmp_path: Path) -> None:
    root = write_standin(tmp_path / "fork")
    before = everything_in(root)
    Checkout.at(root).copy(tmp_path / "copy")
    assert everything_in(root) == before


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("src/config.js", True),
        ("src/dbConfig.json", True),
        ("config.ts", True),
        ("oldconfig.js", True),
        ("src/config.local.js", True),
        ("jest.config.js", False),
        ("tsconfig.json", False),
        ("src/metrics/metricConfig.ts", False),
        ("src/configure.md", False),
    ],
)
def test_configuration_is_told_from_the_files_of_tools_by_its_name(name: str, *, is_one: bool) -> None:
    assert is_configuration(PurePosixPath(name)) is is_one


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"src/index.js": "require('./db/db.js')", "src/db/db.js": "require('../config.js')"}, ["src/config.js"]),
        ({"src/index.js": "const c = require('./config')"}, ["src/config.js"]),
        ({"src/index.ts": "import config from './config'"}, ["src/config.ts"]),
        ({"src/index.ts": "import c from './config'", "src/config.ts": "import d from './dbConfig.json'"},
         ["src/config.ts", "src/dbConfig.json"]),
        ({"src/index.js": "// require('./config.js')\n", "src/other.js": "require('./config.js')"}, []),
    ],
)  # fmt: skip
def test_configurations_are_what_the_started_code_imports(
    tmp_path: Path, files: dict[str, str], found: list[str]
) -> None:
    start = f"tsx {next(iter(files))}" if next(iter(files)).endswith("ts") else f"node {next(iter(files))}"
    assert [str(path) for path in checkout(tmp_path / "fork", files, start=start).configurations] == found


def test_sources_are_what_the_start_script_leads_to(tmp_path: Path) -> None:
    files = {"src/index.js": "require('./service')", "src/service.js": "", "src/script.js": "", "index.test.js": ""}
    fork = checkout(tmp_path / "fork", files, start="cd src && node index.js")
    assert sorted(map(str, fork.sources)) == ["src/index.js", "src/service.js"]


@pytest.mark.parametrize(
    ("start", "code", "runs_on_them"),
    [
        ("tsx src/index.js", "", True),
        ("node --import tsx/esm src/index.js", "", True),
        ("node src/index.js", "require('dotenv')", True),
        ("node src/index.js", "require('express')", False),
    ],
)
def test_checkout_that_runs_on_tools_of_its_development_is_told(
    tmp_path: Path, start: str, code: str, *, runs_on_them: bool
) -> None:
    fork = checkout(tmp_path / "fork", {"src/index.js": code}, start=start)
    tools = {"devDependencies": {"tsx": "4", "dotenv": "16", "jest": "30"}}
    assert Checkout(fork.path, {**fork.package, **tools}).runs_on_tools is runs_on_them


def test_import_that_leads_nowhere_is_named_as_missing(tmp_path: Path) -> None:
    fork = checkout(tmp_path / "fork", {"src/index.js": "require('./secrets.js'); require('./config.js')"})
    assert fork.missing == ("./secrets.js",)


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        (None, "has no package.json: No such file or directory. Give a jwt-pizza-service checkout."),
        ("[]", "package.json is not a JSON object"),
        ("{}", 'Give it a "start" script that takes a port.'),
    ],
)
def test_directory_that_holds_no_service_is_named_with_what_is_wanted(
    tmp_path: Path, manifest: str | None, complaint: str
) -> None:
    if manifest is not None:
        (tmp_path / "package.json").write_text(manifest)
    with pytest.raises(ScenarioError) as caught:
        Checkout.at(tmp_path)
    assert complaint in str(caught.value)
