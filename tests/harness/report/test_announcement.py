import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError, SafetyError
from harness.report.announcement import announce
from tests.harness.report.shelves import kept


@contextmanager
def webhook(status: int = 204) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Take messages on loopback."""
    taken: list[dict[str, Any]] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_changed_verdict_is_announced_once_for_the_newest_run(tmp_path: Path) -> None:
    kept(tmp_path, "20T030000")
    kept(tmp_path, "21T030000", verdict="failed", why="it did not come back")
    kept(tmp_path, "20T040000", scenario="same")
    kept(tmp_path, "21T040000", scenario="same")
    with webhook() as (url, taken):
        said = announce(tmp_path, url)
    assert said == ["test_a on processes: passed -> failed: it did not come back"]
    assert taken == [
        {
            "text": said[0],
            "scenario": "scenarios/test_a.py::test_a",
            "stack": "processes",
            "before": "passed",
            "verdict": "failed",
            "run": "20261121T030000-100-a",
        }
    ]


def test_first_run_and_an_unchanged_verdict_are_no_news(tmp_path: Path) -> None:
    kept(tmp_path, "20T030000", verdict="failed")
    with webhook() as (url, taken):
        assert announce(tmp_path, url) == []
    assert taken == []


def test_webhook_elsewhere_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(SafetyError, match="--allow-host"):
        announce(tmp_path, "http://hooks.example.test/x")
    with pytest.raises(SafetyError, match="public pizza site"):
        announce(tmp_path, "https://pizza.cs329.click/x", allowed=["pizza.cs329.click"])


def test_webhook_that_does_not_take_it_is_no_success(tmp_path: Path) -> None:
    kept(tmp_path, "20T030000")
    kept(tmp_path, "21T030000", verdict="failed")
    with webhook(status=500) as (url, _), pytest.raises(HarnessError, match="answered 500 to: test_a"):
        announce(tmp_path, url)
    with pytest.raises(HarnessError, match="could not be told: ConnectError"):
        announce(tmp_path, url)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/hook", "http://127.0.0.1:port/hook"])
def test_announcement_to_what_is_no_webhook_is_refused_though_there_is_no_news(tmp_path: Path, url: str) -> None:
    with pytest.raises(HarnessError, match="is no webhook"):
        announce(tmp_path, url)
