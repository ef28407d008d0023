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


PICTURES = os.environ.get("CHAOS_PICTURES", "")
"""Where CI keeps the pictures."""

_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Home": (36, ""), "ArrowDown": (40, ""), "Backspace": (8, "")}
"""The number that browsers know a key by, and the text that it gives."""


def kept(directory: Path, name: str) -> Path:
    """Say where a picture goes: to where CI keeps them, or to this directory."""
    pictures = Path(PICTURES) if PICTURES else directory
    pictures.mkdir(parents=True, exist_ok=True)
    return pictures / name


class Page:
    """One tab."""

    def __init__(self, requests: int, replies: int) -> None:
        self.complaints: list[str] = []
        """What the page wrote to its console as an error, and what it threw."""
        self._requests, self._replies = os.fdopen(requests, "wb", buffering=0), os.fdopen(replies, "rb", buffering=0)
        self._number, self._session, self._rest = 0, "", b""
        self._loaded: set[str] = set()
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.command(f"{domain}.enable")
        self.command("Page.setLifecycleEventsEnabled", enabled=True)

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
        loader = self.command("Page.navigate", url=url)["loaderId"]
        while loader not in self._loaded:
            self._next()

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Wait until the page that the block leads to is loaded."""
        before = set(self._loaded)
        yield
        while self._loaded == before:
            self._next()

    def has_arrived(self, path: str) -> bool:
        """Say whether the page has gone to a path by itself, and all of it is there."""
        url = str(self.command("Page.getFrameTree")["frameTree"]["frame"]["url"])  # a script would die on the way
        return url.endswith(path) and bool(self.ask("document.readyState == 'complete'"))

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

    def key(self, name: str) -> None:
        """Press a key that has a name, as a person does who has no mouse."""
        number, text = _KEYS[name]
        named = {"key": name, "code": name, "windowsVirtualKeyCode": number}
        self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **named)
        self.command("Input.dispatchKeyEvent", type="keyUp", **named)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.command("Input.insertText", text=text)

    def tab_to(self, selector: str, *, at_most: int = 100) -> None:
        """Press Tab until what is meant has the focus."""
        for _ in range(at_most):
            if self.ask(f"document.activeElement.matches({json.dumps(selector)})"):
                return
            self.key("Tab")
        raise AssertionError(f"{selector} cannot be reached by the keyboard")

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
        self._overhear(said.get("method", ""), said.get("params", {}))
        return said

    def _overhear(self, method: str, told: dict[str, Any]) -> None:
        if method == "Page.lifecycleEvent" and told["name"] == "load":
            self._loaded.add(told["loaderId"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and told["type"] in {"error", "assert"}:
            self.complaints.append(str(told["args"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")


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
