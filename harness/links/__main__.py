"""Links on their own, driven by any Toxiproxy client: `python -m harness.links --port 8474`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import resource
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path

import uvicorn

from harness.errors import HarnessError
from harness.links.addresses import joined, listen, resolve
from harness.links.bodies import read_links
from harness.links.control import VERSION, control_app
from harness.links.links import Links, Wanted
from harness.links.refusals import BAD_BODY, Refused
from harness.stacks.safety import refuse_unless_ours

TOKEN = "PIZZA_CHAOS_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable with the token that callers have to send where the API is not on loopback."""

MANY_FILES = 65_536
"""How many open files we ask for."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the control API until it is interrupted; give the exit code."""
    options = _parser().parse_args(argv)
    token = os.environ.get(TOKEN, "")
    if options.host not in LOOPBACK and not token:
        return _complain(
            f"--host {options.host} lets others in. Set {TOKEN}, which they must send, or stay on loopback."
        )
    _allow_many_files()
    gc.freeze()  # what has been imported stays: collections need not look at it each time connections have gone
    try:
        _run(_serve(options, token))
    except (HarnessError, OSError) as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pizza-chaos proxy",
        description="Hurt TCP connections on demand; speaks Toxiproxy's API. Links lead to this machine only.",
    )
    # One dash as well, as Toxiproxy's server has it.
    parser.add_argument("-host", "--host", default="127.0.0.1", help="where the API listens (%(default)s)")
    parser.add_argument("-port", "--port", type=int, default=8474, help="its port, 0 for any (%(default)s)")
    parser.add_argument("-config", "--config", type=Path, help="a JSON array of proxies to begin with")
    parser.add_argument("-seed", "--seed", type=int, default=0, help="with it, the same happens again (%(default)s)")
    for kind, said in (("proxy", "/metrics is always there"), ("runtime", "there is no Go runtime to tell of")):
        help_ = f"taken, as by Toxiproxy's server: {said}"
        parser.add_argument(f"-{kind}-metrics", f"--{kind}-metrics", action="store_true", help=help_)
    parser.add_argument("-version", "--version", action="version", version=f"answers like toxiproxy {VERSION}")
    return parser


async def _serve(options: argparse.Namespace, token: str) -> None:
    bound = listen(await resolve(joined(options.host, options.port)))
    links = Links(seed=options.seed, permit=lambda host: refuse_unless_ours(f"tcp://{joined(host, 0)}"))
    with bound, contextlib.closing(links):
        if options.config is not None:
            await links.populate(_configured(options.config), made=[])
        config = uvicorn.Config(
            control_app(links, token=token), lifespan="off", ws="none", log_level="warning", timeout_graceful_shutdown=1
        )
        address = joined(*bound.getsockname()[:2])
        sys.stderr.write(f"answering like toxiproxy {VERSION} on http://{address}, seed {options.seed}\n")
        await uvicorn.Server(config).serve(sockets=[bound])


def _configured(config: Path) -> list[Wanted]:
    try:
        return read_links(config.read_bytes())
    except Refused as refusal:
        message = f"--config {config}: {str(refusal).removeprefix(BAD_BODY)}"
        raise HarnessError(message) from refusal


def _allow_many_files() -> None:
    """Raise the limit of open files as far as we may: each client takes two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _run(work: Coroutine[None, None, None]) -> None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def _complain(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
