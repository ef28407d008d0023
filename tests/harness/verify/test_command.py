from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import SafetyError, ScenarioError
from harness.verify.command import read_description
from tests.harness.verify.site import NAME, answering_dns, console, pointing_at, serving

SHOWN = console("127.0.0.1:8001")


def test_description_is_read_from_a_file_a_run_and_a_url(tmp_path: Path) -> None:
    file = tmp_path / "description.json"
    file.write_bytes(msgspec.json.encode(SHOWN))
    with serving({"GET /console": (200, msgspec.to_builtins(SHOWN))}) as site:
        read = [read_description(where) for where in (str(file), str(tmp_path), f"{site.url}/console")]
    assert read == [SHOWN, SHOWN, SHOWN]


def test_description_that_is_none_or_elsewhere_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"site": 7}')
    with pytest.raises(ScenarioError, match="no description of an ingress"):
        read_description(str(wrong))
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_description(str(tmp_path / "none"))
    with pytest.raises(SafetyError, match="this machine"):
        read_description("http://10.0.0.1/console")
    with serving({}) as site, pytest.raises(ScenarioError, match="gives no description"):
        read_description(site.url)


def test_command_finds_what_is_latent_with_the_dns_server_of_the_description(tmp_path: Path) -> None:
    with serving() as site, answering_dns(pointing_at(site.address)) as server:
        shown = console(site.address, health_check="", dns=str(server))
        (tmp_path / "description.json").write_bytes(msgspec.json.encode(shown))
        junit = tmp_path / "verify.xml"
        arguments = ["verify", f"http://{NAME}", "--describe", str(tmp_path), "--json", "--junit", str(junit)]
        done = CliRunner().invoke(app, arguments)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["layer"], told["took_seconds"] < 5) == (1, "target group", True)
    assert 'failures="1"' in junit.read_text()
