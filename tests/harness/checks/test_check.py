from typing import Any

import msgspec
import pytest

from harness import checks
from harness.checks import (
    CHECKS,
    Check,
    Verdict,
    alert_fires,
    alerts_fire_in_order,
    alerts_go_no_data,
    back_within,
    impact,
    paged_and_escalated,
    still_down,
)
from harness.checks.check import known_checks
from harness.errors import ScenarioError
from harness.history import History
from tests.harness.checks.stories import night, t
from tests.harness.checks.test_stories import expectations


@pytest.mark.parametrize("check", expectations(), ids=lambda check: check.function)
def test_check_of_an_empty_history_is_unknown(check: Check) -> None:
    assert check(History(())).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("check", expectations(), ids=lambda check: check.function)
def test_check_read_back_from_json_answers_alike(check: Check) -> None:
    again = msgspec.json.decode(msgspec.json.encode(check), type=Check)
    assert again == check
    assert again(night()) == check(night())


def test_checks_that_exist_are_all_listed() -> None:
    assert set(known_checks()) == {check.__name__ for check in CHECKS}
    assert {check.__name__ for check in CHECKS} < set(checks.__all__)


def test_check_writes_durations_and_instants_as_text() -> None:
    built = alerts_go_no_data(["A"], t("05:24"), {"A": "2m10s"})
    assert built.arguments == {"rules": ["A"], "since": "2024-12-01T05:24:00-07:00", "within": {"A": "130s"}}


def test_check_reads_instants_inside_of_lists() -> None:
    built = impact([("night", t("05:24"), t("13:10"))])
    assert built.arguments == {"phases": [["night", "2024-12-01T05:24:00-07:00", "2024-12-01T13:10:00-07:00"]]}


def test_check_is_named_in_the_scenarios_own_words() -> None:
    assert back_within(t("13:10"), "30s").name == "back within 30 s of 13:10"
    assert alerts_go_no_data(list("ABCD"), t("05:24"), dict.fromkeys("ABCD", "1m")).name == (
        "A and 3 more go to no data after 05:24"
    )


def test_check_given_an_unreadable_duration_is_refused_where_it_is_written() -> None:
    with pytest.raises(ScenarioError, match="'30 sec' is not a duration"):
        back_within(t("13:10"), "30 sec")


@pytest.mark.parametrize("at", ["5:24", None, t("05:24").replace(tzinfo=None)])
def test_check_given_no_instant_is_refused_where_it_is_written(at: object) -> None:
    with pytest.raises(ScenarioError, match=r"still_down: at is .* not an instant"):
        still_down(at)  # type: ignore[arg-type]


def test_plan_with_an_unknown_check_says_which_was_meant() -> None:
    with pytest.raises(ScenarioError, match=r"unknown check 'stil_down'\. Did you mean 'still_down'"):
        Check("?", "stil_down", {})(night())


def test_plan_with_an_unknown_argument_says_which_was_meant() -> None:
    with pytest.raises(ScenarioError, match=r"still_down: unknown argument 'att'\. Did you mean 'at'"):
        Check("?", "still_down", {"att": "05:24"})(night())


def test_plan_that_lacks_an_argument_says_which() -> None:
    with pytest.raises(ScenarioError, match="still_down: lacks at"):
        Check("?", "still_down", {})(night())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"within": "5"}, r"alert_fires: within: '5' is not a duration"),
        ({"reason": "nodata"}, r"alert_fires: reason: unknown value 'nodata'\. Did you mean 'no data'"),
        ({"rule": 5}, r"alert_fires: rule is 5, not a text"),
    ],
)
def test_check_given_what_it_does_not_take_says_which_argument_it_is(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        alert_fires(**{"rule": "A", "since": t("05:24"), "within": "5m", **arguments})


def test_check_given_a_count_that_is_none_is_refused() -> None:
    with pytest.raises(ScenarioError, match="levels_at_least is '2', not a whole number"):
        paged_and_escalated(t("05:24"), t("05:30"), levels_at_least="2")  # type: ignore[arg-type]


def test_check_given_one_where_it_takes_several_says_how_to_write_them() -> None:
    with pytest.raises(ScenarioError, match="rules is 'Heartbeat', not a list: put it in brackets"):
        alerts_fire_in_order("Heartbeat", t("05:24"))
    with pytest.raises(ScenarioError, match="within is '2m', not names with values"):
        alerts_go_no_data(["Heartbeat"], t("05:24"), "2m")  # type: ignore[arg-type]
