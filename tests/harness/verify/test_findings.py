from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from harness.verify.findings import Finding, Report, Standing
from harness.verify.junit import junit_xml

WELL = Finding("name resolves", "DNS", Standing.WELL, "it does")
LATENT = Finding("health checks", "target group", Standing.LATENT, "there are none")
BROKEN = Finding("menu", "database", Standing.BROKEN, "500: \x00 <&>", ("GET /api/order/menu: 500",))
UNKNOWN = Finding("pizza", "pizza", Standing.UNKNOWN, "nobody may ask the factory", ("why",))
SKIPPED = Finding("order", "order", Standing.SKIPPED, "nobody asked")


def report(*findings: Finding) -> Report:
    return Report("http://pizza.test", findings, 1.25)


@pytest.mark.parametrize(
    ("findings", "code", "verdict"),
    [
        ((WELL, SKIPPED), 0, "well: 1 steps looked at"),
        ((WELL, LATENT), 1, "latent: target group: there are none"),
        ((WELL, BROKEN, UNKNOWN), 1, "broken: database: 500: \x00 <&>"),
        ((LATENT, BROKEN), 1, "broken: database: 500: \x00 <&>"),
        ((WELL, UNKNOWN), 2, "unknown: pizza: nobody may ask the factory"),
    ],
)
def test_report_is_as_bad_as_what_was_found(findings: tuple[Finding, ...], code: int, verdict: str) -> None:
    assert (report(*findings).exit_code, report(*findings).verdict) == (code, verdict)


def test_report_for_people_shows_evidence_only_of_what_is_not_well() -> None:
    lines = list(report(WELL, BROKEN, SKIPPED).lines())
    assert lines[0] == "http://pizza.test"
    assert lines[-1].endswith("(1.2 s)")
    assert [line.strip() for line in lines if "GET /api/order/menu" in line] == ["GET /api/order/menu: 500"]
    assert len(lines) == 6


def test_report_for_machines_names_the_layer() -> None:
    told = report(WELL, BROKEN).as_json()
    assert (told["layer"], told["exit_code"], told["findings"][1]["standing"]) == ("database", 1, "broken")
    assert report(WELL).as_json()["layer"] is None


def test_junit_counts_what_is_wrong_and_holds_whatever_a_site_has_answered() -> None:
    suite = fromstring(junit_xml(report(WELL, LATENT, BROKEN, UNKNOWN, SKIPPED), suite="verify"))
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["5", "2", "1", "1"]
    failure = suite.find("testcase[@name='menu']/failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("500: � <&>", "GET /api/order/menu: 500")
