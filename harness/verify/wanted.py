"""What is to be verified, and what of that is refused beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import promql_parser

from harness.errors import ScenarioError
from harness.ingress.description import Description
from harness.ingress.records import Address
from harness.stacks.safety import refuse_public_site, refuse_unless_ours
from harness.verify.certificates import trusting


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be verified, and how far."""

    url: str
    """The site: `http://pizza-service.pizza.test`."""
    dns: Address | None = None
    """The DNS server to ask; None asks those of this machine."""
    console: Description | None = None
    """What the deployment's console shows, where somebody can look at it."""
    version: str = ""
    """The version that should serve; empty when any will do."""
    login: str = "d@jwt.com:diner"
    """E-mail and password of a diner, with a colon between them."""
    with_order: bool = False
    """Whether to order a pizza, and verify it."""
    factory: str = ""
    """Where pizzas are verified; empty asks the service."""
    sink: str = ""
    """Where its telemetry goes; empty when that is not to be looked at."""
    sink_name: str = ""
    """What to call it; as it is written there when empty."""
    series: str = ""
    """Which series of a Prometheus-compatible sink are this deployment's."""
    fresh: timedelta = timedelta(minutes=2)
    """How old the newest telemetry may be."""
    rules: Path | None = None
    """The alert rules that watch over it; None when they are not to be looked at."""
    notifications: Path | None = None
    """An Alertmanager configuration, which says who is told."""
    with_page: bool = False
    """Whether to page somebody, and see that it arrives."""
    authority: Path | None = None
    """A certificate authority to trust besides those of this machine."""
    allowed: tuple[str, ...] = ()
    """Hosts that may be looked at although they are not this machine."""


def refuse_nonsense(wanted: Wanted) -> None:
    """Find the mistakes of whoever asks, before anybody is talked to.

    Raises:
        ScenarioError: when what is wanted makes no sense.
        SafetyError: when it would have to talk to somebody who is not ours.
    """
    host = host_of(wanted.url, what="a site")
    refuse_public_site(host)
    if wanted.console is not None and not _is_of(wanted.console, host):
        message = f"the description is of {wanted.console.site}, and {wanted.url} is another site."
        raise ScenarioError(message)
    if wanted.dns is None:
        refuse_unless_allowed(wanted.url, allowed=wanted.allowed)
    else:
        refuse_unless_allowed(f"http://{wanted.dns}", allowed=wanted.allowed)
    if ":" not in wanted.login:
        message = "--login is not an e-mail and a password. Write them with a colon between: d@jwt.com:diner."
        raise ScenarioError(message)
    if wanted.factory:
        host_of(wanted.factory, what="a factory")
    if wanted.authority is not None:
        trusting(wanted.authority)
    _refuse_a_watch_that_cannot_be(wanted)
    if "://" in wanted.sink:
        refuse_unless_allowed(wanted.sink, allowed=wanted.allowed)
        if not wanted.series:
            message = f"--metrics-sink {wanted.sink} has series of many: say which are this deployment's, "
            raise ScenarioError(message + "such as --metrics-of '{source=\"jwt-pizza-service\"}'.")
        _refuse_what_is_no_query(wanted.series)


def _refuse_a_watch_that_cannot_be(wanted: Wanted) -> None:
    if wanted.rules is not None:
        from harness.verify.watch import Watch  # noqa: PLC0415 - slow to import, and most ask for no rules

        watch = Watch(wanted.rules, wanted.notifications)
        for receiver, url in watch.all_webhooks() if wanted.with_page else ():
            host_of(url, what=f"the webhook of {receiver}")
    elif wanted.notifications is not None:
        raise ScenarioError(
            "--notifications says who is told of alerts: give the rules that make them with --rules FILE."
        )
    if wanted.with_page and wanted.notifications is None:
        message = "--with-page needs to know what goes off and who is told: give --rules FILE and --notifications FILE."
        raise ScenarioError(message)


def _refuse_what_is_no_query(series: str) -> None:
    try:
        promql_parser.parse(series)
    except ValueError as error:
        message = f"--metrics-of {series!r} is no PromQL: {error}. Write a selector, such as '{{source=\"pizza\"}}'."
        raise ScenarioError(message) from error


def refuse_unless_allowed(url: str, *, allowed: tuple[str, ...]) -> None:
    """Raise a SafetyError, which names the option that allows it, unless a URL may be looked at.

    Args:
        url: where a verification is to look.
        allowed: hosts that may be looked at although they are not this machine.
    """
    refuse_unless_ours(url, allowed=allowed, allow="--allow-target")


def host_of(url: str, *, what: str) -> str:
    """Give the host that a URL names.

    Args:
        url: as somebody wrote it.
        what: it should lead to: `a site`.

    Raises:
        ScenarioError: when it is no URL.
    """
    try:
        site = urlsplit(url)
        host, _ = site.hostname, site.port
    except ValueError:
        site, host = urlsplit(""), None
    if site.scheme not in {"http", "https"} or not host:
        message = f'{url!r} is not the URL of {what}. Write "http://" or "https://", and a host.'
        raise ScenarioError(message)
    return host


def _is_of(console: Description, host: str) -> bool:
    """Whether a description may be of that host: the site by name, or one of its load balancers by address."""
    addresses = {balancer.address.rpartition(":")[0] for balancer in console.balancers}
    return host == console.site or host in addresses or host == "localhost"
