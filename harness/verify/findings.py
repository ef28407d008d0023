"""What was found, step by step, and what follows from it: the one shape of every verification.

Rules of this file: a step that could not be looked at is never well; whoever asked for it learns that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PASSED, FOUND, UNKNOWN = 0, 1, 2
"""Exit codes: all is well; something is not; nobody knows."""


class Standing(StrEnum):
    """How a step stands."""

    WELL = "well"
    """It was looked at, and is as it should be."""
    LATENT = "latent"
    """Nothing fails because of it yet."""
    BROKEN = "broken"
    """Somebody is turned away because of it."""
    UNKNOWN = "unknown"
    """It was to be looked at, and could not be."""
    SKIPPED = "skipped"
    """It was not looked at: nobody asked for it, or something before it is broken."""
    MISSING = "missing"
    """It is not there, and only some need it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found at one step."""

    step: str
    """What was looked at: `name resolves`."""
    layer: str
    """Where that is: `DNS`, `load balancer`, `database`."""
    standing: Standing
    """How it stands."""
    finding: str
    """What is wrong with it, or what shows that it is well, in a sentence."""
    evidence: tuple[str, ...] = ()
    """What was seen, a line each."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found about one subject, in the order in which it was looked at."""

    subject: str
    """What was verified: a URL."""
    findings: tuple[Finding, ...]
    """One for each step, those that were not looked at included."""
    took_seconds: float = 0.0
    """How long looking took, on the wall."""

    @property
    def named(self) -> Finding | None:
        """The first layer, from outside in, that is broken, or else latent; None when there is none."""
        wrong = [found for found in self.findings if found.standing in {Standing.BROKEN, Standing.LATENT}]
        return next((found for found in wrong if found.standing is Standing.BROKEN), wrong[0] if wrong else None)

    @property
    def exit_code(self) -> int:
        """Give 0 when all is well, 1 when something is broken or latent, 2 when a step could not be looked at."""
        if self.named is not None:
            return FOUND
        unknown = any(found.standing is Standing.UNKNOWN for found in self.findings)
        return UNKNOWN if unknown else PASSED

    @property
    def verdict(self) -> str:
        """The whole of it in one line."""
        if self.named is not None:
            return f"{self.named.standing}: {self.named.layer}: {self.named.finding}"
        if self.exit_code == UNKNOWN:
            first = next(found for found in self.findings if found.standing is Standing.UNKNOWN)
            return f"unknown: {first.layer}: {first.finding}"
        return f"well: {sum(found.standing is Standing.WELL for found in self.findings)} steps looked at"

    def lines(self) -> Iterator[str]:
        """Write it for people: a line a step, the evidence under what is not well, the verdict last."""
        yield self.subject
        width = max((len(found.step) for found in self.findings), default=0)
        for found in self.findings:
            yield f"  {found.standing:8} {found.step:{width}}  {found.finding}"
            if found.standing not in {Standing.WELL, Standing.SKIPPED}:
                yield from (f"  {'':8} {'':{width}}    {line}" for line in found.evidence)
        yield f"{self.verdict} ({self.took_seconds:.1f} s)"

    def as_json(self) -> Mapping[str, Any]:
        """Give it as an object for machines."""
        named = self.named
        return {
            "subject": self.subject,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "layer": named.layer if named else None,
            "took_seconds": round(self.took_seconds, 3),
            "findings": [_as_json(found) for found in self.findings],
        }


def _as_json(found: Finding) -> dict[str, Any]:
    return {
        "step": found.step,
        "layer": found.layer,
        "standing": found.standing.value,
        "finding": found.finding,
        "evidence": list(found.evidence),
    }
