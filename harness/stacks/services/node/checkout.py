"""A checkout as it lies on disk: what belongs to it, what its code imports, and a copy of it without its secrets.

Rules of this file: nothing in the checkout is ever changed; what git ignores, and every configuration, stays there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from harness.errors import ScenarioError
from harness.stacks.services.node.ignored import Ignored
from harness.stacks.services.node.start import Start, joined, scripts_of

CODE = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")
"""What Node runs, with or without a loader for TypeScript."""

TYPESCRIPT = (".ts", ".cts", ".mts")

NEVER_COPIED = (".git", "node_modules", ".env*", "*.pem", "*.key", "coverage", ".nyc_output")

_BUILT_IN = re.compile(
    r"assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|diagnostics_channel|dns|domain|events"
    r"|fs|http2?|https|inspector|module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream"
    r"|string_decoder|timers|tls|tty|url|util|v8|vm|wasi|worker_threads|zlib"
)
"""The modules that come with Node."""

_IMPORT = re.compile(r"""(?:\brequire\(|\bfrom|\bimport\(|\bimport)\s*["']([^"'\n]+)["']""")
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:'\"])//[^\n]*", re.DOTALL)
_CONFIGURATION = re.compile(
    r"(?:|db|app|old|local|service|server|my)[-_]?config(?:\.(?:local|prod|dev|test))?", re.IGNORECASE
)
_TAKES_PORT = re.compile(r"\bargv\b|\benv\.PORT\b|\benv\[.PORT\b|\{[^{}]*\bPORT\b[^{}]*\}\s*=\s*process\.env")
_FIRST_NODE = re.compile(r"(?:^|[>^~=|]=?)\s*v?(\d+)")
_MYSQL = frozenset({"mysql2", "mysql", "mariadb"})
_OTHER_DATABASES = frozenset({"pg", "pg-promise", "postgres", "mongodb", "mongoose", "mssql", "oracledb"})
_ADMIN = re.compile(
    r"""\bemail:\s*["']([^"'\n]+)["'],\s*password:\s*["']([^"'\n]+)["'],\s*"""
    r"""roles:\s*\[\s*\{\s*role:\s*(?:Role\.Admin|["']admin["'])""",
    re.IGNORECASE,
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
            message = (
                f"service {str(path)!r} has no package.json: {error.strerror}. "
                f"Give a jwt-pizza-service checkout{_perhaps(path)}."
            )
            raise ScenarioError(message) from error
        except (msgspec.MsgspecError, UnicodeError) as error:
            message = f"{manifest} is not a JSON object: {error}."
            raise ScenarioError(message) from error
        checkout = cls(path.resolve(), package)
        others = sorted(checkout.dependencies & _OTHER_DATABASES)
        if others and not checkout.dependencies & _MYSQL:
            message = f"{manifest} asks for {', '.join(others)}: that is a database which no run has, only MySQL."
            raise ScenarioError(message)
        if not checkout.start.script:
            message = (
                f'{manifest} does not say how to start the service. Give it a "start" script that takes a port'
                f"{_perhaps(path)}."
            )
            raise ScenarioError(message)
        return checkout

    @property
    def name(self) -> str:
        """What the package calls itself."""
        return str(self.package.get("name", self.path.name))

    @cached_property
    def start(self) -> Start:
        """How it is started."""
        return Start.of(self.package, has=self._has)

    @property
    def is_module(self) -> bool:
        """Whether its `.js` files are ES modules."""
        return self.package.get("type") == "module"

    @property
    def dependencies(self) -> frozenset[str]:
        """The packages that it asks for when it runs."""
        return frozenset(self.package.get("dependencies", {}))

    @property
    def oldest_node(self) -> int:
        """The first Node that its package.json says it runs on; 0 where that says nothing."""
        engines = self.package.get("engines")
        wanted = str(engines.get("node", "")) if isinstance(engines, dict) else ""
        return min(map(int, _FIRST_NODE.findall(wanted)), default=0)

    @cached_property
    def runs_on_tools(self) -> bool:
        """Whether it needs what it names as tools of its development to run, such as a loader for TypeScript."""
        tools = self.package.get("devDependencies", {})
        used = {*self.start.tools, *self._imports}
        return any(word == tool or word.startswith(f"{tool}/") for tool in tools for word in used)

    @property
    def undeclared(self) -> tuple[str, ...]:
        """The packages that its code imports, and its package.json does not name."""
        packages = {_package(name) for name in self._imports if not name.startswith((".", "/", "node:", "#"))}
        others = packages - self.dependencies - set(self.package.get("devDependencies", {}))
        return tuple(sorted(name for name in others if not _BUILT_IN.fullmatch(name.partition("/")[0])))

    @cached_property
    def _imports(self) -> frozenset[str]:
        return frozenset(_IMPORT.findall("\n".join(self.sources.values())))

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
    def admins(self) -> tuple[Mapping[str, str], ...]:
        """E-mail and password of the administrators that its code makes, where they stand in the code."""
        found = _ADMIN.findall("\n".join(self.sources.values()))
        return tuple({"email": email, "password": password} for email, password in dict.fromkeys(found))

    @cached_property
    def takes_port(self) -> bool:
        """Whether its code listens at the port that it is given, as an argument or in PORT."""
        return any(_TAKES_PORT.search(code) for code in self.sources.values())

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
            if (self.path / path).is_dir():
                target.symlink_to((self.path / path).readlink())
                continue
            shutil.copyfile(self.path / path, target)
            shutil.copymode(self.path / path, target)
        scripts = scripts_of(self.package)
        if self.start.script != scripts.get("start"):
            package = {**self.package, "scripts": {**scripts, "start": self.start.script}}
            (to / "package.json").write_bytes(msgspec.json.encode(package))

    def _has(self, path: PurePosixPath) -> bool:
        """Say whether a fresh clone would hold a file."""
        return path not in self._ignored and (self.path / path).is_file()

    @cached_property
    def _ignored(self) -> Ignored:
        return Ignored(self.path / ".gitignore")

    def _files(self) -> Iterator[PurePosixPath]:
        """Give every file that belongs to it, relative to it."""
        folders = [self.path]
        while folders:
            for entry in sorted(folders.pop().iterdir()):
                path = PurePosixPath(entry.relative_to(self.path).as_posix())
                if any(fnmatch(path.name, pattern) for pattern in NEVER_COPIED) or path in self._ignored:
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    folders.append(entry)
                elif entry.is_file() or (entry.is_dir() and not entry.readlink().is_absolute()):
                    yield path

    def _entries(self) -> list[PurePosixPath]:
        """Give the files that the start script names, or every one where it names none."""
        entries = [path for path in self.start.files if self._has(path)]
        return entries or [path for path in self._files() if path.suffix in CODE and not _TEST.search(str(path))]

    def _read(self, path: PurePosixPath) -> str:
        file = self.path / path
        return file.read_text(errors="replace") if file.is_file() and file.suffix in CODE else ""

    def _found(self, importer: PurePosixPath, target: str) -> PurePosixPath | None:
        """Give the file that an import leads to, or None where there is none."""
        meant = joined(importer.parent, target)
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
    meant = joined(importer.parent, target)
    if meant.suffix in (*CODE, ".json"):
        return meant
    return meant.with_name(meant.name + (".ts" if importer.suffix in TYPESCRIPT else ".js"))


def _local(code: str) -> list[str]:
    """Give the files that code imports, as it names them; packages left out."""
    return [target for target in _IMPORT.findall(code) if target.startswith(("./", "../"))]


def _package(name: str) -> str:
    """Say which package an import is from: `@scope/name` of `@scope/name/part`."""
    return "/".join(name.split("/")[: 2 if name.startswith("@") else 1])


def _perhaps(path: Path) -> str:
    """Say where below a directory there seems to be a service."""
    if not path.is_dir():
        return ""
    manifests = [*path.glob("*/package.json"), *path.glob("*/*/package.json")]
    services = [manifest.parent for manifest in manifests if _is_of_a_service(manifest)]
    return f", such as {str(services[0])!r}" if services else ""


def _is_of_a_service(manifest: Path) -> bool:
    if "node_modules" in manifest.parts:
        return False
    try:
        return "express" in msgspec.json.decode(manifest.read_bytes()).get("dependencies", {})
    except (OSError, msgspec.MsgspecError, UnicodeError, AttributeError):
        return False
