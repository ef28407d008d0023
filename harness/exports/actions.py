"""Which fault of ours an action of a Chaos Toolkit experiment is; one that is none of them is refused by name.

Source: the Chaos Toolkit's activity reference: chaostoolkit-aws, chaostoolkit-toxiproxy, Toxiproxy's HTTP API.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from harness.durations import duration
from harness.errors import ScenarioError, unknown_name
from harness.faults import (
    BalancerMissing,
    BalancerWithoutTargets,
    FactoryChaos,
    FactoryKilled,
    Fault,
    LinkDown,
    OnLink,
    TaskKilled,
    TaskPaused,
)
from harness.faults.factory_chaos import Mode
from harness.faults.toxics import TOXICS
from harness.faults.toxics.attributes import read


class Provider(msgspec.Struct, frozen=True):
    """What carries an activity out."""

    type: str
    module: str = ""
    func: str = ""
    url: str = ""
    method: str = "GET"
    path: str = ""
    arguments: Any = None


@dataclass(frozen=True, slots=True)
class Wait:
    """An action that only lets time pass."""

    length: timedelta


Arguments = Mapping[str, Any]

_PYTHON: Mapping[str, Fault] = {
    "chaosaws.elbv2.actions.delete_load_balancer": BalancerMissing(),
    "chaosaws.elbv2.actions.deregister_target": BalancerWithoutTargets(),
    "chaosaws.ecs.actions.stop_task": TaskKilled(),
    "chaosaws.ecs.actions.stop_random_tasks": TaskKilled(),
}

_TOXIPROXY: Mapping[str, str] = {
    "create_latency_toxic": "latency",
    "create_bandwith_degradation_toxic": "bandwidth",
    "create_slow_connection_close_toxic": "slow_close",
    "create_timeout_toxic": "timeout",
    "create_slicer_toxic": "slicer",
    "create_limiter_toxic": "limit_data",
}
"""Its functions, in their own spelling, and the toxic that each makes."""

_NAMES = {"bytes_limit": "bytes"}
"""Arguments of those functions that the toxic's attribute calls something else."""

_COMMANDS: Mapping[str, Fault] = {
    r"aws elbv2 delete-load-balancer": BalancerMissing(),
    r"aws elbv2 deregister-targets": BalancerWithoutTargets(),
    r"aws ecs stop-task": TaskKilled(),
    r"(docker (kill|stop)|p?kill).*factory": FactoryKilled(),
    r"docker pause|p?kill -(STOP|SIGSTOP|19)\b": TaskPaused(),
    r"docker (kill|stop)|p?kill": TaskKilled(),
}


def action(provider: Provider) -> Fault | Wait | None:
    """Say which fault an action's provider is, or that it waits; None when it is nothing that we know.

    Raises:
        ScenarioError: when it is known, and an argument of it is not.
    """
    kinds: Mapping[str, Callable[[Provider], Fault | Wait | None]] = {
        "python": _python,
        "http": _http,
        "process": _process,
    }
    return kinds[provider.type](provider) if provider.type in kinds else None


def _python(provider: Provider) -> Fault | None:
    arguments: Arguments = provider.arguments or {}
    if provider.module == "chaostoxi.proxy.actions" and provider.func == "disable_proxy":
        return LinkDown(str(arguments.get("proxy_name", "")))
    if provider.module == "chaostoxi.toxic.actions":
        return _by_toxiproxy(provider.func, dict(arguments))
    return _PYTHON.get(f"{provider.module}.{provider.func}")


def _by_toxiproxy(function: str, arguments: dict[str, Any]) -> Fault | None:
    link = str(arguments.pop("for_proxy", ""))
    arguments.pop("toxic_name", None)
    if function == "create_toxic":
        return _on_link(link, {**arguments, "type": arguments.get("toxic_type")})
    if function not in _TOXIPROXY:
        return None
    attributes = {_NAMES.get(name, name): value for name, value in arguments.items()}
    return _on_link(link, {"type": _TOXIPROXY[function], "attributes": attributes})


def _http(provider: Provider) -> Fault | None:
    where, body = urlsplit(provider.url).path, provider.arguments or {}
    sent = f"{provider.method.upper()} {where}"
    if found := re.fullmatch(r"POST /proxies/([^/]+)/toxics", sent):
        return _on_link(found[1], body)
    if (found := re.fullmatch(r"(?:POST|PATCH) /proxies/([^/]+)", sent)) and body.get("enabled") is False:
        return LinkDown(found[1])
    if found := re.fullmatch(r"PUT /api/vendor/chaos/([^/]+)", sent):
        return FactoryChaos(cast("Mode", found[1]))
    return None


def _process(provider: Provider) -> Fault | Wait | None:
    command = " ".join([provider.path.rsplit("/", 1)[-1], *_words(provider.arguments)])
    if found := re.fullmatch(r"sleep (\d+(?:\.\d+)?)(s|m|h)?", command):
        return Wait(duration(f"{found[1]}{found[2] or 's'}"))
    return next((fault for pattern, fault in _COMMANDS.items() if re.match(pattern, command)), None)


def _on_link(link: str, asked: Arguments) -> OnLink:
    toxics = {toxic.type: toxic for toxic in TOXICS}
    name = str(asked.get("type"))
    if name not in toxics:
        raise ScenarioError(unknown_name("toxic", name, known=toxics))
    toxic = read(toxics[name], asked.get("attributes") or {})
    return OnLink(link, toxic, asked.get("stream", "downstream"), float(asked.get("toxicity", 1.0)))


def _words(arguments: object) -> list[str]:
    if isinstance(arguments, str):
        return shlex.split(arguments)
    if isinstance(arguments, Mapping):
        return [str(word) for pair in arguments.items() for word in pair if word not in {None, ""}]
    return [str(word) for word in arguments] if isinstance(arguments, list) else []
