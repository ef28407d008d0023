"""Lending this machine to a run elsewhere: what is refused before anybody knocks."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import SafetyError, ScenarioError
from harness.load.lending import lend
from harness.load.messages import SECRET


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "what the run and its workers have in common")


def test_worker_without_a_secret_is_told_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    with pytest.raises(ScenarioError, match="PIZZA_LOAD_SECRET has 0 characters"):
        lend("127.0.0.1", ())


@pytest.mark.usefixtures("secret")
def test_public_pizza_site_is_refused_even_when_it_is_allowed() -> None:
    with pytest.raises(SafetyError, match=r"pizza\.cs329\.click is a public pizza site"):
        lend("127.0.0.1", ("pizza.cs329.click",))


@pytest.mark.usefixtures("secret")
def test_public_pizza_site_is_no_place_to_knock_at() -> None:
    with pytest.raises(SafetyError, match=r"pizza\.cs329\.click is a public pizza site"):
        lend("pizza.cs329.click:5557", ())


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("master", ["127.0.0.1:http", "127.0.0.1:70000", "a b"])
def test_master_that_is_no_address_is_refused(master: str) -> None:
    with pytest.raises(ScenarioError, match="is not an address"):
        lend(master, ())


def test_command_needs_to_know_where_the_run_is() -> None:
    done = CliRunner().invoke(app, ["load-worker"])
    assert done.exit_code == 2
    assert "Missing option '--master'" in done.output
