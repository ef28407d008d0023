"""The walk against the real twins, each in a process of its own: what the factory's chaos looks like from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import SafetyError
from harness.verify.factory.suite import CASES
from harness.verify.findings import Report
from harness.verify.walk import verify
from harness.verify.wanted import Wanted

pytestmark = pytest.mark.slow

NOW = datetime(2024, 12, 1, tzinfo=UTC)
KEY = {"Authorization": "Bearer local-vendor-key"}


@contextmanager
def twin(module: str, *options: str) -> Iterator[str]:
    """Run a twin until the block ends; gives its URL."""
    command = [sys.executable, "-m", module, "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield f"http://127.0.0.1:{said['port']}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    database: Path = tmp_path_factory.mktemp("verify") / "pizza.sqlite"
    with ExitStack() as stack:
        factory = stack.enter_context(twin("fake_factory", "--throttle-delay", "20s"))
        options = ["--database", str(database), "--seed", "course", "--bcrypt-cost", "4", "--version-name", "v7"]
        service = stack.enter_context(
            twin("pizza_service", *options, "--factory-url", factory, "--factory-key", "local-vendor-key")
        )
        yield service, factory


def walk(service: str, *, version: str = "v7") -> Report:
    return verify(Wanted(url=service, with_order=True, version=version), now=NOW)


def test_walk_of_the_twins_finds_the_factory_by_itself_and_nothing_broken(deployment: tuple[str, str]) -> None:
    service, _ = deployment
    report = walk(service)
    assert report.exit_code == 0, "\n".join(report.lines())
    pizza = next(found for found in report.findings if found.step == "pizza")
    assert pizza.finding == "the factory says that the pizza is its own"


def test_walk_of_the_twins_after_a_push_that_did_not_arrive_names_the_version(deployment: tuple[str, str]) -> None:
    assert walk(deployment[0], version="v8").verdict == "broken: version: version v7 serves, and not v8"


@pytest.mark.parametrize(
    ("mode", "layer", "words"),
    [
        ("fail", "order", "Failed to fulfill order at factory"),
        ("badjwt", "pizza", "never signed"),
        ("throttle", "order", "was not answered, and may exist"),
    ],
)
def test_walk_of_the_twins_names_the_layer_of_each_chaos(
    deployment: tuple[str, str], mode: str, layer: str, words: str
) -> None:
    service, factory = deployment
    with httpx.Client(base_url=factory, headers=KEY, trust_env=False) as client:
        assert client.put(f"/api/vendor/chaos/{mode}").is_success
        report = walk(service)
        admin = {"Authorization": "Bearer local-admin-key"}
        client.put("/api/admin/chaos", headers=admin, json={"vendorId": "local-vendor", "type": "none"})
    assert report.named is not None
    assert (report.named.layer, words in report.named.finding) == (layer, True), "\n".join(report.lines())
    assert report.took_seconds < 5


def test_contract_the_twin_in_its_own_process_keeps_it_over_http(tmp_path: Path) -> None:
    junit = tmp_path / "factory.xml"
    with twin("fake_factory", "--order-delay", "50ms", "--throttle-delay", "300ms") as url:
        options = ["--vendor-key", "local-vendor-key", "--with-chaos", "--examples", "20", "--budget", "250ms"]
        done = CliRunner().invoke(app, ["verify-factory", url, *options, "--json", "--junit", str(junit)])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["layer"]) == (0, None), done.stdout
    assert {found["standing"] for found in told["findings"]} == {"well"}
    assert 'failures="0" errors="0" skipped="0"' in junit.read_text()


def test_contract_a_factory_that_is_not_there_breaks_every_case_and_the_key_is_not_told() -> None:
    done = CliRunner().invoke(app, ["verify-factory", "http://127.0.0.1:1", "--vendor-key", "secret-key"])
    assert done.exit_code == 1
    assert done.stdout.count("broken ") == len(CASES)
    assert "secret-key" not in done.stdout


@pytest.mark.parametrize("url", ["https://pizza-factory.cs329.click", "http://10.0.0.1"])
def test_contract_a_factory_that_is_not_ours_is_refused(url: str) -> None:
    done = CliRunner().invoke(app, ["verify-factory", url, "--vendor-key", "k"])
    assert isinstance(done.exception, SafetyError)
