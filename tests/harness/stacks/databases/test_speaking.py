"""What our own client says to a server, tried on one that only writes down what it hears."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pymysql
import pytest

from harness.stacks.databases import speaking
from harness.stacks.databases.speaking import main, spoken


class FakeServer:
    """Heard by a client as a connection and a cursor at once; it answers with the rows that it was given."""

    def __init__(self, *answers: Sequence[Sequence[object]], refuses: str = "") -> None:
        self.heard: list[str] = []
        self._answers = list(answers)
        self._refuses = refuses

    @contextmanager
    def cursor(self) -> Iterator[FakeServer]:
        yield self

    def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> None:
        self.heard.append(sql.replace("%s", "{!r}").format(*parameters) if parameters else sql)
        if self._refuses and self._refuses in sql:
            raise pymysql.OperationalError(1094, f"no: {sql}")

    def fetchall(self) -> Sequence[Sequence[object]]:
        return self._answers.pop(0) if self._answers else ()

    def nextset(self) -> bool:
        return bool(self._answers)

    def close(self) -> None:
        self.heard.append("bye")


def test_line_of_several_statements_is_said_at_once_and_all_answers_are_given() -> None:
    server = FakeServer([], [("menu", 1), ("store", None)])
    assert list(spoken(server, "SET x = 1; SHOW TABLES;")) == ["menu\t1", "store\tNone"]
    assert server.heard == ["SET x = 1; SHOW TABLES;"]


def test_empty_line_is_not_said() -> None:
    server = FakeServer()
    assert list(spoken(server, " \n")) == []
    assert server.heard == []


def test_sessions_of_a_user_are_killed_one_by_one_and_one_that_has_ended_is_no_trouble() -> None:
    server = FakeServer([(7,), (8,)], refuses="KILL 7")
    assert list(spoken(server, "KILL USER 'pizza';\n")) == []
    assert server.heard == [
        "SELECT id FROM information_schema.processlist WHERE user = 'pizza'",
        "KILL 7",
        "KILL 8",
    ]


def test_each_line_of_standard_input_is_said_until_the_server_refuses_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = FakeServer([("one",)], refuses="BAKE")
    monkeypatch.setenv("MYSQL_PWD", "oven")
    monkeypatch.setattr(speaking, "connected", lambda address, *, password: server)
    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 1;\nBAKE;\nSELECT 2;\n"))
    assert main("127.0.0.1:1") == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("one\n", "no: BAKE;\n\n")
    assert server.heard == ["SELECT 1;\n", "BAKE;\n", "bye"]


def test_server_that_is_not_there_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("127.0.0.1:1") == 1
    assert "127.0.0.1" in capsys.readouterr().err
