"""What is broken between a site's name and its service: the first layer that is, from outside in.

    DNS               the name leads nowhere, or to the wrong place
    load balancer     the right address does not accept connections
    target group      the load balancer has nothing healthy to forward to
    service tasks     there is no task to be healthy

Rules of this file: only observations count, never the story of what was done; a finding names the first broken layer
and says what it rests on; the first line of evidence is what a client sees; without a console, only what a client can
see is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.ingress.description import Balancer, Description, TaskShown

Layer = Literal["DNS", "load balancer", "target group", "service tasks", "none found"]


@dataclass(frozen=True, slots=True)
class View:
    """What was seen of a site from outside, next to what its console shows where there is one to look at."""

    site: str
    """The name that clients ask for."""
    address: str
    """What DNS answered, `127.0.0.11:8080`; empty when it knew no such name."""
    accepts: bool
    """Whether something accepted a connection at that address."""
    console: Description | None = None
    """What the console shows at that moment; None when nobody can look at it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is broken, and how one can tell."""

    layer: Layer
    """The first broken layer from outside in, or `none found`."""
    finding: str
    """What is wrong with it, in a sentence."""
    evidence: tuple[str, ...]
    """What was seen, a line each."""


def diagnose(view: View) -> Finding:
    """Name the first layer that is broken, from outside in."""
    return _dns(view) or _balancer(view) or _tasks(view) or _targets(view) or _well(view)


def _dns(view: View) -> Finding | None:
    if not view.address:
        return Finding("DNS", f"{view.site} has no DNS record", (f"DNS knows no {view.site}", *_balancers(view)))
    if view.console is None or view.address in {balancer.address for balancer in _existing(view)}:
        return None
    seen = (_connection(view), *_owners(view), *_balancers(view))
    if _recorded(view) not in ("", view.address):
        moved = f"its record says {_recorded(view)} by now"
        return Finding("DNS", "DNS was updated, and this client still believes its older answer", (*seen, moved))
    if view.accepts:
        return Finding("DNS", "DNS points at an address that is not a load balancer of ours", seen)
    return Finding("DNS", "DNS points at a load balancer that no longer exists", seen)


def _balancer(view: View) -> Finding | None:
    if view.accepts:
        return None
    if view.console is None:
        return Finding("load balancer", f"{view.address} accepts no connections", _seen(view))
    return Finding("load balancer", "the load balancer exists and accepts no connections", _seen(view))


def _tasks(view: View) -> Finding | None:
    console = view.console
    if console is None or console.targets:
        return None
    starting = [task for task in console.tasks if task.state == "starting"]
    finding = "the service tasks are still starting" if starting else "no service task is running"
    return Finding("service tasks", finding, (*_seen(view), *_deployment(console), *_last(console.tasks)))


def _targets(view: View) -> Finding | None:
    console = view.console
    if console is None or any(target.health == "healthy" for target in console.targets):
        return None
    finding = "the load balancer has no healthy target"
    return Finding("target group", finding, (*_seen(view), *_health(console), *_deployment(console)))


def _well(view: View) -> Finding:
    if view.console is None:
        return Finding("none found", f"{view.address} accepts connections", _seen(view))
    seen = (*_seen(view), *_health(view.console))
    return Finding("none found", "nothing is broken from DNS to the service tasks", seen)


def _seen(view: View) -> tuple[str, ...]:
    return (_connection(view), *_balancers(view))


def _connection(view: View) -> str:
    what = "accepts connections" if view.accepts else "accepts no connections"
    return f"{view.site} points at {view.address}, which {what}"


def _balancers(view: View) -> tuple[str, ...]:
    if view.console is None:
        return ()
    existing = tuple(
        f"the load balancer {balancer.name} is at {balancer.address}" if balancer.address
        else f"the load balancer {balancer.name} is being made ready"
        for balancer in _existing(view)
    )  # fmt: skip
    return existing or ("no load balancer exists",)


def _owners(view: View) -> tuple[str, ...]:
    gone = (balancer for balancer in _known(view) if not balancer.exists)
    return tuple(
        f"{gone.name} was at {gone.address} until it was removed" for gone in gone if gone.address == view.address
    )


def _health(console: Description) -> tuple[str, ...]:
    return tuple(f"{target.task} at {target.address} is {target.health}: {target.reason}" for target in console.targets)


def _deployment(console: Description) -> tuple[str, ...]:
    deployment = console.deployment
    if deployment is None:
        return ("nothing was ever deployed",)
    return (f"the deployment of {deployment.revision} is {deployment.state}: {deployment.reason}",)


def _last(tasks: tuple[TaskShown, ...]) -> tuple[str, ...]:
    return tuple(f"{task.name} is {task.state}: {task.reason}" for task in tasks[-1:])


def _known(view: View) -> tuple[Balancer, ...]:
    return view.console.balancers if view.console is not None else ()


def _existing(view: View) -> Iterable[Balancer]:
    return (balancer for balancer in _known(view) if balancer.exists)


def _recorded(view: View) -> str:
    records = view.console.records if view.console is not None else ()
    return next((record.address for record in records if record.name == view.site), "")
