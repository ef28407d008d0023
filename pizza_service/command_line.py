"""The options of ``python -m pizza_service``, checked before anything starts."""

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

from pizza_service.server import PASSWORD_VARIABLE, Server
from pizza_service.settings import Flaw, Push, Settings, parse_duration
from pizza_service.sqlite import Limit

T = TypeVar("T")

_DATABASE_HELP = (
    "SQLite file, by default in memory and gone at the end; or mysql://USER@HOST:PORT/NAME, "
    f"with its password in {PASSWORD_VARIABLE}"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    settings: Settings
    """For the service."""
    host: str
    """The address to listen on."""
    port: int
    """The port to listen on; 0 takes a free one."""
    database: str | Server
    """A SQLite file, ``:memory:``, or a MySQL server."""
    with_course: bool
    """Whether a new database gets the course's data."""
    limit: Limit | None = None
    """What a database does not let be written once the service is up."""


def fail(message: str) -> NoReturn:
    """Say in one line why nothing starts, and end with status 2."""
    sys.stderr.write(f"pizza_service: {' '.join(message.split())}\n")
    raise SystemExit(2)


def read_options(arguments: Sequence[str]) -> Options:
    """Read the command line; ends the process with one line on stderr when it makes no sense."""
    parser = _parser()
    given, unknown = parser.parse_known_args(arguments)
    if unknown:
        fail(f"{unknown[0]!r} is no option{_did_you_mean(unknown[0].partition('=')[0], parser)}; try --help")
    settings = Settings(
        factory_url=given.factory_url,
        factory_key=given.factory_key,
        jwt_secret=given.jwt_secret,
        version=given.version_name,
        bcrypt_cost=given.bcrypt_cost,
        mended=frozenset().union(*given.fix),
        metrics=_push(given.metrics_url, key=given.metrics_key, kind="metrics"),
        logs=_push(given.logs_url, key=given.logs_key, kind="logs"),
        push_interval=given.push_interval,
        source=given.source,
        instance=given.instance,
    )
    if given.database_limit and isinstance(given.database, Server):
        fail("--database-limit is for a SQLite file; tell the server itself, or leave it out")
    return Options(
        settings,
        given.host,
        given.port,
        given.database,
        with_course=given.seed == "course",
        limit=given.database_limit,
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(message)


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = _Parser(
        prog="python -m pizza_service",
        description="The JWT Pizza service, flaws included, in Python.",
        allow_abbrev=False,
    )
    option = parser.add_argument
    option("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    option("--port", type=_checked(_port), default=3000, help="0 takes a free one (default %(default)s)")
    option("--database", type=_checked(_database), default=":memory:", metavar="WHERE", help=_DATABASE_HELP)
    option("--seed", choices=("admin", "course"), default="admin", help="what a new database holds (default admin)")
    option("--database-limit", choices=("full", "read-only"), help="what goes wrong with the database once it is open")
    option("--factory-url", type=_checked(_url), default=default.factory_url, metavar="URL", help="default %(default)s")
    option("--factory-key", type=_checked(_key), default=default.factory_key, metavar="KEY", help="default %(default)s")
    option("--jwt-secret", default=default.jwt_secret, metavar="TEXT", help="signs tokens; one for all that share a DB")
    option("--version-name", default=default.version, metavar="NAME", help="shown at / (default %(default)s)")
    option("--bcrypt-cost", type=_checked(_cost), default=10, metavar="N", help="4 to 31 (default 10)")
    option("--fix", type=_checked(_flaws), action="append", default=[], metavar="NAME", help=_flaw_help())
    option("--metrics-url", type=_checked(_url), metavar="URL", help="takes OTLP JSON; no metrics without it")
    option("--metrics-key", type=_checked(_key), default="", metavar="KEY", help="bearer token for metrics")
    option("--logs-url", type=_checked(_url), metavar="URL", help="takes Loki push JSON; no logs without it")
    option("--logs-key", type=_checked(_key), default="", metavar="KEY", help="bearer token for logs")
    option("--push-interval", type=_checked(parse_duration), default=timedelta(seconds=10), help="default 10s")
    option("--source", default=default.source, metavar="NAME", help="the service's name in telemetry")
    option("--instance", default="", metavar="NAME", help="the process's name in telemetry; by default made up")
    return parser


def _checked(read: Callable[[str], T]) -> Callable[[str], T]:
    # argparse shows the message of this one kind of error, and hides that of a ValueError.
    def check(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return check


def _whole(text: str, *, lowest: int, highest: int) -> int:
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise ValueError(f"{text!r} is no whole number from {lowest} to {highest}")
    return int(text)


def _port(text: str) -> int:
    return _whole(text, lowest=0, highest=65535)


def _cost(text: str) -> int:
    return _whole(text, lowest=4, highest=31)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is no address; write it like http://127.0.0.1:4000")
    return text.rstrip("/")


def _database(text: str) -> str | Server:
    return Server.read(text, os.environ) if "://" in text else text


def _key(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} cannot be sent in a header; a key is printable ASCII")
    return text


def _flaws(text: str) -> frozenset[Flaw]:
    if text == "all":
        return frozenset(Flaw)
    names = [flaw.value for flaw in Flaw]
    if text not in names:
        raise ValueError(f"{text!r} is no flaw{_near(text, names)}; there are {', '.join(names)}, and all")
    return frozenset({Flaw(text)})


def _flaw_help() -> str:
    return f"mend a flaw, may be repeated: all, {', '.join(flaw.value for flaw in Flaw)}"


def _push(url: str | None, *, key: str, kind: str) -> Push | None:
    if url is None and key:
        fail(f"--{kind}-key without --{kind}-url goes nowhere; give both or neither")
    return None if url is None else Push(url, key)


def _did_you_mean(option: str, parser: argparse.ArgumentParser) -> str:
    return _near(option, [name for action in parser._actions for name in action.option_strings])  # noqa: SLF001


def _near(word: str, words: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return f", did you mean {near[0]!r}?" if near else ""
