"""What is wrong with a deployment before anybody is turned away, as at 22:03 on 2024-11-30: read off its console."""

from __future__ import annotations

from collections.abc import Iterator

from harness.ingress.description import Balancer, Description
from harness.verify.findings import Finding, Standing

SERVES = ("", "active")
"""States of a load balancer in which it forwards; empty when the console does not say."""


def latent_faults(console: Description) -> Iterator[Finding]:
    """Find what will break, from outside in; the steps that are well are given too."""
    yield _record(console)
    yield _balancer(console)
    yield _health_checks(console)
    yield _deployment(console)


def _record(console: Description) -> Finding:
    step, owned = "record's owner", {balancer.address for balancer in _existing(console)}
    records = [record for record in console.records if record.name == console.site]
    for record in records:
        if record.address not in owned:
            finding = f"the record points at {record.address}, which is no load balancer of this deployment"
            return Finding(step, "DNS", Standing.LATENT, finding, (*_whose(console, record.address), *_ours(console)))
    if not records:
        return Finding(step, "DNS", Standing.SKIPPED, f"the console shows no record of {console.site}")
    return Finding(step, "DNS", Standing.WELL, f"{console.site} points at a load balancer of this deployment")


def _balancer(console: Description) -> Finding:
    step, layer = "balancer's state", "load balancer"
    for balancer in _existing(console):
        if balancer.state not in SERVES:
            finding = f"the load balancer {balancer.name} is in state {balancer.state!r}, and not active"
            return Finding(step, layer, Standing.LATENT, finding)
        if not balancer.address:
            finding = f"the load balancer {balancer.name} was asked for and does not listen yet"
            return Finding(step, layer, Standing.LATENT, finding)
    if not _existing(console):
        return Finding(step, layer, Standing.LATENT, "the deployment has no load balancer")
    return Finding(step, layer, Standing.WELL, "the load balancer is as it should be")


def _health_checks(console: Description) -> Finding:
    step, layer = "health checks", "target group"
    if console.health_check is None:
        return Finding(step, layer, Standing.SKIPPED, "the console does not say whether targets are checked")
    if not console.health_check:
        finding = "the target group has no health checks: a task that is sick keeps its share of the requests"
        return Finding(step, layer, Standing.LATENT, finding)
    return Finding(step, layer, Standing.WELL, f"targets are asked for {console.health_check}")


def _deployment(console: Description) -> Finding:
    step, layer, deployment = "deployment", "service tasks", console.deployment
    if deployment is None:
        return Finding(step, layer, Standing.SKIPPED, "the console shows no deployment")
    told = f"the deployment of {deployment.revision} is {deployment.state}"
    if deployment.state == "failed":
        return Finding(step, layer, Standing.LATENT, f"{told}: {deployment.reason}")
    return Finding(step, layer, Standing.WELL, told)


def _existing(console: Description) -> list[Balancer]:
    return [balancer for balancer in console.balancers if balancer.exists]


def _whose(console: Description, address: str) -> tuple[str, ...]:
    gone = [balancer for balancer in console.balancers if not balancer.exists and balancer.address == address]
    return tuple(f"{balancer.name} was at {balancer.address} until it was removed" for balancer in gone)


def _ours(console: Description) -> tuple[str, ...]:
    return tuple(f"{balancer.name} is at {balancer.address or 'no address yet'}" for balancer in _existing(console))
