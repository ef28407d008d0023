"""The real process, on real sockets of the loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 20
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def start_one(*arguments: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "pizza_service", "--port", "0", "--bcrypt-cost", "4", *arguments]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert (said["event"], said["host"]) == ("listening", "127.0.0.1")
        return process, f"http://127.0.0.1:{said['port']}"

    yield start_one
    for process in running:
        process.kill()
        process.communicate(timeout=LIMIT_SECONDS)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pizza_service", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def test_process_started_serves_welcome_login_and_menu(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        no_factory = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    _, url = start("--seed", "course", "--version-name", "v2", "--factory-url", no_factory)
    with httpx.Client(base_url=url, trust_env=False) as client:
        welcome = client.get("/")
        assert welcome.json() == {"message": "welcome to JWT Pizza", "version": "v2"}
        assert welcome.headers["x-powered-by"] == "Express"
        assert "date" in welcome.headers
        assert "server" not in welcome.headers
        login = client.put("/api/auth", json={"email": "d@jwt.com", "password": "diner"})
        assert login.json()["user"]["id"] == 2
        assert len(client.get("/api/order/menu").json()) == 5
        assert client.head("/api/order/menu").content == b""
        etag = client.get("/").headers["etag"]
        assert client.get("/", headers={"If-None-Match": etag}).status_code == 304
        order = {"franchiseId": 1, "storeId": 1, "items": [{"menuId": 1, "description": "x", "price": 1}]}
        headers = {"Authorization": f"Bearer {login.json()['token']}"}
        assert client.post("/api/order", json=order, headers=headers).status_code == 500


def test_process_asked_with_a_bad_escape_answers_400(start: Start) -> None:
    _, url = start()
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=LIMIT_SECONDS) as connection:
        connection.sendall(b"GET /api/franchise/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Failed to decode param '%zz'" in answer
    assert answer.lower().count(b"connection:") == 1


def test_processes_of_one_file_share_tokens_and_orders(start: Start, tmp_path: Path) -> None:
    database = str(tmp_path / "pizza.db")
    urls = [start("--database", database, "--seed", "course")[1] for _ in range(2)]
    with httpx.Client(trust_env=False) as client:
        login = client.put(f"{urls[0]}/api/auth", json={"email": "d@jwt.com", "password": "diner"}).json()
        me = client.get(f"{urls[1]}/api/user/me", headers={"Authorization": f"Bearer {login['token']}"})
        assert me.json()["email"] == "d@jwt.com"


def test_process_of_a_fast_clock_stamps_incident_time(start: Start) -> None:
    _, url = start("--seed", "course", PIZZA_CLOCK=f"1733055840 {time.monotonic()!r} 20")
    with httpx.Client(base_url=url, trust_env=False) as client:
        token = client.put("/api/auth", json={"email": "d@jwt.com", "password": "diner"}).json()["token"]
        me = client.get("/api/user/me", headers={"Authorization": f"Bearer {token}"})
        assert 0 <= me.json()["iat"] - 1733055840 < 20 * LIMIT_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_told_to_stop_dies_at_once_with_an_order_in_flight(start: Start, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_factory:
        factory = f"http://127.0.0.1:{silent_factory.getsockname()[1]}"
        process, url = start("--seed", "course", "--factory-url", factory, "--factory-key", "")
        with httpx.Client(base_url=url, trust_env=False) as client:
            token = client.put("/api/auth", json={"email": "d@jwt.com", "password": "diner"}).json()["token"]
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=LIMIT_SECONDS) as diner:
            body = b'{"franchiseId":1,"storeId":1,"items":[]}'
            diner.sendall(
                b"POST /api/order HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b" % (token.encode(), len(body), body)
            )
            silent_factory.settimeout(LIMIT_SECONDS)
            in_flight, _ = silent_factory.accept()
            with in_flight:
                process.send_signal(number)
                assert process.wait(timeout=LIMIT_SECONDS) == -number
                assert diner.recv(65536) == b""
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_process_whose_port_is_taken_says_so_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"pizza_service: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "choose another --port, or 0 for a free one\n"
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["--port", "x"], {}, "'x' is no whole number"),
        (["--database", "."], {}, "cannot use the database '.': unable to open database file"),
        (["--host", "256.1.1.1"], {}, "cannot listen on 256.1.1.1:0"),
        ([], {"PIZZA_CLOCK": "soon"}, "PIZZA_CLOCK is 'soon'"),
    ],
)
def test_process_that_cannot_start_says_why_in_one_line(
    arguments: list[str], environment: dict[str, str], words: str
) -> None:
    ended = run("--port", "0", *arguments, **environment)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("pizza_service: ")
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr


def test_process_asked_to_seed_a_database_that_is_not_new_says_so(start: Start, tmp_path: Path) -> None:
    database = str(tmp_path / "pizza.db")
    start("--database", database)
    ended = run("--port", "0", "--database", database, "--seed", "course")
    assert ended.returncode == 2
    assert "--seed course fills only a new database" in ended.stderr


def test_process_whose_server_is_down_serves_what_needs_none_and_says_so_without_the_password(start: Start) -> None:
    process, url = start("--database", "mysql://pizza@127.0.0.1:1", PIZZA_DATABASE_PASSWORD="secret")
    with httpx.Client(base_url=url, trust_env=False) as client:
        menu = client.get("/api/order/menu")
        assert (menu.status_code, menu.json()["message"]) == (500, "connect ECONNREFUSED 127.0.0.1:1")
        assert client.get("/").status_code == 200
        assert client.get("/api/docs").json()["config"]["db"] == "127.0.0.1"
        headers = {"Authorization": "Bearer a.b.c"}
        assert client.get("/api/user/me", headers=headers).json() == {"message": "unauthorized"}
    process.terminate()
    _, complaint = process.communicate(timeout=LIMIT_SECONDS)
    assert complaint == "cannot prepare the database at 127.0.0.1: connect ECONNREFUSED 127.0.0.1:1\n"
