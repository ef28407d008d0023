"""The night that other tests stand on must itself be judged green."""

from pathlib import Path

import msgspec
import pytest

from harness import checks
from harness.checks import Check, Verdict, judge
from harness.history import History
from tests.harness.checks.stories import RULES, night, t


def expectations() -> list[Check]:
    return [
        checks.steady_state(t("22:00"), t("22:07")),
        checks.deployment_completes(t("22:03"), "2m"),
        checks.nothing_succeeds(t("05:24"), t("13:10")),
        checks.telemetry_stops(t("05:24"), "15s", t("13:10")),
        checks.alerts_go_no_data(RULES, t("05:24"), dict.fromkeys(RULES, "2m20s")),
        checks.paged_and_escalated(t("05:24"), t("10:00")),
        checks.pages_left_alone(t("05:24"), t("10:00")),
        checks.pages_taken(t("13:10"), "5m"),
        checks.first_human_action(t("10:00"), t("05:24")),
        checks.remedy_has_no_effect("recreate task definition", t("10:40"), t("10:50")),
        checks.remedy_has_no_effect("recreate service", t("10:50"), t("11:00")),
        checks.diagnosis_names("DNS", t("12:50")),
        checks.still_down(t("13:05:30")),
        checks.back_within(t("13:10"), "30s"),
        checks.outage_lasts("7h46m", "1m", t("05:24")),
        checks.operations_work(["log in", "look at the menu"], t("13:11"), t("13:24")),
        checks.operations_fail_with("order", "Failed to fulfill order at factory", since=t("13:11"), until=t("13:24")),
        checks.alert_fires("PurchaseFailures", t("13:10:20"), "1m"),
        checks.alert_fires_upon("PurchaseFailures", "order", since=t("13:10"), within="1m"),
        checks.alert_resolves("PurchaseFailures", t("13:24"), "3m"),
        checks.alert_stays_quiet("PurchasesLow", t("13:12"), t("13:28")),
        checks.report_url_came_from_a_reply(),
        checks.operation_succeeds_after("order", t("13:24")),
        checks.purchase_outage_lasts("14m", "1m", t("13:10")),
        checks.impact(
            [("nobody could log in", t("05:24"), t("13:10")), ("nobody could order", t("13:10"), t("13:24"))]
        ),
    ]


def test_night_as_told_passes_every_check_and_proof() -> None:
    judgement = judge(night(), expectations())
    assert [result for result in judgement.checks if result.verdict is not Verdict.PASSED] == []
    assert [proof for proof in judgement.proofs if not proof.held] == []
    assert judgement.verdict is Verdict.PASSED


def test_night_read_back_from_its_file_is_judged_alike(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, night())))
    assert judge(History.read(path), expectations()) == judge(night(), expectations())


def test_every_check_of_the_night_is_one_that_scenarios_can_import() -> None:
    assert {check.function for check in expectations()} <= {check.__name__ for check in checks.CHECKS}


@pytest.mark.parametrize("check", [check.__name__ for check in checks.CHECKS])
def test_every_check_has_its_tests_and_its_row_in_the_reference(check: str) -> None:
    here = Path(__file__).parent
    assert any(check in page.read_text() for page in here.glob("test_*.py") if page != Path(__file__))
    assert f"`{check}" in (here.parents[2] / "docs/reference/checks.md").read_text()
