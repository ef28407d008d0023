"""Who may join a load from another machine, what each is told, and when one is missed: all without a network."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from harness.load.far_crew import KNOCKED_WITHIN_SECONDS, SILENT_SECONDS, FarCrew, Lobby
from harness.load.messages import Command, read_setup
from tests.harness.load.test_messages import SETUP


class Runner:
    """Locust's master, as far as a crew knows it."""

    worker_count = 0

    def __init__(self) -> None:
        self.listeners: dict[str, Callable[..., None]] = {}
        self.sent: list[tuple[str, Any, str]] = []

    def register_message(self, word: str, listener: Callable[..., None]) -> None:
        self.listeners[word] = listener

    def send_message(self, word: str, data: Any = None, client_id: str = "everybody") -> None:
        self.sent.append((word, data, client_id))

    def hear(self, word: str, data: dict[str, Any], *, of: str = "") -> None:
        self.listeners[word](environment=None, msg=SimpleNamespace(data=data, node_id=of))


class Here:
    """A crew of two, everything around it, and a clock that is moved by hand."""

    def __init__(self, authority: str = "") -> None:
        self.runner = Runner()
        self.said: list[object] = []
        self.time = 100.0
        setup = msgspec.structs.replace(SETUP, workers=2, master="192.0.2.1:5557", authority=authority)
        self.crew = FarCrew(setup, self.runner, mouth=self, now=lambda: self.time)

    def say(self, message: object) -> None:
        self.said.append(message)

    def join(self, name: str, *, of: str = "") -> tuple[str, Any]:
        self.runner.hear("join", {"version": of or version("pizza-chaos"), "host": f"{name}.test"}, of=name)
        word, data, to = self.runner.sent[-1]
        assert to == name
        return word, data

    def compare(self, number: int, **changed: object) -> None:
        told = {"ahead_seconds": 1.5, "uncertainty_seconds": 0.001}
        self.runner.hear("compared", {"worker": number, "load": self.crew.load, "told": told, **changed})

    def ask(self, number: int, load: str) -> None:
        self.runner.hear("clock", {"worker": number, "load": load, "sent": 7.0}, of="ada")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("PIZZA_CLOCK", "1733000000.0 50.0 20.0")
    return Here()


