from __future__ import annotations

import socket
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.stacks.children import Children
from harness.stacks.databases import mariadb
from harness.stacks.databases.database import Login
from harness.stacks.databases.mariadb import MariaDb, greets
from harness.stacks.databases.reservation import Reservation
from tests.required import required_program


def test_machine_without_mariadb_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mariadb, "BESIDES_PATH", ())
    with pytest.raises(HarnessError, match=r"there is no mariadbd on this machine. Install MariaDB \(Debian: apt-get"):
        MariaDb.found()


def test_port_that_is_taken_everywhere_is_named_with_the_way_to_use_what_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mariadbd", "mariadb-install-db"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, found = taken.getsockname()[1], Reservation.found
        monkeypatch.setattr(Reservation, "found", lambda **_: found(port=port, hosts=["127.0.0.1"]))
        with pytest.raises(HarnessError, match=r"is taken at every loopback address.*--database mysql://USER@127"):
            MariaDb.found()


def test_nobody_greets_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert greets("127.0.0.1", port) == ""


@pytest.mark.slow
def test_server_of_the_run_greets_at_an_address_of_its_own_and_ends_with_it(tmp_path: Path) -> None:
    required_program("mariadbd")
    database = MariaDb.found()
    family = Children(logs=tmp_path / "logs", environment={}, record=lambda _: None)
    try:
        child = family.start(database.launch(tmp_path / "scratch"))
        assert child.wait_until_ready() == database.address
        assert (tmp_path / "scratch" / "first.sql").stat().st_mode & 0o077 == 0
    finally:
        family.end()
        database.close()
    host, port = database.address.split(":")
    assert greets(host, int(port)) == ""


def test_data_that_cannot_be_made_is_an_error_with_the_installers_last_words(tmp_path: Path) -> None:
    installer = tmp_path / "installer"
    installer.write_text("#!/bin/sh\necho 'no space left' >&2\nexit 1\n")
    installer.chmod(0o755)
    login = Login("127.0.0.51", "pizza", "pw", "pizza")
    database = MariaDb(login, "127.0.0.51:3307", "10", "mariadbd", str(installer))
    with pytest.raises(HarnessError, match=r"installer cannot make a data directory. Its last words: no space left"):
        database.launch(tmp_path)


def test_server_and_its_installer_keep_temporary_tables_where_no_other_server_removes_them(tmp_path: Path) -> None:
    installer = tmp_path / "installer"
    installer.write_text('#!/bin/sh\ntouch "$TMPDIR/installed"\n')
    installer.chmod(0o755)
    login = Login("127.0.0.51", "pizza", "pw", "pizza")
    launch = MariaDb(login, "127.0.0.51:3307", "10", "mariadbd", str(installer)).launch(tmp_path / "scratch")
    room = Path(launch.environment["TMPDIR"])
    assert room.is_relative_to(tmp_path / "scratch")
    assert (room / "installed").exists()


@pytest.mark.slow
def test_server_that_comes_second_to_an_address_is_an_error_and_not_taken_for_the_first(tmp_path: Path) -> None:
    required_program("mariadbd")
    database = MariaDb.found()
    family = Children(logs=tmp_path / "logs", environment={}, record=lambda _: None)
    try:
        first, second = (database.launch(tmp_path / name) for name in ("first", "second"))
        family.start(first).wait_until_ready()
        with pytest.raises(HarnessError, match=r"database ended with code 1 before it listened.*already in use"):
            family.start(second).wait_until_ready()
    finally:
        family.end()
        database.close()
