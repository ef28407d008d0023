"""The commands around a verification: reading what they are given, and saying what was found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import msgspec

from harness.durations import duration
from harness.errors import ScenarioError
from harness.ingress.description import Description
from harness.ingress.records import Address
from harness.stacks.console import DESCRIPTION_FILE
from harness.verify.factory.asking import answer_to, factory_client
from harness.verify.factory.conversation import Terms
from harness.verify.factory.suite import Extent, hold
from harness.verify.findings import Report
from harness.verify.junit import junit_xml
from harness.verify.walk import verify
from harness.verify.wanted import Wanted, host_of, refuse_unless_allowed

ASKS_WITHIN = timedelta(seconds=2)
"""How long a console may take to describe itself, on the wall."""


def read_description(where: str, *, allowed: tuple[str, ...] = ()) -> Description:
    """Read what a console shows.

    Args:
        where: a file, the directory of a run, or a URL.
        allowed: hosts that may be asked although they are not this machine.

    Raises:
        ScenarioError: when there is none, or it is none.
        SafetyError: when the URL leads elsewhere.
    """
    raw = _fetched(where, allowed=allowed) if "://" in where else _read(Path(where))
    try:
        return msgspec.json.decode(raw, type=Description)
    except msgspec.MsgspecError as error:
        message = (
            f"--describe {where} is no description of an ingress: {error}. docs/reference/verify.md has its shape."
        )
        raise ScenarioError(message) from error


def read_console(url: str, *, describe: str, aws: str, allowed: tuple[str, ...]) -> Description | None:
    """Read what the console of a site shows, where somebody says how to look at it.

    Args:
        url: the site's.
        describe: a file, the directory of a run, or a URL; empty for none.
        aws: the endpoint of its AWS; empty for none.
        allowed: hosts that may be asked although they are not this machine.

    Raises:
        ScenarioError: when both are given, or what is needed to ask AWS is not installed.
    """
    if describe and aws:
        raise ScenarioError("--describe and --aws both say where the console is. Give one of them.")
    if aws and find_spec("boto3") is None:
        raise ScenarioError("--aws needs boto3: pip install 'pizza-chaos[aws]'. --describe works without it.")
    if aws:
        from harness.verify.aws import read_aws  # noqa: PLC0415 - an extra, and slow to import

        return read_aws(aws, url)
    return read_description(describe, allowed=allowed) if describe else None


def verify_now(given: Mapping[str, Any]) -> Report:
    """Verify a deployment as the command line asks.

    Args:
        given: what `Wanted` holds; `dns` and `fresh` as people write them.
    """
    console: Description | None = given["console"]
    dns = given["dns"] or (console.dns if console is not None else "")
    read = {"dns": Address.parse(dns) if dns else None, "fresh": duration(given["fresh"])}
    return verify(Wanted(**{**given, **read}), now=datetime.now(UTC))  # noqa: TID251 - a certificate's dates are the wall's


def hold_now(url: str, terms: Terms, *, extent: Extent, allowed: tuple[str, ...] = ()) -> Report:
    """Hold the factory at a URL to its contract.

    Args:
        url: where it is.
        terms: what was agreed with it.
        extent: how far it is tried.
        allowed: hosts that may be talked to although they are not this machine.

    Raises:
        ScenarioError: when it cannot be a factory, or the terms make no sense.
        SafetyError: when it is not ours.
    """
    host_of(url, what="a factory")
    refuse_unless_allowed(url, allowed=allowed)
    if not terms.vendor_key.isascii() or not terms.vendor_key.isprintable() or not terms.vendor_key.strip():
        raise ScenarioError("--vendor-key is not a key. Give the apiKey that the factory has sent to the vendor.")
    began = time.monotonic()
    with factory_client(url, patience=terms.patience) as client:
        findings = tuple(hold(terms, lambda ask: answer_to(ask, client), extent=extent))
    return Report(url, findings, time.monotonic() - began)


def say(report: Report, echo: Callable[[str], object], *, as_json: bool, junit: Path | None, suite: str) -> int:
    """Say what was found, and give the exit code.

    Args:
        report: what was found.
        echo: prints a line.
        as_json: whether machines read it.
        junit: where JUnit XML goes, if anywhere.
        suite: what the suite is called there.
    """
    if junit is not None:
        try:
            junit.write_bytes(junit_xml(report, suite=suite))
        except OSError as error:
            message = f"--junit {junit} cannot be written: {error.strerror}. Give a file in a directory that exists."
            raise ScenarioError(message) from error
    echo(json.dumps(report.as_json(), indent=2) if as_json else "\n".join(report.lines()))
    return report.exit_code


def _read(path: Path) -> bytes:
    file = path / DESCRIPTION_FILE if path.is_dir() else path
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"--describe {file} cannot be read: {error.strerror}. Give a file, a run's directory or a URL."
        raise ScenarioError(message) from error


def _fetched(url: str, *, allowed: tuple[str, ...]) -> bytes:
    refuse_unless_allowed(url, allowed=allowed)
    try:
        with httpx.Client(timeout=ASKS_WITHIN.total_seconds(), trust_env=False) as client:
            return client.get(url).raise_for_status().content
    except httpx.HTTPError as error:
        message = f"--describe {url} gives no description: {error}."
        raise ScenarioError(message) from error
