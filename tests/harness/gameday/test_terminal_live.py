"""A responder at a real terminal, in a real game day."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import httpx
import pytest

from harness.events import NoteTaken, PaceChanged, ParticipantJoined, RunFinished, ToolUsed
from harness.history import History
from harness.kept import HISTORY_FILE
from tests.end_to_end.runs import ROOT, command, environment, latest, left_alive

pytestmark = pytest.mark.slow

WAITS_SECONDS = 60.0
ROWS, COLUMNS = 60, 160


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *words: str | Path) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            command(*words), cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env=environment() | {"TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def type(self, line: str) -> None:
        os.write(self._ours, f"{line}\r".encode())

    def wait_for(self, words: str) -> None:
        """Read the screen until it shows these words."""
        deadline = time.monotonic() + WAITS_SECONDS
        while words not in self.shown:
            assert time.monotonic() < deadline, f"waited in vain for {words!r}: {self.shown[-2000:]}"
            self._read()

    def end(self) -> int:
        """Interrupt it, and give its exit code."""
        self.process.send_signal(signal.SIGINT)
        while self.process.poll() is None:
            self._read()
        os.close(self._ours)
        return self.process.returncode

    def _read(self) -> None:
        if select.select([self._ours], [], [], 0.2)[0]:
            try:
                fresh = os.read(self._ours, 1 << 16).decode("utf-8", "replace")
            except OSError:
                return  # it has closed its end
            self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", fresh)


def pull_the_lever(terminal: Terminal) -> None:
    """Pause as the facilitator does, by the link that was printed, and stop it all the same."""
    link = re.search(r"facilitator: (http://\S+:(\d+))/\?token=(\S+)", terminal.shown)
    assert link, "the links are printed first"
    cookies = {f"token_{link[2]}": link[3], f"who_{link[2]}": "Bo"}
    with httpx.Client(base_url=link[1], headers={"origin": link[1]}, cookies=cookies, trust_env=False) as facilitator:
        assert facilitator.post("/facilitator/do/pause").status_code == 200
        assert facilitator.post("/facilitator/do/lever").status_code == 200


def test_responder_at_a_terminal_looks_and_notes_until_the_facilitator_pulls_the_lever(tmp_path: Path) -> None:
    terminal = Terminal("gameday", "free", "--terminal", "--port", "0", "--speed", "20", "--runs", tmp_path / "runs")
    try:
        terminal.wait_for("Your name, for the timeline:")
        terminal.type("Ana")
        terminal.wait_for("Ana> ")
        terminal.type("look dig")
        terminal.wait_for("pizza-service.pizza.test.  IN  A  127.0.0.11")
        terminal.type("note all is well")
        terminal.wait_for("noted")
        terminal.type("inject task_killed")
        terminal.wait_for("is no command")
        pull_the_lever(terminal)
        terminal.wait_for("the debrief is open at")
        assert terminal.end() == 2
    finally:
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()
    assert "UNKNOWN gameday-free" in terminal.shown
    history = History.read(latest(tmp_path) / HISTORY_FILE)
    assert [event.by for event in history.of(ParticipantJoined)] == ["Ana"]
    assert [event.tool for event in history.of(ToolUsed)] == ["dig"]
    assert [event.text for event in history.of(NoteTaken)] == ["all is well", "pulled the safety lever"]
    assert [event.speed for event in history.of(PaceChanged)] == [0.0]
    assert [event.reason for event in history.of(RunFinished)] == ["aborted"]
    assert left_alive(latest(tmp_path)) == []
