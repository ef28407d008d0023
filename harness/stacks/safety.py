"""What we refuse to touch: everything but this machine, and the public pizza sites by name."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from harness.errors import SafetyError

PUBLIC_SITES = ("pizza.cs329.click", "pizza-factory.cs329.click", "cs329.click", "cs329.cs.byu.edu")
"""Sites that other people's pizzas come from; refused even when somebody allows them."""


def refuse_unless_ours(url: str, *, allowed: Collection[str] = (), allow: str = "") -> None:
    """Raise a SafetyError unless the URL leads to this machine.

    Args:
        url: where somebody wants to go.
        allowed: hosts that somebody allowed by name, for looking at; public pizza sites are refused all the same.
        allow: the option that allows a host, for whoever is refused; "" where none does.
    """
    host = urlsplit(url).hostname or ""
    refuse_public_site(host)
    if not _is_loopback(host) and host not in allowed:
        message = f"{url!r} does not lead to this machine. Load, faults and remedies go to loopback only."
        message += f" If it is yours, and you may look at it, add {allow} {host}." if allow else ""
        raise SafetyError(message)


def refuse_public_site(host: str) -> None:
    """Raise a SafetyError when a host name is that of a public pizza site."""
    name = host.lower().removesuffix(".")
    if any(name == site or name.endswith(f".{site}") for site in PUBLIC_SITES):
        message = f"{host} is a public pizza site: the harness never talks to it."
        raise SafetyError(message)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
