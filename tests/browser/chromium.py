"""A headless Chromium, spoken to through its debugging pipe: open a page, ask it, press keys, take a picture."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.required import required_program

_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe"),
)


class Page:
    """One tab."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = os.fdopen(requests, "wb", buffering=0), os.fdopen(replies, "rb", buffering=0)
        self._number, self._session, self._rest = 0, "", b""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.command("Page.enable")

    def command(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send one command of the DevTools protocol, and wait for its answer."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._requests.write(json.dumps(message).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, f"{method}: {said['error']}"
                result: dict[str, Any] = said["result"]
                return result

    def open(self, path: Path) -> None:
        """Open a file, and come back once it is loaded."""
        self.visit(path.resolve().as_uri())

    def visit(self, url: str) -> None:
        """Go to a URL, and come back once it is loaded."""
        self.command("Page.navigate", url=url)
        self.loaded()

    def loaded(self) -> None:
        """Wait until a page that is on its way is loaded."""
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def ask(self, expression: str) -> Any:
        """Evaluate JavaScript; a promise is awaited."""
        said = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def drawn(self) -> None:
        """Wait until what was asked for is on the screen."""
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press(self, key: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key, text=key if len(key) == 1 else "")
        self.drawn()

    def mouse(self, kind: str, x: float, y: float, **more: object) -> None:
        """Move, press, release or wheel the mouse, in pixels of the window."""
        self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)
        self.drawn()

    def night(self) -> None:
        """Prefer dark colours from now on."""
        feature = {"name": "prefers-color-scheme", "value": "dark"}
        self.command("Emulation.setEmulatedMedia", features=[feature])
        self.drawn()

    def picture(self, path: Path) -> bytes:
        """Take a picture of the window, and keep it."""
        picture = base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])
        path.write_bytes(picture)
        return picture

    def printed(self) -> bytes:
        """Print the page to PDF."""
        return base64.b64decode(self.command("Page.printToPDF")["data"])

    def close(self) -> None:
        """Close the pipe, which ends the browser."""
        self._requests.close()
        self._replies.close()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = self._replies.read(1 << 20)
            assert piece, "Chromium has gone away"
            self._rest += piece
        line, self._rest = self._rest.split(b"\0", 1)
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def chromium(profile: Path, *, size: str = "1400,1500") -> Iterator[Page]:
    """Start a browser with an empty profile; it ends with the block."""
    program = required_program("chromium")
    (for_us, to_us), (for_it, to_it) = os.pipe(), os.pipe()
    # Chromium reads at 3 and writes at 4, whatever numbers the pipes were given here.
    high = [fcntl.fcntl(number, fcntl.F_DUPFD, 10) for number in (for_it, to_us)]
    for number in (for_it, to_us):
        os.close(number)

    def in_place() -> None:
        os.dup2(high[0], 3)
        os.dup2(high[1], 4)

    words = [program, *_QUIET, f"--window-size={size}", f"--user-data-dir={profile}"]
    process = subprocess.Popen(words, pass_fds=(3, 4), preexec_fn=in_place, stderr=subprocess.DEVNULL)  # noqa: PLW1509
    for number in high:
        os.close(number)
    try:
        page = Page(to_it, for_us)
        try:
            yield page
        finally:
            page.close()
    finally:
        process.terminate()
        process.wait(timeout=20)
