"""The contract held against one factory: every case in turn, each with a finding of its own.

Rules of this file: one case never spares another; chaos that a case has begun is reported before the next one begins;
the vendor's key stands in no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.verify.factory import orders, pizzas, vendors
from harness.verify.factory.conversation import Answer, Ask, Asking, Case, ContractBroken, NotSeen, Terms, converse
from harness.verify.findings import Finding, Standing

CASES = (*vendors.CASES, *orders.CASES, *pizzas.CASES)
"""What every factory can be asked at any time."""

CHAOS_CASES = vendors.CHAOS_CASES
"""What disturbs the vendor's orders while it is asked."""

PROPERTIES = (("any order is baked as it is", "orders"), ("whatever is no order is refused", "orders"))
"""Names and sections of harness/verify/factory/properties.py, which is there only where Hypothesis is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far a factory is tried."""

    with_chaos: bool = False
    """Whether chaos is begun, reported and ended."""
    examples: int = 0
    """How many examples of each property are made up; 0 leaves properties out."""


def hold(terms: Terms, asking: Asking, *, extent: Extent) -> Iterator[Finding]:
    """Hold a factory to its contract.

    Args:
        terms: what was agreed with it.
        asking: asks it, and comes back with its answer or with what came instead.
        extent: how far it is tried.
    """
    for case in CASES:
        yield _guarded(_tried(case, terms, asking), terms)
    for case in CHAOS_CASES:
        if extent.with_chaos:
            yield _guarded(_tried_in_chaos(case, terms, asking), terms)
        else:
            yield Finding(case.name, case.section, Standing.SKIPPED, "no chaos is begun without --with-chaos")
    yield from (_guarded(found, terms) for found in _properties(terms, asking, examples=extent.examples))


def _tried(case: Case, terms: Terms, asking: Asking) -> Finding:
    try:
        count = converse(case.talk(terms), asking)
    except ContractBroken as broken:
        return Finding(case.name, case.section, Standing.BROKEN, str(broken))
    except NotSeen as unseen:
        return Finding(case.name, case.section, Standing.UNKNOWN, str(unseen))
    return Finding(case.name, case.section, Standing.WELL, f"requests: {count}")


def _tried_in_chaos(case: Case, terms: Terms, asking: Asking) -> Finding:
    reports: list[str] = []

    def remembering(ask: Ask) -> Answer:
        answer = asking(ask)
        reports.extend(path for path in (vendors.report_path(answer),) if path)
        return answer

    found = _tried(case, terms, remembering)
    if found.standing is Standing.WELL:
        return found
    for path in reports[-1:]:
        asking(Ask("GET", path))
    account = asking(Ask("GET", "/api/vendor", key=terms.vendor_key)).body
    chaos = account.get("chaos") if isinstance(account, dict) else None
    if not isinstance(chaos, dict) or chaos.get("type") == "none":
        return found
    left = f"the vendor is left with chaos {chaos.get('type')}, which starts at {chaos.get('startDate')}"
    return replace(found, evidence=(left,))


def _properties(terms: Terms, asking: Asking, *, examples: int) -> Iterator[Finding]:
    try:
        if examples:
            from harness.verify.factory.properties import tried_by_example  # noqa: PLC0415 - only where Hypothesis is

            yield from tried_by_example(terms, asking, examples=examples)
            return
        why, standing = "nothing is made up without --examples N", Standing.SKIPPED
    except ModuleNotFoundError as missing:
        why, standing = f"it needs {missing.name}: pip install {missing.name}", Standing.UNKNOWN
    for name, section in PROPERTIES:
        yield Finding(name, section, standing, why)


def _guarded(found: Finding, terms: Terms) -> Finding:
    """Take the vendor's key out of a finding, wherever the factory has put it."""
    evidence = tuple(line.replace(terms.vendor_key, "***") for line in found.evidence)
    return replace(found, finding=found.finding.replace(terms.vendor_key, "***"), evidence=evidence)
