"""A checkout as it lies on disk: what belongs to it, what its code imports, and a copy of it without its secrets.

Rules of this file: nothing in the checkout is ever changed; what git ignores, and every configuration, stays there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from harness.errors import ScenarioError

CODE = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")
"""What Node runs, with or without a loader for TypeScript."""

TYPESCRIPT = (".ts", ".cts", ".mts")

NEVER_COPIED = (".git", "node_modules", ".env*", "*.pem", "*.key", "coverage", ".nyc_output")

_IMPORT = re.compile(r"""(?:\brequire\(|\bfrom|\bimport\(|\bimport)\s*["']([^"'\n]+)["']""")
_WORD = re.compile(r"[\w@/.-]+")
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:'\"])//[^\n]*", re.DOTALL)
_SCRIPT = re.compile(r"[\w./-]+\.[cm]?[jt]s\b")
_CHANGED_TO = re.compile(r"\bcd\s+([\w./-]+)")
_CONFIGURATION = re.compile(
    r"(?:|db|app|old|local|service|server|my)[-_]?config(?:\.(?:local|prod|dev|test))?", re.IGNORECASE
)
_TEST = re.compile(r"(?:^|/)(?:tests?|__tests__|__mocks__|e2e|loadtests?)/|\.(?:test|spec)\.", re.IGNORECASE)


@dataclass(frozen=True)
class Checkout:
    """A directory with a package.json."""

    path: Path
    """Where it lies."""
    package: Mapping[str, Any]
    """Its package.json."""

    @classmethod
    def at(cls, path: Path) -> Checkout:
        """Read a checkout.

        Raises:
            ScenarioError: when there is none, or nothing in it says how to start it.
        """
        manifest = path / "package.json"
        try:
            package = msgspec.json.decode(manifest.read_bytes(), type=dict[str, Any])
        except OSError as error:
            message = f"service {str(path)!r} has no package.json: {error.strerror}. Give a jwt-pizza-service checkout."
            raise ScenarioError(message) from error
        except msgspec.MsgspecError as error:
            message = f"{manifest} is not a JSON object: {error}."
            raise ScenarioError(message) from error
        checkout = cls(path.resolve(), package)
        if not checkout.start:
            message = f'{manifest} does not say how to start the service. Give it a "start" script that takes a port.'
            raise ScenarioError(message)
        return checkout

    @property
    def name(self) -> str:
        """What the package calls itself."""
        return str(self.package.get("name", self.path.name))

    @property
    def start(self) -> str:
        """Its start script, as `npm start` would run it."""
        return str(self.package.get("scripts", {}).get("start", ""))

    @property
    def is_module(self) -> bool:
        """Whether its `.js` files are ES modules."""
        return self.package.get("type") == "module"

    @property
    def dependencies(self) -> frozenset[str]:
        """The packages that it asks for when it runs."""
        return frozenset(self.package.get("dependencies", {}))

    @cached_property
    def runs_on_tools(self) -> bool:
        """Whether it needs what it names as tools of its development to run, such as a loader for TypeScript."""
        tools = self.package.get("devDependencies", {})
        words = _WORD.findall(self.start)
        code = "\n".join(self.sources.values())
        used = {*words, *_IMPORT.findall(code)}
        return any(word == tool or word.startswith(f"{tool}/") for tool in tools for word in used)

    @cached_property
    def sources(self) -> Mapping[PurePosixPath, str]:
        """The code that runs once it is started, by path, without comments: what its start script leads to."""
        found: dict[PurePosixPath, str] = {}
        waiting = self._entries()
        while waiting:
            path = waiting.pop()
            if path in found or is_configuration(path):
                continue
            found[path] = _COMMENT.sub("", self._read(path))
            imported = (self._found(path, target) for target in _local(found[path]))
            waiting += [file for file in imported if file is not None and file.suffix in CODE]
        return found

    @cached_property
    def configurations(self) -> tuple[PurePosixPath, ...]:
        """The files that its code reads its configuration from; most are not in git, and have to be written."""
        meant: set[PurePosixPath] = set()
        waiting = [(path, target) for path, text in self.sources.items() for target in _local(text)]
        while waiting:
            importer, target = waiting.pop()
            file = self._found(importer, target) or _usual(importer, target)
            if is_configuration(file) and file not in meant:
                meant.add(file)
                # One that only maps another: both are wanted.
                waiting += [(file, further) for further in _local(self._read(file))]
        return tuple(sorted(meant))

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What its code imports that is neither there nor a configuration."""
        imports = [(path, target) for path, text in self.sources.items() for target in _local(text)]
        lost = {target for path, target in imports if self._found(path, target) is None}
        return tuple(sorted(target for target in lost if not is_configuration(_usual(PurePosixPath("x.js"), target))))

    def copy(self, to: Path) -> None:
        """Copy what a fresh clone would hold, without configurations, credentials and installed modules."""
        for path in self._files():
            if is_configuration(path):
                continue
            target = to / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.path / path, target)
            shutil.copymode(self.path / path, target)

    def _files(self) -> Iterator[PurePosixPath]:
        """Give every file that belongs to it, relative to it."""
        ignored = _ignored(self.path / ".gitignore")
        folders = [self.path]
        while folders:
            for entry in sorted(folders.pop().iterdir()):
                path = PurePosixPath(entry.relative_to(self.path).as_posix())
                if any(fnmatch(path.name, pattern) for pattern in NEVER_COPIED) or ignored(path):
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    folders.append(entry)
                elif entry.is_file():
                    yield path

    def _entries(self) -> list[PurePosixPath]:
        """Give the files that the start script names, or every one where it names none."""
        folder = PurePosixPath((_CHANGED_TO.findall(self.start) or [""])[-1])
        named = [_joined(folder, word) for word in _SCRIPT.findall(self.start)]
        entries = [path for path in named if (self.path / path).is_file()]
        return entries or [path for path in self._files() if path.suffix in CODE and not _TEST.search(str(path))]

    def _read(self, path: PurePosixPath) -> str:
        file = self.path / path
        return file.read_text(errors="replace") if file.is_file() and file.suffix in CODE else ""

    def _found(self, importer: PurePosixPath, target: str) -> PurePosixPath | None:
        """Give the file that an import leads to, or None where there is none."""
        meant = _joined(importer.parent, target)
        # An import of `x.js` from TypeScript means `x.ts`.
        bare = meant.with_suffix("") if meant.suffix in CODE else meant
        endings = [*CODE, ".json", *(f"/index{suffix}" for suffix in CODE)]
        candidates = [meant, *(PurePosixPath(f"{bare}{ending}") for ending in endings)]
        return next((path for path in candidates if (self.path / path).is_file()), None)


def is_configuration(path: PurePosixPath) -> bool:
    """Say whether a file's name is that of the service's configuration, and not of a tool's (`jest.config.js`)."""
    stem = path.name.removesuffix(path.suffix)
    return path.suffix in (*CODE, ".json") and _CONFIGURATION.fullmatch(stem) is not None


def _usual(importer: PurePosixPath, target: str) -> PurePosixPath:
    """Say which file an import means that is not there."""
    meant = _joined(importer.parent, target)
    if meant.suffix in (*CODE, ".json"):
        return meant
    return meant.with_name(meant.name + (".ts" if importer.suffix in TYPESCRIPT else ".js"))


def _local(code: str) -> list[str]:
    """Give the files that code imports, as it names them; packages left out."""
    return [target for target in _IMPORT.findall(code) if target.startswith(("./", "../"))]


def _joined(folder: PurePosixPath, target: str) -> PurePosixPath:
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return PurePosixPath(*parts)


def _ignored(gitignore: Path) -> Callable[[PurePosixPath], bool]:
    """Read the simple patterns of a .gitignore, which is all that these repositories have."""
    text = gitignore.read_text(errors="replace") if gitignore.is_file() else ""
    lines = [line.strip() for line in text.splitlines()]
    patterns = [line.strip("/").removeprefix("**/") for line in lines if line and line[0] not in "#!"]

    def is_ignored(path: PurePosixPath) -> bool:
        return any(fnmatch(str(path) if "/" in pattern else path.name, pattern) for pattern in patterns)

    return is_ignored
