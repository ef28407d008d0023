from harness.checks import Verdict, judge, still_down
from harness.checks.proofs import MISTAKE
from harness.events import FaultApplied, FaultHit, FaultRemoved, HarnessTroubled, RunFinished
from tests.harness.checks.stories import changed, is_a, load, night, plus, request, t, told, without
from tests.harness.checks.test_stories import expectations

DOWN = still_down(t("13:05:30"))
UNDECIDED = still_down(t("12:00"))


def test_judgement_passes_when_checks_and_proofs_do() -> None:
    judgement = judge(night(), [DOWN])
    assert (judgement.verdict, judgement.why) == (Verdict.PASSED, "1 check as expected, and each proof holds")


def test_judgement_fails_on_one_failed_check_whatever_is_unknown() -> None:
    history = without(plus(night(), request("13:05:01")), is_a(RunFinished))
    judgement = judge(history, [UNDECIDED, DOWN])
    assert judgement.verdict is Verdict.FAILED
    assert judgement.why.startswith("1 of 2 checks not as expected, first: still down at 13:05:30: ")


def test_judgement_is_unknown_when_a_proof_is_missing_and_names_it() -> None:
    judgement = judge(without(night(), is_a(RunFinished)), [DOWN])
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.why.startswith("not shown that the run is whole")


def test_judgement_says_how_many_proofs_are_missing() -> None:
    spared = changed(without(night(), is_a(FaultHit, RunFinished)), is_a(FaultRemoved), hits=0)
    assert judge(spared, [DOWN]).why.endswith("(and 1 more)")
    assert "more)" not in judge(without(night(), is_a(RunFinished)), [DOWN]).why


def test_judgement_is_unknown_when_a_check_is() -> None:
    judgement = judge(night(), [UNDECIDED])
    assert judgement.verdict is Verdict.UNKNOWN
    assert "1 of 1 check undecided" in judgement.why


def test_judgement_is_unknown_when_nothing_was_expected() -> None:
    judgement = judge(night(), [])
    assert (judgement.verdict, judgement.why) == (Verdict.UNKNOWN, "nothing was expected, so nothing was checked")


def test_judgement_is_never_green_when_the_fault_was_a_noop() -> None:
    spared = changed(without(night(), is_a(FaultHit)), is_a(FaultRemoved), hits=0)
    assert judge(spared, [DOWN]).verdict is Verdict.UNKNOWN


def test_judgement_of_a_run_without_faults_is_green_only_when_meant() -> None:
    history = told([*load("22:00", "22:05"), RunFinished(at=t("22:06"), reason="completed")])
    steady = expectations()[0]
    calm = type(steady)(steady.name, steady.function, steady.arguments | {"until": t("22:05").isoformat()})
    assert not history.of(FaultApplied)
    assert judge(history, [calm]).verdict is Verdict.UNKNOWN
    assert judge(history, [calm], expects_no_fault=True).verdict is Verdict.PASSED


def test_judgement_counts_the_scenarios_own_assertion_as_a_finding() -> None:
    broken = changed(night(), is_a(RunFinished), reason="failed", detail="assert 2 == 3")
    judgement = judge(broken, [DOWN])
    assert judgement.verdict is Verdict.FAILED
    assert judgement.checks[-1].detail == "assert 2 == 3"


def test_judgement_of_a_run_that_broke_off_names_that_before_all_else() -> None:
    history = without(night(), is_a(FaultApplied, FaultHit, FaultRemoved, RunFinished))
    why = judge(plus(history, HarnessTroubled(at=t("12:00"), where="load", error="it died")), [DOWN]).why
    assert why.startswith("not shown that the run is whole, and the harness had no trouble: load: it died")


def test_judgement_of_a_run_that_its_authors_mistake_ended_says_that_and_of_no_harness_in_trouble() -> None:
    said = f"{MISTAKE}: test_night.py:7: unknown alert rule 'Heartbeet'"
    history = changed(night(), is_a(RunFinished), reason="crashed", detail=said)
    judgement = judge(history, [DOWN])
    assert (judgement.verdict, judgement.why) == (Verdict.UNKNOWN, said)
