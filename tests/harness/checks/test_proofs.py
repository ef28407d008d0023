import msgspec
import pytest

from harness.checks.proofs import Proof, proofs
from harness.events import Event, FaultApplied, FaultHit, FaultRemoved, HarnessTroubled, RequestFinished, RunFinished
from harness.history import History
from tests.harness.checks.stories import changed, is_a, jump, load, night, plus, request, t, told, until, without

STEADY, HIT, LOAD, HEALED, AGAIN, WHOLE = range(6)


def missing(history: History) -> list[str]:
    return [proof.name for proof in proofs(history) if not proof.held]


def requests_between(since: str, end: str) -> object:
    return lambda event: is_a(RequestFinished)(event) and t(since) <= event.at < t(end)


def test_proofs_of_the_night_all_hold() -> None:
    assert missing(night()) == []
    assert "diner-1 was refused" in proofs(night())[HIT].detail
    assert "balancer_missing-1 by remedy: update DNS at 13:10:02" in proofs(night())[HEALED].detail


def test_proof_of_steady_state_before_fails_on_one_error() -> None:
    told = plus(night(), request("22:05:01", "order", error="500: boom"))
    assert missing(told) == ["steady state held before the first fault"]
    assert "order at 22:05:01, 500: boom" in proofs(told)[STEADY].detail


def test_proof_of_a_fault_needs_one_hit() -> None:
    spared = changed(without(night(), is_a(FaultHit, fault="factory_fail")), is_a(FaultRemoved), hits=0)
    assert missing(spared) == ["each fault was active and hit something"]
    assert proofs(spared)[HIT].detail == "nothing was hit by factory_fail-2"


def test_proof_of_a_fault_takes_its_hits_or_its_evidence() -> None:
    assert missing(without(night(), is_a(FaultHit))) == []
    assert missing(changed(night(), is_a(FaultRemoved), hits=0)) == []


@pytest.mark.parametrize(("since", "end"), [("21:59", "05:24"), ("05:24", "13:24:01"), ("13:24:01", "13:28")])
def test_proof_of_load_needs_some_before_during_and_after(since: str, end: str) -> None:
    told = without(night(), requests_between(since, end))  # type: ignore[arg-type]
    assert "load flowed before, during and after" in missing(told)


@pytest.mark.parametrize(("by", "lacks"), [("itself", []), ("heal", ["load flowed before, during and after"])])
def test_proof_of_load_during_a_fault_that_passes_at_once_takes_the_minute_after_it(by: str, lacks: list[str]) -> None:
    fault, name = "task_killed", "task_killed-1"
    events = [
        *load("22:00", "22:04"),
        FaultApplied(at=t("22:04"), fault=fault, id=name, target="service", sees="requests break off"),
        FaultHit(at=t("22:04:01"), fault=fault, id=name, evidence="task-1 was killed"),
        FaultRemoved(at=t("22:04:07"), fault=fault, id=name, by=by, hits=1),
        *load("22:04:07", "22:08"),
        RunFinished(at=t("22:08"), reason="completed"),
    ]
    assert missing(told(events)) == lacks


def test_proof_of_load_or_steady_state_says_how_much_it_takes() -> None:
    few = told([*load("22:00", "22:00:39"), *[event for event in night() if event.at >= t("05:24")]])
    assert missing(few) == []
    fewer = without(few, is_a(RequestFinished, at=t("22:00")))
    assert missing(fewer) == ["steady state held before the first fault", "load flowed before, during and after"]
    assert proofs(fewer)[STEADY].detail == "9 requests, all of them ok: it takes 10 to tell"
    assert proofs(fewer)[LOAD].detail.endswith(": it takes 10 of each")
    assert "it takes" not in "".join(proof.detail for proof in proofs(night()))


def test_proof_of_recovery_does_not_count_a_jump_as_lived_through() -> None:
    ended = until(night(), "13:24:50")
    assert "steady state came back and stayed" in missing(ended)
    later = [jump("13:24:50", "13:40"), request("13:40:01"), RunFinished(at=t("13:41"), reason="completed")]
    assert missing(plus(ended, *later)) == ["steady state came back and stayed"]
    assert "it takes 1 min and 10 requests" in proofs(ended)[AGAIN].detail


def test_proof_of_healing_names_what_is_still_there() -> None:
    told = without(night(), is_a(FaultRemoved, fault="factory_fail"))
    assert proofs(told)[HEALED].detail == "still there: factory_fail-2"
    assert "each fault ended" in missing(told)
    assert set(missing(without(night(), is_a(FaultRemoved)))) >= {
        "each fault ended",
        "steady state came back and stayed",
    }


def test_proof_of_recovery_needs_a_minute_without_an_error_at_the_end() -> None:
    late = plus(night(), request("13:27:30", error="500: boom"))
    assert missing(late) == ["steady state came back and stayed"]
    assert missing(plus(night(), request("13:25", error="500: boom"))) == []
    nothing = without(night(), requests_between("13:24:01", "13:28"))  # type: ignore[arg-type]
    assert "nothing succeeded after 13:24:01" in proofs(nothing)[AGAIN].detail


def test_proof_of_a_whole_run_minds_trouble_damage_and_a_missing_end() -> None:
    name = "the run is whole, and the harness had no trouble"
    assert missing(plus(night(), HarnessTroubled(at=t("12:00"), where="load", error="it died"))) == [name]
    assert missing(History(night().events, ("line 3 cannot be read",))) == [name]
    assert missing(without(night(), is_a(RunFinished))) == [name]
    assert proofs(changed(night(), is_a(RunFinished), reason="interrupted"))[WHOLE].detail == "it ended interrupted"
    assert missing(until(night(), "13:28"))[-1] == name
    crashed = changed(night(), is_a(RunFinished), reason="crashed", detail="no such remedy")
    trouble = HarnessTroubled(at=t("12:00"), where="steps", error="ScenarioError: no such remedy")
    assert proofs(plus(crashed, trouble))[WHOLE].detail == "steps: ScenarioError: no such remedy; it ended crashed"


def test_proofs_of_a_run_without_faults_say_that_nothing_was_broken() -> None:
    def of_a_fault(event: Event) -> bool:
        return is_a(FaultApplied, FaultHit, FaultRemoved)(event)

    first = proofs(without(night(), of_a_fault))[0]
    assert first == Proof("something was broken", held=False, detail="nothing was broken: no fault was applied")


def test_proofs_of_a_run_that_means_no_fault_ask_for_steady_state_throughout() -> None:
    quiet = told([*load("22:00", "22:05"), RunFinished(at=t("22:06"), reason="completed")])
    assert [proof.held for proof in proofs(quiet, expects_no_fault=True)] == [True, True]
    assert [proof.held for proof in proofs(plus(quiet, request("22:01", error="x")), expects_no_fault=True)] == [
        False,
        True,
    ]


def test_proof_goes_through_json() -> None:
    proof = proofs(night())[0]
    assert msgspec.json.decode(msgspec.json.encode(proof), type=Proof) == proof
