from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.stacks.databases.reservation import Reservation, free_port

HERE = ["127.0.0.1"]


@pytest.fixture
def port() -> int:
    return free_port("127.0.0.1")


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_address_that_is_reserved_is_given_to_nobody_else_until_it_is_released(port: int) -> None:
    mine = Reservation.found(port=port, hosts=HERE)
    assert mine is not None
    assert Reservation.found(port=port, hosts=HERE) is None
    mine.release()
    mine.release()
    again = Reservation.found(port=port, hosts=HERE)
    assert again is not None
    again.release()


def test_address_at_which_something_listens_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert Reservation.found(port=taken.getsockname()[1], hosts=HERE) is None


@pytest.mark.slow
def test_address_of_a_run_that_died_is_free_again(port: int, tmp_path: Path) -> None:
    code = (
        f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n"
        "from harness.stacks.databases.reservation import Reservation\n"
        f"print(Reservation.found(port={port}, hosts={HERE!r}).host, flush=True); input()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout.readline().strip() == "127.0.0.1"
        assert Reservation.found(port=port, hosts=HERE) is None
        other.kill()
    found = Reservation.found(port=port, hosts=HERE)
    assert found is not None
    found.release()
