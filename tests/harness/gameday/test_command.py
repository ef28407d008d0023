from __future__ import annotations

import socket
from pathlib import Path

import pytest

from harness.commands.practice import gameday
from harness.errors import HarnessError, ScenarioError
from harness.gameday.command import invitations, require_port, session_of, settings_of
from harness.gameday.roles import Role, Tokens
from harness.progress import Screen
from harness.settings import Settings

SILENT = Screen(lambda _: None, is_terminal=False)


@pytest.mark.parametrize(("story", "recorded"), [("replay", None), ("incident", Path("runs/latest"))])
def test_replay_and_its_run_come_together_or_not_at_all(story: str, recorded: Path | None) -> None:
    with pytest.raises(ScenarioError, match="gameday replay RUN"):
        gameday(story, recorded)


def test_replay_of_a_directory_without_a_history_says_so(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no history to read"):
        gameday("replay", tmp_path, no_browser=True)


def test_game_day_without_a_wall_clock_is_refused(tmp_path: Path) -> None:
    settings = Settings(stack="simulated", runs=str(tmp_path))
    with pytest.raises(ScenarioError, match="played in real time: stack processes or containers, not simulated"):
        session_of("free", settings, outset=(8, "1h"), screen=SILENT)


def test_game_day_goes_at_the_speed_of_people_unless_another_is_asked_for() -> None:
    assert settings_of(Settings(), speed=None).speed == 1
    assert settings_of(Settings(), speed=20).speed == 20


def test_speed_that_a_service_of_ones_own_cannot_have_is_refused(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    with pytest.raises(ScenarioError, match="its timers are real"):
        settings_of(Settings(service=str(tmp_path), speed=1), speed=20)


def test_length_that_is_none_leaves_no_run_behind(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="'soon' is not a duration"):
        session_of("free", Settings(runs=str(tmp_path)), outset=(8, "soon"), screen=SILENT)
    assert list(tmp_path.iterdir()) == []


def test_port_that_is_taken_is_told_of_before_there_is_a_run(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ScenarioError, match=f"cannot be served at port {port}: something else is there"):
            gameday("free", port=port, no_browser=True, runs=str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    require_port(0)


def test_port_of_the_administrator_is_refused_with_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_address: object) -> socket.socket:
        raise PermissionError

    monkeypatch.setattr(socket, "create_server", refuses)
    with pytest.raises(
        ScenarioError, match=r"may not be served at port 80, which is the administrator's\. Give another"
    ):
        require_port(80)


def test_link_is_printed_for_each_role_that_is_invited() -> None:
    tokens = Tokens()
    (watching,) = invitations("http://127.0.0.1:1", tokens, roles=[Role.OBSERVER])
    assert watching.strip() == f"observer: http://127.0.0.1:1/?token={tokens.of(Role.OBSERVER)}"
    assert len(invitations("http://127.0.0.1:1", tokens)) == len(Role)
