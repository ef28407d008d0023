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


def test_service_in_a_directory_below_is_suggested(tmp_path: Path) -> None:
    checkout(tmp_path / "backend", {"package.json": '{"dependencies": {"express": "4"}, "scripts": {"start": "x"}}'})
    (tmp_path / "frontend" / "node_modules" / "x").mkdir(parents=True)
    with pytest.raises(ScenarioError, match=rf"such as '{tmp_path / 'backend'}'\."):
        Checkout.at(tmp_path)
    (tmp_path / "package.json").write_text('{"workspaces": ["backend"]}')
    with pytest.raises(ScenarioError, match=rf"does not say how to start.*such as '{tmp_path / 'backend'}'\."):
        Checkout.at(tmp_path)


@pytest.mark.parametrize(("dependencies", "is_refused"), [('"pg": "8"', True), ('"pg": "8", "mysql2": "3"', False)])
def test_service_on_another_database_is_refused(tmp_path: Path, dependencies: str, *, is_refused: bool) -> None:
    (tmp_path / "package.json").write_text(
        f'{{"scripts": {{"start": "node x.js"}}, "dependencies": {{{dependencies}}}}}'
    )
    if not is_refused:
        assert Checkout.at(tmp_path).start.script == "node x.js"
        return
    with pytest.raises(ScenarioError, match="asks for pg: that is a database which no run has, only MySQL"):
        Checkout.at(tmp_path)


def test_what_is_no_directory_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "fork.zip").write_bytes(b"PK")
    with pytest.raises(ScenarioError, match=r"fork.zip' has no package.json: Not a directory"):
        Checkout.at(tmp_path / "fork.zip")


@pytest.mark.parametrize(
    ("engines", "oldest"),
    [
        ('{"node": ">=22.1"}', 22),
        ('{"node": "^20 || >=22"}', 20),
        ('{"node": "18.x"}', 18),
        ('{"node": "*"}', 0),
        ("null", 0),
    ],
)
def test_oldest_node_is_what_its_engines_say(tmp_path: Path, engines: str, oldest: int) -> None:
    (tmp_path / "package.json").write_text(f'{{"scripts": {{"start": "node x.js"}}, "engines": {engines}}}')
    assert Checkout.at(tmp_path).oldest_node == oldest


@pytest.mark.parametrize(
    ("code", "takes_it"),
    [
        ("listen(process.argv[2] || 3000)", True),
        ("listen(process.env.PORT ?? 3000)", True),
        ("const { DB_HOST, PORT } = process.env; listen(PORT)", True),
        ("const PORT = 3000; listen(PORT)", False),
        ("listen(config.port)", False),
    ],
)
def test_code_that_takes_no_port_is_told(tmp_path: Path, code: str, *, takes_it: bool) -> None:
    assert checkout(tmp_path / "fork", {"src/index.js": code}).takes_port is takes_it


def test_packages_that_nobody_asks_for_are_named(tmp_path: Path) -> None:
    code = "require('express-rate-limit'); require('fs/promises'); require('node:net'); require('@scope/x/y')"
    assert checkout(tmp_path / "fork", {"src/index.js": code}).undeclared == ("@scope/x", "express-rate-limit")


def test_copy_is_started_by_what_starts_the_service_and_keeps_links_to_folders(tmp_path: Path) -> None:
    fork = checkout(tmp_path / "fork", {"src/index.js": "", "lib/x.js": ""}, start="nodemon src/index.js")
    (fork.path / "src" / "lib").symlink_to("../lib")
    fork.copy(tmp_path / "copy")
    assert '"start":"node src/index.js"' in (tmp_path / "copy" / "package.json").read_text()
    assert (tmp_path / "copy" / "src" / "lib" / "x.js").is_file()
    assert "nodemon" in (fork.path / "package.json").read_text()


def test_administrators_are_those_that_the_code_makes(tmp_path: Path) -> None:
    code = "make({ name: 'x', email: 'a@jwt.com', password: 'JWT4dm!n', roles: [{ role: Role.Admin }] });"
    docs = "{ email: 'd@jwt.com', password: 'diner', roles: [{ role: Role.Diner }] }"
    fork = checkout(tmp_path / "fork", {"src/index.js": code + docs})
    assert fork.admins == ({"email": "a@jwt.com", "password": "JWT4dm!n"},)
