"""How a checkout is started: its start script, or what else seems to start it, and what must be built for that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

_OTHERS = ("start:prod", "prod", "serve", "server", "run", "dev")
"""Scripts that start a service which has none called `start`, the likeliest first."""

_ENTRIES = ("src/index.js", "src/server.js", "index.js", "server.js", "src/index.mjs", "app.js")

_FILE = re.compile(r"[\w./-]+\.[cm]?[jt]s\b")
_CHANGED_TO = re.compile(r"\bcd\s+([\w./-]+)")
_RUNS_BY = re.compile(r"\b(?:npx\s+)?nodemon\s[^&|;]*?--exec\s+")
_WATCHER = re.compile(r"\b(?:npx\s+)?(?:nodemon|node-dev)\s+(?:--?\S+\s+)*(?=[\w./-]+\.[cm]?js\b)")
_WATCHES = re.compile(r"(?<=\bnode)\s+--watch\b|(?<=\btsx)\s+watch\b")
_BUILDER = re.compile(r"\b(?:tsc|build|esbuild|tsup|webpack|rollup|swc)\b")
_WORD = re.compile(r"[\w@/.-]+")


@dataclass(frozen=True, slots=True)
class Start:
    """What starts a checkout."""

    script: str
    """As `npm start` would run it, a port behind it; "" where nothing seems to start it."""
    build: str
    """The script that makes what is started first, such as JavaScript of TypeScript; "" where it is there already."""
    tools: frozenset[str]
    """The words of all this that may name a tool."""

    @classmethod
    def of(cls, package: Mapping[str, Any], *, has: Callable[[PurePosixPath], bool]) -> Start:
        """Read a package.json.

        Args:
            package: what it says.
            has: whether a fresh clone would hold a file.
        """
        scripts = scripts_of(package)
        script = _unwatched(_script(scripts, package, has))
        before = f"{scripts.get('prestart', '')} {script}"
        build = "" if _BUILDER.search(before) or any(map(has, _files(script))) else scripts.get("build", "")
        needs_build = bool(build and _files(script))
        words = f"{before} {scripts.get('build', '')}" if _BUILDER.search(before) or needs_build else before
        return cls(script, build if needs_build else "", frozenset(_WORD.findall(words)))

    @property
    def files(self) -> tuple[PurePosixPath, ...]:
        """The files that it names, from the root of the checkout."""
        return _files(self.script)


def scripts_of(package: Mapping[str, Any]) -> dict[str, str]:
    """Give the scripts of a package.json."""
    scripts = package.get("scripts")
    return {name: str(script) for name, script in scripts.items()} if isinstance(scripts, dict) else {}


def joined(folder: PurePosixPath, target: str) -> PurePosixPath:
    """Give the path of what a file in a folder calls `../target`."""
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return PurePosixPath(*parts)


def _script(scripts: Mapping[str, str], package: Mapping[str, Any], has: Callable[[PurePosixPath], bool]) -> str:
    if scripts.get("start"):
        return scripts["start"]
    for name in _OTHERS:
        if _FILE.search(scripts.get(name, "")):
            return scripts[name]
    entries = (str(package.get("main") or ""), *_ENTRIES)
    return next((f"node {name}" for name in entries if name and has(joined(PurePosixPath(), name))), "")


def _unwatched(script: str) -> str:
    """Leave out what waits for files to change: after a crash it would wait for ever, and nobody would see that."""
    return _WATCHES.sub("", _WATCHER.sub("node ", _RUNS_BY.sub("", script)))


def _files(script: str) -> tuple[PurePosixPath, ...]:
    folder = PurePosixPath((_CHANGED_TO.findall(script) or [""])[-1])
    return tuple(joined(folder, word) for word in _FILE.findall(script))
