import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from fake_factory.__main__ import main
from tests.fake_factory.twin import VENDOR, an_order


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    printed = capsys.readouterr()
    assert leaving.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith("fake_factory: ")
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.fixture(autouse=True)
def _signals_are_put_back() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_port_in_use_is_one_line_that_names_it_and_a_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = complaint(capsys, "--port", str(port))
    assert said == (
        f"fake_factory: cannot listen on 127.0.0.1 port {port}: address already in use; "
        "try another (--port 0 is any free port)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "65536"], "'65536' is not a port; it must be a number from 0 to 65535"),
        (["--port", "-1"], "'-1' is not a port"),
        (["--order-delay", "32"], "'32' is not a duration; write a number and a unit"),
        (["--prot", "1"], "unrecognized arguments: --prot 1; did you mean --port?"),
        (["--throttle-delai=1s"], "did you mean --throttle-delay?"),
        (["--zzz"], "unrecognized arguments: --zzz; --help lists what there is"),
        (["--mail-file", "/nowhere/mails"], "cannot write mails to /nowhere/mails: no such file or directory"),
        (["--key", "/nowhere/key.pem"], "cannot read the key /nowhere/key.pem: no such file or directory"),
        (["--key", os.devnull], "the signing key is no RSA private key in PEM"),
        (["--vendor-key", "a b"], "the vendor key is 'a b'"),
        (["--key-bits", "1"], "invalid choice: 1"),
        (["--chaos-starts", "soon"], "invalid choice: 'soon'"),
    ],
)
def test_bad_value_is_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert words in complaint(capsys, *arguments)


def test_clock_variable_that_makes_no_sense_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIZZA_CLOCK", "soon")
    assert "PIZZA_CLOCK is 'soon'" in complaint(capsys)


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    command = [sys.executable, "-m", "fake_factory", "--port", "0", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        assert process.stdout is not None
        try:
            listening = json.loads(process.stdout.readline())
            assert (listening["event"], listening["host"]) == ("listening", "127.0.0.1")
            with httpx.Client(base_url=f"http://127.0.0.1:{listening['port']}", headers=VENDOR) as client:
                yield process, client
        finally:
            process.kill()


@pytest.mark.slow
def test_process_orders_breaks_is_reported_and_orders_again(tmp_path: Path, key_pem: bytes) -> None:
    key = tmp_path / "jwt.key"
    key.write_bytes(key_pem)
    with running("--key", str(key), PIZZA_CLOCK="1733055840 0 1", LC_ALL="C", PYTHONUTF8="0") as (process, client):
        assert list(client.post("/api/order", json=an_order()).json()) == ["jwt"]
        assert client.post("/api/vendor", json={"id": "常"}).status_code == 200
        assert client.post("/api/vendor/code", json={"id": "常"}).status_code == 200
        client.put("/api/vendor/chaos/fail")
        broken = client.post("/api/order", json=an_order())
        assert broken.status_code == 500
        assert client.get(broken.json()["reportUrl"]).json()["message"].startswith("Problem resolved")
        assert client.post("/api/order", json=an_order()).status_code == 200
        head = client.head("/api/docs")
        assert (head.status_code, head.content, head.headers["x-powered-by"]) == (200, b"", "Express")
        assert "server" not in head.headers
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    events = [json.loads(line) for line in out.splitlines()]
    assert events.pop(1)["to"] == "常@byu.edu"
    assert [(event["status"], event["chaos"]) for event in events] == [(200, "none"), (500, "fail"), (200, "none")]
    assert all(event["at"] > 1733055840 for event in events)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_told_to_stop_leaves_at_once_with_an_order_in_the_oven(number: signal.Signals) -> None:
    with running() as (process, client):
        client.put("/api/vendor/chaos/throttle")
        with pytest.raises(httpx.ReadTimeout):
            client.post("/api/order", json=an_order(), timeout=0.1)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


@pytest.mark.slow
def test_process_on_fast_incident_time_throttles_for_a_fraction_of_the_wall_time() -> None:
    with running(PIZZA_CLOCK="1733055840 0 400") as (process, client):
        client.put("/api/vendor/chaos/throttle")
        assert client.post("/api/order", json=an_order(), timeout=20).status_code == 200
        process.terminate()


@pytest.mark.slow
def test_process_whose_reader_has_gone_goes_on_taking_orders() -> None:
    with running() as (process, client):
        assert process.stdout is not None
        process.stdout.close()
        for _ in range(3):
            assert client.post("/api/order", json=an_order()).status_code == 200


@pytest.mark.slow
def test_code_is_mailed_to_a_file_and_trades_for_the_key(tmp_path: Path) -> None:
    mails = tmp_path / "mails.jsonl"
    with running("--mail-file", str(mails)) as (_, client):
        client.post("/api/vendor", json={"id": "alice", "email": "alice@jwt.com"})
        assert client.post("/api/vendor/code", json={"id": "alice"}).json() == {"email": "alice@jwt.com"}
        (mail,) = map(json.loads, mails.read_text().splitlines())
        assert mail["to"] == "alice@jwt.com"
        vendor = client.post("/api/vendor/auth", json={"id": "alice", "code": mail["code"]}).json()
    assert len(vendor["apiKey"]) == 32
