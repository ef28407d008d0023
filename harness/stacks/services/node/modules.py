"""The modules that a checkout needs: installed once with `npm ci`, and kept under what the lock file says."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.stacks.services.node.checkout import Checkout

LOCK = "package-lock.json"

OLDEST_NODE = 18
"""The first whose own `fetch` the services need."""

OUT_OF_STEP = "are in sync"
"""What `npm ci` says that the two files should be, when they are not."""

LINES = 6
"""Of a failed installation that are shown."""

_ERROR = re.compile(r"npm (?:error|ERR!)\s+(?!at )\S")


@dataclass(frozen=True, slots=True)
class Node:
    """The Node of this machine."""

    version: str
    """`v20.20.2`."""

    @classmethod
    def found(cls) -> Node:
        """Find Node and npm.

        Raises:
            HarnessError: when one is missing, or Node is too old.
        """
        for program in ("node", "npm"):
            if shutil.which(program) is None:
                message = (
                    f"a checkout of the service runs on Node, and there is no {program!r} on this machine's PATH. "
                    f"Install Node {OLDEST_NODE} or newer with npm, or leave --service out to test the bundled twin."
                )
                raise HarnessError(message)
        version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
        major = version.removeprefix("v").split(".")[0]
        if not major.isdigit() or int(major) < OLDEST_NODE:
            message = f"node --version says {version!r}; the service needs {OLDEST_NODE} or newer."
            raise HarnessError(message)
        return cls(version)

    @property
    def major(self) -> int:
        """The number that counts: 20."""
        return int(self.version.removeprefix("v").split(".")[0])


class LockOutOfStep(HarnessError):
    """Raised when `npm ci` finds that the lock file lacks what package.json asks for."""


def cache_directory() -> Path:
    """Say where installed modules are kept: below `$XDG_CACHE_HOME`, or `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "pizza-chaos" / "node-modules"


def installed(checkout: Checkout, *, node: Node, say: Callable[[str], None]) -> Path:
    """Give a `node_modules` directory for a checkout, installed now unless it was before.

    Args:
        checkout: most often with a package-lock.json.
        node: what the modules are built for.
        say: told, now and then, how the installation goes.

    Raises:
        HarnessError: with npm's own words, when it fails.
    """
    kept = cache_directory() / _key(checkout, node)
    modules = kept / "node_modules"
    if modules.is_dir():
        return modules
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="installing-") as name:
        fresh = Path(name) / kept.name
        _install(checkout, fresh, say=say)
        with contextlib.suppress(OSError):  # somebody else was quicker, and installed the same
            fresh.rename(kept)
    return modules


def _key(checkout: Checkout, node: Node) -> str:
    lock = checkout.path / LOCK
    digest = hashlib.sha256((lock if lock.is_file() else checkout.path / "package.json").read_bytes())
    built_for = (node.version.split(".")[0], platform.system(), platform.machine(), checkout.runs_on_tools)
    digest.update(repr(built_for).encode())
    return digest.hexdigest()[:24]


def _install(checkout: Checkout, fresh: Path, *, say: Callable[[str], None]) -> None:
    fresh.mkdir()
    # Without the package's own scripts: `prepare` and the like want a git repository, and the sources.
    (fresh / "package.json").write_bytes(msgspec.json.encode({**checkout.package, "scripts": {}}))
    verb = "install"
    if (checkout.path / LOCK).is_file():
        shutil.copyfile(checkout.path / LOCK, fresh / LOCK)
        verb = "ci"
    once = f"once for this {LOCK}" if verb == "ci" else f"once for this package.json, since there is no {LOCK}"
    say(f"npm {verb}: installing what {checkout.name} needs ({once})")
    tools = "--include=dev" if checkout.runs_on_tools else "--omit=dev"
    options = [tools, "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=http"]
    try:
        _run(["npm", verb, *options], directory=fresh, say=say)
    except LockOutOfStep:
        # As an older npm wrote it; a newer one is strict. Only our copy of the lock file is mended.
        say(f"npm install: {LOCK} lacks something that package.json asks for")
        _run(["npm", "install", *options], directory=fresh, say=say)
    (fresh / "node_modules").mkdir(exist_ok=True)


def _run(argv: Sequence[str], *, directory: Path, say: Callable[[str], None]) -> None:
    last: deque[str] = deque(maxlen=LINES)
    errors: list[str] = []
    fetched, is_out_of_step = 0, False
    with _group(argv, directory) as process:
        for line in process.stdout or ():
            is_out_of_step |= OUT_OF_STEP in line
            if line.startswith("npm http fetch"):
                fetched += 1
                if fetched % 100 == 0:
                    say(f"{' '.join(argv[:2])}: {fetched} packages fetched")
            elif _ERROR.match(line):
                errors.append(line.strip())
            elif line.strip():
                last.append(line.strip())
        code = process.wait()
    if code != 0:
        message = (
            f"{' '.join(argv[:2])} failed with code {code}, so the service cannot be started. Its last words: "
            # npm says what is wrong first, and then how it is to be used, at length.
            + (" | ".join(errors[:LINES] or last) or "none.")
        )
        raise LockOutOfStep(message) if is_out_of_step else HarnessError(message)


@contextmanager
def _group(argv: Sequence[str], directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a program in a process group of its own, and end the whole group whatever happens."""
    process = subprocess.Popen(
        argv,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
