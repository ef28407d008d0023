from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from harness.links.__main__ import TOKEN, main


def test_main_beyond_loopback_without_a_token_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    assert main(["--host", "0.0.0.0"]) == 2
    assert f"Set {TOKEN}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("[{}]", "missing required field: name at proxy 1"),
        ("{}", "expected an array of proxies, got dict"),
        ("[{]", "Expecting property name enclosed in double quotes"),
    ],
)
def test_main_with_a_config_that_cannot_be_read_says_which_and_why(
    written: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "proxies.json"
    config.write_text(written)
    assert main(["--port", "0", "--config", str(config)]) == 2
    assert capsys.readouterr().err.startswith(f"--config {config}: {why}")


@pytest.mark.slow
def test_main_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    config = tmp_path / "proxies.json"
    config.write_text(json.dumps([{"name": "a", "upstream": "127.0.0.1:9"}]))
    flags = ["-port=0", "-config", str(config), "-seed=7", "-proxy-metrics", "-runtime-metrics"]  # as Go takes them
    command = [sys.executable, "-m", "harness.links", *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        address = running.stderr.readline().split("http://")[1].split(",")[0]
        with urllib.request.urlopen(f"http://{address}/proxies") as reply:
            assert list(json.load(reply)) == ["a"]
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=10) == 0
