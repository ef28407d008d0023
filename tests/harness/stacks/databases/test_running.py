from __future__ import annotations

import pytest

from harness.errors import HarnessError, SafetyError, ScenarioError
from harness.stacks.databases import running
from harness.stacks.databases.reservation import HOSTS, Reservation
from harness.stacks.databases.running import PASSWORD, RunningDatabase, read_url


@pytest.mark.parametrize("url", ["mysql://root@127.0.0.1", "mariadb://root@127.0.0.1:3306/"])
def test_url_of_a_server_gives_host_and_user(url: str) -> None:
    assert read_url(url, where="database") == ("127.0.0.1", "root")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://root:pw@127.0.0.1", f"a password stands in the URL, where histories would keep it. Set {PASSWORD}"),
        ("postgres://root@127.0.0.1", "names no database server"),
        ("mysql://127.0.0.1", "names no database server"),
        ("mysql://root@127.0.0.1/pizza", "names no database server"),
        ("mysql://root@127.0.0.1:x", "names no database server"),
        ("mariadbb", 'Write "mariadb", "container" or "mysql://USER@127.0.0.1".'),
        ("mysql://root@127.0.0.1:3307", "asks for port 3307, but pizza services know 3306 only"),
    ],
)
def test_url_that_says_too_much_or_too_little_is_named_without_its_password(url: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match="database: ") as caught:
        read_url(url, where="database")
    assert complaint in str(caught.value)
    assert "pw" not in str(caught.value)


def test_server_of_somebody_else_is_refused() -> None:
    with pytest.raises(SafetyError):
        RunningDatabase.at("mysql://root@db.example.org", run="a-run")


def test_server_that_does_not_greet_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "greets", lambda host, port: "")
    with pytest.raises(HarnessError, match=r"no database server greets at 127\.0\.0\.1:3306"):
        RunningDatabase.at("mysql://root@127.0.0.1", run="a-run")


def test_server_that_runs_is_sought_straight_where_no_other_address_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "greets", lambda host, port: f"{host}:{port}")
    monkeypatch.setattr(Reservation, "found", lambda *, port: None)
    found = RunningDatabase.at("mysql://root@127.0.0.1", run="a-run")
    assert f"{found.login.host}:3306" == found.address


def test_server_that_runs_gets_a_database_of_the_runs_own_and_a_password_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "greets", lambda host, port: f"{host}:{port}")
    monkeypatch.setenv(PASSWORD, "oven")
    found = RunningDatabase.at("mysql://root@127.0.0.1", run="20241201T052400-7-incident")
    assert (found.login.database, found.login.password) == ("pizza_chaos_20241201T052400_7_incident", "oven")
    assert found.address == "127.0.0.1:3306"
    assert found.login.host in HOSTS
    found.close()
    assert found.outlives_the_run
    assert "oven" not in repr(found)
