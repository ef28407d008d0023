"""Whoever comes to the page of a game day, and a session that only remembers what it was asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from harness.gameday.board import Board
from harness.gameday.dashboards import Dashboards
from harness.gameday.debrief import Debrief
from harness.gameday.ghost import Ghost
from harness.gameday.orders import ORDERS
from harness.gameday.roles import Role, Tokens
from harness.gameday.stage import Waiting
from harness.gameday.stories import story
from harness.gameday.web import GameDayWeb

HOST = "127.0.0.1:8080"
AT = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)
SECRET = "the_hidden_cause"


class FakeSession:
    """What the web side needs of a session."""

    def __init__(self, directory: Path) -> None:
        self.board = Board()
        self.dashboards = Dashboards()
        self.ghost = Ghost()
        self.story = story("incident", seed=1)
        self.directory = directory
        self.over = threading.Event()
        self.debrief: Debrief | None = None
        self.trouble = "it was not judged"
        self.now = AT
        self.lived = timedelta()
        self.pace = "speed 1"
        self.fixed_pace = ""
        self.ghost_plays = False
        self.waiting = (Waiting(1, AT, SECRET),)
        self.takes = frozenset({*ORDERS, "abort"})
        self.asked: list[tuple[str, ...]] = []

    def order(self, action: Callable[[], str]) -> str:
        return action()

    def end(self) -> None:
        self.asked.append(("end",))

    def __getattr__(self, name: str) -> Callable[..., str]:
        def take(*words: object, **more: object) -> str:
            self.asked.append((name, *map(str, words), *map(str, more.values())))
            return f"{name} was asked"

        return take


class Visitor:
    """A browser with a role, or without, at a seat: its own, or another's."""

    def __init__(self, session: FakeSession, role: Role | None, *, name: str = "Ana", seat: str = "") -> None:
        self.tokens = Tokens()
        self._app = GameDayWeb(session, self.tokens, hosts=lambda: frozenset({HOST})).app  # type: ignore[arg-type]
        self.cookies = {"token_8080": self.tokens.of(role), "who_8080": name} if role else {}
        self._seat = f"/{seat or role or Role.RESPONDER}"

    def enter(self, link: str) -> httpx.Response:
        return self._ask("GET", link)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._ask("GET", self._seat + path, headers=headers)

    def post(self, path: str, data: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        return self._ask("POST", self._seat + path, data=data or {}, headers={"origin": f"http://{HOST}", **headers})

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://{HOST}", cookies=self.cookies
            ) as client:
                return await client.request(method, path, **more)

        return asyncio.run(asked())
