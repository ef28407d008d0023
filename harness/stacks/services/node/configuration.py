"""The configuration that every known fork understands: each name that any of them reads, for what we want it to be.

Forks of all years read the same few things under different names; a superset of the names serves them all. It is
written in place of whatever configuration a checkout has, so that no secret and no public address comes along.

Source: real-service-forks.md, section 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from harness.stacks.databases.database import Login

SOURCE = "jwt-pizza-service"
"""What it calls itself in metrics and logs."""

ADMIN = {"name": "pizza admin", "email": "a@jwt.com", "password": "admin"}
"""Who administers it: the forks that do not ask have just this e-mail and password in their code."""

DINER = {"name": "pizza diner", "email": "d@jwt.com", "password": "diner"}
FRANCHISEE = {"name": "pizza franchisee", "email": "f@jwt.com", "password": "franchisee"}

SECRET = "pizza-chaos: guards nothing but a run"  # noqa: S105 - of a service on loopback that ends with its run
"""Signs its sessions, and bodies where a fork wants that; HMAC asks for 32 characters."""

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service finds everything."""

    factory_url: str
    vendor_key: str = field(repr=False)
    metrics_url: str
    logs_url: str
    database: Login


def superset(place: Place) -> dict[str, Any]:
    """Give the configuration, free of cycles, for some forks write it to their logs."""
    login = place.database
    connection: dict[str, Any] = {
        "host": login.host,
        "user": login.user,
        "password": login.password,
        "database": login.database,
    }
    connection |= {"connectTimeout": 60000}
    admin = {**ADMIN, "roles": [{"role": "admin"}]}
    factory = {"url": place.factory_url, "apiKey": place.vendor_key}
    metrics, logging = _telemetry(place.metrics_url), _telemetry(place.logs_url)
    return {
        "jwtSecret": SECRET,
        "httpJwtSecret": SECRET,
        "authTimeoutValue": 600,
        "db": {"connection": connection, "listPerPage": 10, "adminUser": admin, "admin": admin},
        "sqlDb": {**connection, "connection": connection, "listPerPage": 10},
        "factory": factory,
        "metrics": metrics,
        # The course's logger is given this part alone, and looks for the factory and for itself in it.
        "logging": {**logging, "logging": logging, "factory": factory},
        "grafana": {**metrics, "metrics": metrics, "logging": logging},
        "credentials": admin,
        "adminPassword": ADMIN["password"],
        "defaultAdmin": admin,
        "testUsers": {"diner": DINER, "franchisee": FRANCHISEE},
        "deploymentUrl": "",
        "isTest": False,
    }


def environment(place: Place) -> dict[str, str]:
    """Give the same as variables, for forks that read those."""
    login = place.database
    named: dict[str, dict[tuple[str, ...], str]] = {
        "DB": {
            ("HOST", "HOSTNAME"): login.host,
            ("USER", "USERNAME"): login.user,
            ("PASSWORD", "PASS"): login.password,
            ("NAME", "DATABASE"): login.database,
        },
        "FACTORY": {("URL",): place.factory_url, ("API_KEY", "KEY"): place.vendor_key},
        "METRICS": _variables(place.metrics_url),
        "LOGGING": _variables(place.logs_url),
        "LOGS": _variables(place.logs_url),
    }
    found = {
        f"{group}_{name}": value for group, parts in named.items() for names, value in parts.items() for name in names
    }
    return {**found, "JWT_SECRET": SECRET, "ADMIN_EMAIL": ADMIN["email"], "ADMIN_PASSWORD": ADMIN["password"]}


def write(values: Mapping[str, Any], files: Iterable[PurePosixPath], *, root: Path, is_module: bool) -> None:
    """Write the configuration to each of these files below `root`, in the language that each is in."""
    for file in files:
        target = root / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(as_text(values, suffix=file.suffix, is_module=is_module))


def as_text(values: Mapping[str, Any], *, suffix: str, is_module: bool) -> str:
    """Write the configuration as JSON, as a CommonJS module, or as an ES module that also exports each part by name.

    Args:
        values: the configuration.
        suffix: of the file: `.js`, `.ts`, `.json`, …
        is_module: whether `.js` means an ES module.
    """
    written = msgspec.json.format(msgspec.json.encode(values), indent=2).decode()
    if suffix == ".json":
        return written + "\n"
    if suffix == ".cjs" or (suffix == ".js" and not is_module):
        return f"module.exports = {written};\n"
    parts = [f"export const {name} = config[{name!r}];\n" for name in values if _IDENTIFIER.fullmatch(name)]
    return f"const config = {written};\nexport default config;\n{''.join(parts)}"


def _telemetry(url: str) -> dict[str, Any]:
    return {
        "source": SOURCE,
        **dict.fromkeys(("url", "endpointUrl", "host"), url),
        **dict.fromkeys(("userId", "accountId"), "1"),
        "apiKey": "pizza",
        "intervalMs": 5000,
        "enabled": True,
        "verboseLogging": False,
    }


def _variables(url: str) -> dict[tuple[str, ...], str]:
    return {
        ("URL", "ENDPOINT_URL", "ENDPOINT", "HOST"): url,
        ("SOURCE",): SOURCE,
        ("USER_ID", "ACCOUNT_ID"): "1",
        ("API_KEY", "KEY"): "pizza",
        ("ENABLED",): "true",
    }
