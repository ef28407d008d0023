from harness.checks import Verdict, impact, metrics
from harness.checks.impact import Harm
from harness.checks.traffic import staff
from tests.harness.checks.stories import night, plus, request, t

BOTH = impact([("nobody could log in", t("05:24"), t("13:10")), ("nobody could order", t("13:10:30"), t("13:24"))])


def test_impact_counts_diners_and_operations_of_each_phase() -> None:
    result = BOTH(night())
    assert result.verdict is Verdict.PASSED
    first, second = result.detail.split("; ")
    assert first.startswith("nobody could log in: 6 diners, ")
    assert "look at the menu" in first
    assert second.startswith("nobody could order: 2 diners, ")
    assert "(order " in second
    assert "log in" not in second


def test_impact_is_unknown_when_a_phase_hurt_nobody() -> None:
    assert impact([("before", t("22:00"), t("22:09"))])(night()).verdict is Verdict.UNKNOWN


def test_harm_counts_each_diner_once_and_unknown_apart() -> None:
    requests = [
        request("05:24", error="500: x"),
        request("05:25", error="500: x"),
        request("05:26", "order", error="500: x", diner="diner-2"),
        request("05:27", "order", outcome="unknown"),
        request("05:28"),
    ]
    assert str(Harm.of(requests)) == "2 diners, 3 failed operations (log in 2, order 1), 1 more unknown"
    assert Harm.of(requests).failed == 3


def test_harm_counts_what_somebody_on_call_tried_by_hand_and_them_as_no_diner() -> None:
    tried = request("05:25", "order", error="500: x", diner="Jaquelyn")
    assert str(Harm.of([request("05:24", "order", error="500: x"), tried], staff=["Jaquelyn"])) == (
        "1 diner, 2 failed operations (order 2)"
    )
    assert "Jaquelyn" in staff(night())
    assert metrics(plus(night(), tried)).affected_diners == metrics(night()).affected_diners
