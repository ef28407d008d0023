"""What `pizza-chaos service inspect` says of a checkout: how it would be run, what it says, and what it cannot do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from harness.durations import spoken
from harness.stacks.databases.database import Login
from harness.stacks.services.node.checkout import Checkout
from harness.stacks.services.node.configuration import Place, superset
from harness.stacks.services.node.dialect import SIGNING_KEY, Dialect, unknown_keys
from harness.stacks.services.node.renamed import completed

_URL = re.compile(r"""["'`](https?://[\w.-]+)""")
_LIMIT = re.compile(r"\b(?:max|limit)\s*:\s*(\d+)")
_LOOPBACK = ("localhost", "127.0.0.1")
_NOWHERE = Place("", "", "", "", Login("", "", "", ""))


def inspect(path: Path) -> Iterator[str]:
    """Say line by line what there is to know of a checkout; nothing of its own configuration is read or shown.

    Raises:
        ScenarioError: when there is no service to be started.
    """
    checkout = Checkout.at(path)
    dialect = Dialect.of(checkout)
    yield f"{checkout.name} at {path}"
    yield f"  start          npm start -- PORT   ({checkout.start.script})"
    files = ", ".join(map(str, checkout.configurations)) or "none; it may read variables"
    yield f"  configuration  {files}; generated, whatever is there"
    yield f"  era            {dialect.era}"
    yield f"  reads          {', '.join(dialect.keys) or 'nothing that shows in the code'}"
    yield f"  metrics        {_metrics(dialect)}"
    for metric in dialect.names:
        yield f"                   {metric.name:32} {metric.role or '?'}"
    yield f"  logs           {dialect.logs}"
    yield "  cannot do"
    for sentence in limits(checkout, dialect):
        yield f"    - {sentence}"


def limits(checkout: Checkout, dialect: Dialect) -> Iterator[str]:
    """Say in sentences what cannot be had from a checkout, and what to mind."""
    yield "run faster than speed 1: its timers are real"
    yield "have its database at another port than 3306: it gets a loopback address of its own"
    if dialect.metrics == "none":
        yield "be alerted on by metrics of its own: it pushes none; what diners experience is alerted on instead"
    elif dialect.metrics == "unknown" or not dialect.names:
        yield "have its metrics named beforehand: the code does not show them; look at what a first run received"
    code = "\n".join(checkout.sources.values())
    if "express-rate-limit" in checkout.dependencies:
        most = ", ".join(_LIMIT.findall(code)) or "not shown"
        yield f"take any amount of load: it limits requests (limits in the code: {most}); keep diners few"
    if dialect.wants_signatures:
        yield f"be asked by hand: it takes signed bodies only ({SIGNING_KEY}); our diners sign theirs"
    if dialect.logs == "Loki by way of the factory":
        yield "outlive an unreachable factory, perhaps: it logs there first, and evaluates the reply; ours is empty"
    for key in unknown_keys(dialect.keys, completed(superset(_NOWHERE), dialect.keys)):
        yield f"read config.{key}: the generated configuration has no such key"
    for target in checkout.missing:
        yield f"import {target}: it is not in the checkout"
    for name in checkout.undeclared:
        yield f"import {name}, perhaps: package.json does not name it, so only another package may bring it"
    hosts = {urlsplit(url).hostname or "" for url in _URL.findall(code)}
    for host in sorted(hosts - {"", *_LOOPBACK}):
        yield f"reach {host}, which its code names: it is kept on this machine"


def _metrics(dialect: Dialect) -> str:
    if dialect.metrics == "none":
        return "none"
    return f"{dialect.metrics}, every {spoken(dialect.push_interval)} or so"
