"""A verification as JUnit XML, which every CI system shows: one test case a step."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.verify.findings import Finding, Report, Standing

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2), whatever a broken site has answered."""

_OUTCOMES = {
    Standing.BROKEN: "failure",
    Standing.LATENT: "failure",
    Standing.UNKNOWN: "error",
    Standing.SKIPPED: "skipped",
    Standing.MISSING: "skipped",
}


def junit_xml(report: Report, *, suite: str) -> bytes:
    """Write a report as JUnit XML: broken and latent steps are failures, unknown ones errors.

    Args:
        report: what was found.
        suite: what the suite is called: `verify`.
    """
    counted = dict.fromkeys(("failure", "error", "skipped"), 0)
    root = Element("testsuite", name=suite, time=f"{report.took_seconds:.3f}")
    for found in report.findings:
        case = SubElement(root, "testcase", classname=f"{suite}.{found.layer}", name=found.step)
        outcome = _OUTCOMES.get(found.standing)
        if outcome is not None:
            counted[outcome] += 1
            _explain(case, found, outcome=outcome)
    root.set("tests", str(len(report.findings)))
    root.set("failures", str(counted["failure"]))
    root.set("errors", str(counted["error"]))
    root.set("skipped", str(counted["skipped"]))
    indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode").encode()


def _explain(case: Element, found: Finding, *, outcome: str) -> None:
    why = SubElement(case, outcome, message=_clean(found.finding))
    if outcome != "skipped":
        why.set("type", found.standing.value)
        why.text = _clean("\n".join(found.evidence))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