def test_worker_that_joins_is_told_its_share_and_the_scenarios_clock(here: Here) -> None:
    word, data = here.join("ada")
    assert word == "setup"
    setup = read_setup(data["setup"])
    assert (setup.worker, setup.workers, setup.max_requests) == (0, 2, SETUP.max_requests // 2)
    assert setup.load == here.crew.load != ""
    epoch, started, speed = data["clock"]
    assert (epoch, speed) == (1733000000.0, 20.0)
    here.ask(0, here.crew.load)
    _, told, _ = here.runner.sent[-1]
    assert told["sent"] == 7.0
    assert told["theirs"] > started > 0


def test_worker_that_knocks_twice_before_it_hears_is_still_one(here: Here) -> None:
    here.join("ada")
    assert here.join("ada")[1]["setup"] == here.join("ada")[1]["setup"]
    assert read_setup(here.join("bo")[1]["setup"]).worker == 1


def test_worker_that_comes_late_is_told_that_nobody_is_needed(here: Here) -> None:
    here.join("ada")
    here.join("bo")
    word, data = here.join("cy")
    assert word == "refused"
    assert data == {"why": "the run has as many workers as it asked for", "for_good": False}


def test_worker_that_comes_when_all_is_over_is_not_let_in(here: Here) -> None:
    here.crew.tell(Command(stop=True))
    assert here.join("ada")[0] == "refused"


def test_worker_of_another_version_is_turned_away_for_good_and_named(here: Here) -> None:
    word, data = here.join("ada", of="0.0.1")
    assert (word, data["for_good"]) == ("refused", True)
    assert data["why"] == f"it has pizza-chaos 0.0.1, and this run {version('pizza-chaos')}: install the same"
    here.join("bo")
    here.compare(0)
    missing = here.crew.missing()
    assert "these came in 60 s: bo.test. ada.test was turned away: it has pizza-chaos 0.0.1" in missing
    assert "pizza-chaos load-worker --master 192.0.2.1:5557 --allow-target 192.0.2.1" in missing


def test_crew_is_complete_once_all_diners_have_a_home_and_all_clocks_are_compared(here: Here) -> None:
    here.join("ada")
    here.join("bo")
    here.compare(0)
    here.runner.worker_count = 2
    assert not here.crew.is_complete
    here.compare(1)
    assert here.crew.is_complete
    assert here.said[0] == {
        "compared": {"worker": 0, "host": "ada.test", "ahead_seconds": 1.5, "uncertainty_seconds": 0.001}
    }


def test_worker_that_says_nothing_for_too_long_is_missed(here: Here) -> None:
    here.join("ada")
    here.compare(0)
    here.time += SILENT_SECONDS
    assert here.crew.complaint({}) == ""
    here.ask(0, here.crew.load)
    here.time += SILENT_SECONDS + 1
    assert here.crew.complaint({}) == "load worker 0 on ada.test has not been heard of for 11 s."


def test_worker_that_leaves_before_the_end_is_told(here: Here) -> None:
    here.join("ada")
    assert here.crew.complaint({0: 12}) == "load worker 0 on ada.test left before the load was over."


def test_worker_of_an_earlier_load_at_this_address_is_not_taken_for_one_of_this(here: Here) -> None:
    here.join("ada")
    here.compare(0)
    sent, said = len(here.runner.sent), len(here.said)
    here.time += SILENT_SECONDS + 1
    here.ask(0, "an earlier one")
    here.compare(0, load="an earlier one")
    assert here.runner.sent[sent:] == here.said[said:] == []
    assert "not been heard of" in here.crew.complaint({})


def test_master_waits_for_nobody_who_is_lost_or_never_began(here: Here) -> None:
    here.join("ada")
    here.join("bo")
    here.compare(0)
    here.time += SILENT_SECONDS + 1
    here.crew.wait_until_gone({})


def test_authority_travels_as_text_for_its_file_is_on_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIZZA_CLOCK", "1733000000.0 50.0 20.0")
    (tmp_path / "authority.pem").write_text("a certificate")
    assert Here(str(tmp_path / "authority.pem")).join("ada")[1]["authority"] == "a certificate"


OURS = {"version": version("pizza-chaos"), "host": "ada.test"}


def test_lobby_counts_each_worker_once_and_forgets_who_went_away(capsys: pytest.CaptureFixture[str]) -> None:
    lobby = Lobby(2)
    assert lobby.knocked("ada", OURS, now=0.0) == {"why": "the run waits for the others", "for_good": False}
    lobby.knocked("ada", OURS, now=1.0)
    assert not lobby.is_complete(1.0)
    lobby.knocked("bo", {**OURS, "host": "bo.test"}, now=1.0 + KNOCKED_WITHIN_SECONDS)
    assert lobby.is_complete(1.0 + KNOCKED_WITHIN_SECONDS)
    assert lobby.here(1.5 + KNOCKED_WITHIN_SECONDS) == ["bo.test"]
    told = capsys.readouterr().out.splitlines()
    assert told == ['{"here": ["ada.test"], "away": {}}', '{"here": ["ada.test", "bo.test"], "away": {}}']


def test_lobby_turns_away_another_version_for_good_and_says_who_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    lobby = Lobby(1)
    answer = lobby.knocked("ada", {**OURS, "version": "0.0.1"}, now=0.0)
    assert answer["for_good"]
    assert not lobby.is_complete(0.0)
    assert '"away": {"ada.test": "it has pizza-chaos 0.0.1' in capsys.readouterr().out
