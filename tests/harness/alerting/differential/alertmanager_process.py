"""The machine's own Alertmanager, and somebody to hear of its notifications: loopback only, gone at the end."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from harness.stacks.databases.reservation import free_port
from tests.required import required_program

_PATIENCE_SECONDS = 30
Notification = dict[str, Any]


class Hearer:
    """Receives webhooks, and keeps what they say."""

    def __init__(self) -> None:
        heard, lock = list[Notification](), threading.Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    heard.append(json.loads(body))
                    lock.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_said: object) -> None:
                pass

        self._heard, self._lock = heard, lock
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> "Hearer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def hear(self, enough: Callable[[Sequence[Notification]], bool]) -> list[Notification]:
        """Wait until what was heard since the last time is enough, or patience ends; give it."""
        with self._lock:
            self._lock.wait_for(lambda: enough(self._heard), timeout=_PATIENCE_SECONDS)
            heard = list(self._heard)
            self._heard.clear()
        return heard


class Alertmanager:
    """An Alertmanager that answers."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def post(self, alerts: Sequence[Mapping[str, object]]) -> None:
        """Tell it of alerts that fire or have ended."""
        answer = self._client.post("/api/v2/alerts", json=alerts)
        assert answer.status_code == 200, answer.text

    def silence(self, matchers: Sequence[Mapping[str, object]], *, since: str, until: str) -> None:
        """Silence what matches."""
        asked = {"matchers": matchers, "startsAt": since, "endsAt": until, "createdBy": "a test", "comment": "a test"}
        answer = self._client.post("/api/v2/silences", json=asked)
        assert answer.status_code == 200, answer.text


@contextmanager
def running_alertmanager(folder: Path, config: Path) -> Iterator[Alertmanager]:
    """Start the machine's Alertmanager, or skip the test where there is none."""
    program = required_program("prometheus-alertmanager")
    address = f"127.0.0.1:{free_port('127.0.0.1')}"
    command = [
        program, f"--config.file={config}", f"--storage.path={folder / 'data'}", f"--web.listen-address={address}",
        "--cluster.listen-address=", "--log.level=error",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            with httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=_PATIENCE_SECONDS) as client:
                _wait_until_ready(client, process, folder / "log")
                yield Alertmanager(client)
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up:
        assert process.poll() is None, log.read_text()
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx.TransportError:
            threading.Event().wait(0.05)
    raise AssertionError(f"Alertmanager is not ready after {_PATIENCE_SECONDS} s: {log.read_text()}")
