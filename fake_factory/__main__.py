"""Starts the factory twin: `python -m fake_factory`."""

import argparse
import difflib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import NoReturn, get_args

import uvicorn
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fake_factory.app import create_app
from fake_factory.factory import Event
from fake_factory.pizzas import read_key
from fake_factory.runtime import WallRuntime
from fake_factory.settings import ChaosStart, Settings, parse_duration

_KEEP_ALIVE_SECONDS = 75
_BACKLOG = 2048


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a factory until SIGTERM or SIGINT, which end it at once with exit code 0.

    Evidence: one JSON line on stdout when it listens, and one for each order and each mail; read them, for a full
    pipe would stop the factory. A bad value or a port in use gives one line on stderr and exit code 2.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        tell = _told(options.mail_file)
        app = create_app(_settings(options), WallRuntime.from_environment(os.environ), on_event=tell)
    except ValueError as error:
        parser.error(str(error))
    try:
        listener = _listen(options.host, options.port)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0].lower()
        parser.error(
            f"cannot listen on {options.host} port {options.port}: {reason}; try another (--port 0 is any free port)"
        )
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ws="none",
    )
    _Server(config).run([listener])


class _Server(uvicorn.Server):
    """Says when it listens, and leaves without waiting for orders in the oven, as the real factory does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        _print_event({"event": "listening", "host": host, "port": port})

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        _leave(sig, frame)


class _Parser(argparse.ArgumentParser):
    """A parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        found = re.match(r"unrecognized arguments: ([^\s=]+)", message)
        if found is not None:
            close = difflib.get_close_matches(found[1], self._option_string_actions, n=1)
            message += f"; did you mean {close[0]}?" if close else "; --help lists what there is"
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fake_factory",
        description="A pizza factory that breaks on demand.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add, default = parser.add_argument, Settings()
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=_port, default=4000, help="port to listen on; 0 takes any free one")
    add(
        "--vendor-key",
        default=default.vendor_key,
        metavar="KEY",
        help="apiKey of the vendor that exists from the start",
    )
    add("--admin-key", default=default.admin_key, metavar="KEY", help="apiKey of the administrator")
    add("--order-delay", type=_duration, default="32s", metavar="TIME", help="wait before the oven is said to be full")
    add(
        "--throttle-delay", type=_duration, default="32s", metavar="TIME", help="how long throttle chaos holds an order"
    )
    add("--chaos-starts", choices=get_args(ChaosStart), default=default.chaos_starts, help="when chaos begins")
    add("--faithful-log", action="store_true", help="take logs as the real factory does, from vendors only")
    add("--mail-file", type=Path, metavar="FILE", help="gets a JSON line for each mail; stdout does too")
    add("--faithful-report-url", action="store_true", help="give the real factory's report URL: https, no port")
    add("--key", type=Path, metavar="FILE", help="RSA private key (PEM) to sign with; one is made if left out")
    add("--key-bits", type=int, choices=(2048, 3072, 4096), default=default.key_bits, help="size of the key made")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        vendor_key=options.vendor_key,
        admin_key=options.admin_key,
        order_delay=options.order_delay,
        throttle_delay=options.throttle_delay,
        chaos_starts=options.chaos_starts,
        faithful_report_url=options.faithful_report_url,
        faithful_log=options.faithful_log,
        key=None if options.key is None else _read_key(options.key),
        key_bits=options.key_bits,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it must be a number from 0 to 65535")
    return int(text)


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _read_key(file: Path) -> RSAPrivateKey:
    try:
        return read_key(file.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot read the key {file}: {(error.strerror or str(error)).lower()}") from None


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    # asyncio sets this only on sockets it makes itself; without it replies may be held back for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _told(mail_file: Path | None) -> Callable[[Event], None]:
    """Say who hears of what happens: standard output of everything, a file of mails."""
    if mail_file is None:
        return _print_event
    try:
        mails = mail_file.open("a", buffering=1)
    except OSError as error:
        raise ValueError(f"cannot write mails to {mail_file}: {(error.strerror or str(error)).lower()}") from None

    def tell(event: Event) -> None:
        _print_event(event)
        if event["event"] == "mail":
            mails.write(json.dumps(event) + "\n")

    return tell


def _print_event(event: Event) -> None:
    try:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the events has gone; orders matter more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(0)


if __name__ == "__main__":
    main()
