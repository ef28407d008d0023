"""The stand-in on a real Node, started, seeded and ended as a stack would."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from harness.errors import HarnessError
from harness.stacks.children import Child, Children, Launch
from harness.stacks.databases.database import Login
from harness.stacks.services.node.service import CONFINE, NodeService, answers
from harness.stacks.services.service import Companion, Surroundings
from tests.harness.stacks.services.node.standin import INDEX, PACKAGE, SECRET, everything_in, write_standin
from tests.required import required_program


@dataclass(frozen=True)
class NoDatabase:
    """A database that runs elsewhere, and that nobody asks for anything."""

    address: str = "127.0.0.1:9"
    login: Login = field(default_factory=lambda: Login("127.0.0.1", "pizza", "pw", "pizza"))
    version: str = "none"
    outlives_the_run: bool = False

    def launch(self, directory: Path) -> Launch | None:
        return None

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Children]:
    children = Children(logs=tmp_path / "logs", environment={}, record=lambda _: None)
    yield children
    children.end()


def prepared(tmp_path: Path, *, index: str | None = None) -> NodeService:
    required_program("node")
    required_program("npm")
    root = write_standin(tmp_path / "fork") if index is None else write_standin(tmp_path / "fork", index=index)
    return NodeService.prepared(root, database=NoDatabase, directory=tmp_path / "scratch", say=lambda _: None)


def start(service: NodeService, family: Children, tmp_path: Path, name: str = "task-1") -> Child:
    nowhere = Surroundings(tmp_path, "http://127.0.0.1:9", "http://127.0.0.1:9")
    return family.start(service.task(name, version="1", surroundings=nowhere))


def test_database_is_sought_at_port_3306_of_its_own_address_and_found_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = prepared(tmp_path)
    assert service.companions() == (Companion("database", "127.0.0.1:9", "127.0.0.1:3306"),)


@pytest.mark.slow
def test_checkout_is_started_as_it_is_and_answers(tmp_path: Path, family: Children) -> None:
    service = prepared(tmp_path)
    address = start(service, family, tmp_path).wait_until_ready()
    assert httpx.get(f"http://{address}/", trust_env=False).json()["version"] == "stand-in"
    assert answers(address) == address


@pytest.mark.slow
def test_tasks_of_one_service_listen_beside_each_other(tmp_path: Path, family: Children) -> None:
    service = prepared(tmp_path)
    first, second = (start(service, family, tmp_path, name) for name in ("task-1", "task-2"))
    assert first.wait_until_ready() != second.wait_until_ready()


@pytest.mark.slow
def test_copy_has_a_generated_configuration_and_nothing_of_the_teams_own(tmp_path: Path, family: Children) -> None:
    service = prepared(tmp_path)
    before = everything_in(tmp_path / "fork")
    start(service, family, tmp_path).wait_until_ready()
    copied = everything_in(tmp_path / "scratch")
    assert b"127.0.0.1:9/metrics" in copied["service/src/config.js"]
    assert not any(SECRET.encode() in text for text in copied.values())
    assert everything_in(tmp_path / "fork") == before


@pytest.mark.slow
def test_service_that_crashes_at_its_start_is_an_error_with_its_last_words(tmp_path: Path, family: Children) -> None:
    service = prepared(tmp_path, index="throw new Error('the oven is cold');")
    with pytest.raises(HarnessError, match=r"task-1 ended with code 1 before it listened.*Error: the oven is cold"):
        start(service, family, tmp_path).wait_until_ready()


@pytest.mark.slow
def test_service_that_is_closed_leaves_nothing_of_its_copy(tmp_path: Path, family: Children) -> None:
    service = prepared(tmp_path)
    start(service, family, tmp_path).wait_until_ready()
    family.end()
    service.close()
    service.close()
    assert not (tmp_path / "scratch").exists()
    assert (tmp_path / "fork" / "src" / "config.js").exists()


def test_service_that_cannot_be_installed_leaves_nothing_of_its_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, script in (("node", "echo v20.1.0"), ("npm", "echo no network; exit 1")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    root, said = write_standin(tmp_path / "fork"), list[str]()
    (root / "package.json").write_text(json.dumps({**PACKAGE, "engines": {"node": ">=22"}}))
    with pytest.raises(HarnessError, match=r"npm ci failed with code 1.*no network"):
        NodeService.prepared(root, database=NoDatabase, directory=tmp_path / "scratch", say=said.append)
    assert not (tmp_path / "scratch").exists()
    assert said[0] == "stand-in asks for Node 22 or newer; v20.1.0 runs it all the same"


@pytest.mark.slow
def test_part_of_the_configuration_under_a_name_of_the_teams_own_is_there(tmp_path: Path, family: Children) -> None:
    index = (
        "const config = require('./config.js');\nif (!config.metricsConfig.endpoint) throw new Error('no metrics');\n"
    )
    address = start(prepared(tmp_path, index=index + INDEX), family, tmp_path).wait_until_ready()
    assert answers(address) == address


@pytest.mark.slow
def test_tasks_of_a_service_that_takes_no_port_listen_beside_each_other(tmp_path: Path, family: Children) -> None:
    service = prepared(tmp_path, index="require('./service.js').listen(3000);")
    addresses = [start(service, family, tmp_path, name).wait_until_ready() for name in ("task-1", "task-2")]
    assert len(set(addresses)) == 2
    assert not any(address.endswith(":3000") for address in addresses)


@pytest.mark.slow
def test_service_that_has_to_be_built_is_built_before_it_is_started(tmp_path: Path, family: Children) -> None:
    service = prepared_to_be_built(tmp_path, build="cp -r src dist")
    assert start(service, family, tmp_path).wait_until_ready()
    assert not (tmp_path / "fork" / "dist").exists()


@pytest.mark.slow
def test_service_whose_build_makes_nothing_is_an_error_with_its_last_words(tmp_path: Path, family: Children) -> None:
    service = prepared_to_be_built(tmp_path, build="echo no oven; exit 1")
    with pytest.raises(HarnessError, match=r"npm run build did not make what 'node dist/index.js' starts.*no oven"):
        start(service, family, tmp_path)


def prepared_to_be_built(tmp_path: Path, *, build: str) -> NodeService:
    required_program("npm")
    root = write_standin(tmp_path / "fork")
    package = {**PACKAGE, "scripts": {"start": "node dist/index.js", "build": build}}
    (root / "package.json").write_text(json.dumps(package))
    return NodeService.prepared(root, database=NoDatabase, directory=tmp_path / "scratch", say=lambda _: None)


@contextmanager
def confined(script: str) -> Iterator[subprocess.Popen[str]]:
    required_program("node")
    process = subprocess.Popen(
        ["node", "--require", str(CONFINE), "-e", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(script: str) -> str:
    with confined(script) as process:
        return process.communicate(timeout=20)[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        "fetch('http://192.0.2.1/')",
        "fetch('https://pizza-factory.example/')",
        "new Promise((ok, no) => require('net').connect(3306, '192.0.2.1', ok).on('error', (cause) => no({ cause })))",
    ],
)
def test_service_that_reaches_beyond_this_machine_finds_nobody_there(call: str) -> None:
    output = said(f"{call}.then(() => console.log('reached'), (error) => console.log(error.cause.code))")
    assert "pizza-chaos: the service may not leave this machine; refused" in output
    assert output.splitlines()[-1] == "ECONNREFUSED"


@pytest.mark.slow
@pytest.mark.parametrize("where", ["0", "'0'", "0, '0.0.0.0'", "{ port: 0 }", "{ port: 0, host: '::' }"])
def test_service_listens_on_loopback_however_it_asks(where: str) -> None:
    said_when_listening = "() => { console.log(s.address().address); s.close(); }"
    script = f"const s = require('http').createServer().on('listening', {said_when_listening}); s.listen({where});"
    assert said(script).strip() == "127.0.0.1"


@pytest.mark.slow
def test_service_sees_each_client_at_an_address_of_its_own_and_no_health_check_twice() -> None:
    said_of_each = "async (given) => console.log(await (await fetch(url, { headers: given })).text())"
    script = f"""
    const s = require('http').createServer((request, response) => response.end(request.socket.remoteAddress));
    s.listen(0, async () => {{
      const url = `http://127.0.0.1:${{s.address().port}}`, say = {said_of_each};
      for (const given of [{{}}, {{}}, {{ 'x-forwarded-for': '192.0.2.1, 127.1.0.7' }}]) await say(given);
      s.closeAllConnections();
      s.close();
    }});"""
    first, second, diner = said(script).split()
    assert len({first, second, "127.0.0.1"}) == 3
    assert diner == "127.1.0.7"


@pytest.mark.slow
def test_service_reaches_what_is_on_this_machine(tmp_path: Path, family: Children) -> None:
    address = start(prepared(tmp_path), family, tmp_path).wait_until_ready()
    assert said(f"fetch('http://{address}/').then((reply) => console.log(reply.status))").strip() == "200"
