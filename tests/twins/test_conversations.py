"""The twins say what the real programs said when they were recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.required import required_program
from tests.twins import factory, service
from tests.twins.__main__ import SAID_BY_FACTORY, SAID_BY_SERVICE
from tests.twins.conversation import differences, play, recorded
from tests.twins.programs import Stage, factory_as_it_is, service_twin

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("on_mariadb", [False, True], ids=["SQLite", "MariaDB"])
def test_service_twin_answers_as_the_real_service_did(tmp_path: Path, on_mariadb: bool) -> None:
    steps = service.STEPS_ON_A_SERVER if on_mariadb else service.STEPS
    if on_mariadb:
        required_program("mariadbd")
    with Stage(tmp_path) as stage:
        heard = play(steps, service_twin(stage, on_mariadb=on_mariadb))
    assert differences(recorded(SAID_BY_SERVICE)[: len(steps)], heard) == []


def test_factory_twin_answers_as_the_real_factory_did(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        heard = play(factory.STEPS, factory_as_it_is(stage))
    assert differences(recorded(SAID_BY_FACTORY), heard) == []
