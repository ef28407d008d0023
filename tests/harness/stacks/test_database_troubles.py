from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.faults.troubles import DatabaseStopped, WritesBlocked
from harness.stacks.database_troubles import DatabaseTroubles


class Keeper:
    """Knows how to hurt a database on paper."""

    def __init__(self) -> None:
        self.wrong: list[object] = []

    async def begin(self, trouble: object, *, cloud: object) -> None:
        self.wrong.append(trouble)

    async def end(self, trouble: object, *, cloud: object) -> None:
        self.wrong.remove(trouble)

    def stands(self, trouble: object, *, cloud: object) -> bool:
        return trouble in self.wrong


def test_trouble_is_passed_on_to_whoever_knows_the_database() -> None:
    keeper = Keeper()
    troubles = DatabaseTroubles(keeper)
    cloud: Any = SimpleNamespace()
    troubles.cloud = cloud
    asyncio.run(troubles.begin(WritesBlocked()))
    assert troubles.stands(WritesBlocked())
    asyncio.run(troubles.end(WritesBlocked()))
    assert not troubles.stands(WritesBlocked())


def test_database_that_was_there_before_the_run_is_not_hurt_and_the_message_says_what_can_be() -> None:
    troubles = DatabaseTroubles(None)
    with pytest.raises(ScenarioError, match=r"was not started by this run.*LinkDown.*--database mariadb"):
        asyncio.run(troubles.begin(DatabaseStopped()))
    asyncio.run(troubles.end(DatabaseStopped()))
    assert not troubles.stands(DatabaseStopped())
