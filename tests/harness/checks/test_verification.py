"""Verifying from outside, judged from small histories: who named what, when, and how long that took."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from harness.checks import Verdict, verifying_names
from harness.checks.verification import NONE_FOUND
from harness.events import DiagnosisMade, Event, FaultApplied, FaultRemoved
from harness.history import History, history_of
from tests.harness.checks.stories import t

BEGAN = t("05:00")
ASKED = verifying_names({"slow_dns": "DNS", "task_killed": ("target group", "service tasks")}, "5s")


def told(*events: Event) -> History:
    """Tell of events that came ten seconds after each other."""
    return history_of(
        [msgspec.structs.replace(event, at=BEGAN + n * timedelta(seconds=10)) for n, event in enumerate(events)]
    )


def begins(fault: str) -> FaultApplied:
    return FaultApplied(fault=fault, id=f"{fault}-1", target="ingress", sees="it", parameters={})


def ends(fault: str) -> FaultRemoved:
    return FaultRemoved(fault=fault, id=f"{fault}-1", by="heal", hits=1)


def names(layer: str, *, took: float = 0.2) -> DiagnosisMade:
    return DiagnosisMade(by="Jaquelyn", layer=layer, finding="as seen", evidence=["seen"], took_seconds=took)


WELL = names(NONE_FOUND)
KILLED = (begins("task_killed"), names("service tasks"), ends("task_killed"), WELL)
SLOW = (begins("slow_dns"), WELL, names("DNS"), ends("slow_dns"), names("DNS"), WELL)


def test_verifying_names_each_layer_first_and_nothing_afterwards_passes_and_says_how_long_that_took() -> None:
    result = ASKED(told(*SLOW, *KILLED))
    assert result.verdict is Verdict.PASSED
    assert result.detail == (
        "slow_dns: “DNS” after 20 s; task_killed: “service tasks” after 10 s; the slowest took 0.2 s"
    )


def test_verifying_names_another_layer_first_fails_though_the_right_one_follows() -> None:
    wrong = (begins("slow_dns"), names("TLS"), names("DNS"), ends("slow_dns"), WELL)
    result = ASKED(told(*wrong, *KILLED))
    assert result.verdict is Verdict.FAILED
    assert result.detail.startswith("slow_dns: “TLS” after 10 s, and not “DNS”: as seen")


def test_verifying_names_nothing_while_the_fault_is_there_fails() -> None:
    result = ASKED(told(begins("slow_dns"), WELL, ends("slow_dns"), WELL, *KILLED))
    assert (result.verdict, "“none found”" in result.detail) == (Verdict.FAILED, True)


def test_verifying_names_something_still_when_it_healed_fails() -> None:
    result = ASKED(told(*SLOW[:-1], *KILLED))
    assert result.verdict is Verdict.FAILED
    assert "slow_dns healed, and “DNS” was named still" in result.detail


def test_verifying_names_nobody_knows_what_is_no_good_news() -> None:
    assert ASKED(told(*SLOW, *KILLED[:-1], names("unknown"))).verdict is Verdict.FAILED


def test_verifying_takes_longer_than_it_may_fails() -> None:
    late = names("DNS", took=5.1)
    result = ASKED(told(begins("slow_dns"), late, ends("slow_dns"), WELL, *KILLED))
    assert (result.verdict, result.detail) == (Verdict.FAILED, "the one at 05:00:10 took 5.1 s")


def test_verifying_was_left_out_or_a_fault_was_is_unknown() -> None:
    assert ASKED(told(*SLOW)).detail == "task_killed did not happen"
    assert ASKED(told(*SLOW, begins("task_killed"), ends("task_killed"), WELL)).verdict is Verdict.UNKNOWN
    assert ASKED(told(*SLOW, *KILLED[:-1])).detail.startswith("nobody verified after task_killed-1")
    assert ASKED(told(*SLOW, *KILLED[:2])).detail.startswith("task_killed-1 did not end")
    assert ASKED(told(begins("slow_dns"), ends("slow_dns"), *(KILLED[0], KILLED[2]))).verdict is Verdict.UNKNOWN


def test_verifying_expected_to_find_nothing_passes_where_nothing_can_be_seen_from_outside() -> None:
    unseen = verifying_names({"cpu_burn": NONE_FOUND})
    assert unseen(told(begins("cpu_burn"), WELL, ends("cpu_burn"), WELL)).verdict is Verdict.PASSED
    assert unseen(told(begins("cpu_burn"), names("DNS"), ends("cpu_burn"), WELL)).verdict is Verdict.FAILED
