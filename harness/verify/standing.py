"""Verifies the site of a run that lives, on whichever stack: what people in a scenario do after they have deployed."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.checks.verification import NONE_FOUND
from harness.events import DiagnosisMade
from harness.stacks.outside import Outside
from harness.verify.findings import UNKNOWN, Report, Standing
from harness.verify.in_memory import Memory
from harness.verify.walk import verify
from harness.verify.wanted import Wanted
from harness.verify.ways import Sockets


def verify_outside(outside: Outside) -> Report:
    """Walk a site from DNS to the pizza, which is ordered, beside its console and its telemetry.

    Args:
        outside: what somebody outside knows of it.

    Timing: at most five seconds of the clock of what it looks at: the wall's, or a simulation's.
    """
    in_memory = outside.in_memory
    wanted = Wanted(
        url=outside.url,
        dns=outside.dns,
        console=outside.console,
        with_order=True,
        factory=outside.factory,
        sink=str(outside.history or ""),
        sink_name=outside.history.name if outside.history else "",  # which a diagnosis is a part of
        authority=outside.authority,
        allowed=outside.hosts,
    )
    # A certificate's dates are the wall's; a network in memory carries none.
    now = datetime.now(UTC) if in_memory is None else datetime.fromtimestamp(in_memory.now(), UTC)  # noqa: TID251
    return verify(wanted, now=now, ways=Sockets() if in_memory is None else Memory(in_memory))


def diagnosis(report: Report, *, by: str) -> DiagnosisMade:
    """Write a report down as the diagnosis that it is.

    Args:
        report: what was found.
        by: who verified.
    """
    named = report.named
    layer = named.layer if named else "unknown" if report.exit_code == UNKNOWN else NONE_FOUND
    looked = [f"{found.step}: {found.finding}" for found in report.findings if found.standing is not Standing.SKIPPED]
    return DiagnosisMade(
        by=by,
        layer=layer,
        finding=named.finding if named else report.verdict,
        evidence=list(named.evidence if named and named.evidence else looked),
        took_seconds=round(report.took_seconds, 3),
    )
