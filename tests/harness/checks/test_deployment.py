from harness.checks import Verdict, deployment_completes, remedy_has_no_effect
from harness.events import (
    DeploymentChanged,
    Event,
    ProcessExited,
    ProcessStarted,
    RemedyPerformed,
    RequestFinished,
    TaskChanged,
)
from tests.harness.checks.stories import changed, is_a, night, plus, request, t, without

VAIN = remedy_has_no_effect("recreate service", t("10:50"), t("11:00"))


def test_remedy_without_effect_passes_when_tasks_really_came_and_went() -> None:
    result = VAIN(night())
    assert result.verdict is Verdict.PASSED
    assert result.name == "“recreate service” at 10:50 has no effect until 11:00"
    assert "1 task started, 1 stopped again" in result.detail


def test_remedy_without_effect_fails_when_something_succeeds_after_it() -> None:
    result = VAIN(plus(night(), request("10:51:01")))
    assert result.verdict is Verdict.FAILED
    assert "log in succeeded at 10:51:01" in result.detail


def test_remedy_without_effect_fails_when_no_task_was_started_or_stopped() -> None:
    assert "no task was started" in VAIN(without(night(), is_a(TaskChanged))).detail
    result = VAIN(without(night(), is_a(TaskChanged, state="stopped")))
    assert result.verdict is Verdict.FAILED
    assert "no task was stopped again" in result.detail


def test_remedy_without_effect_fails_when_its_task_had_no_process() -> None:
    result = VAIN(without(night(), is_a(ProcessExited, pid=4002)))
    assert result.verdict is Verdict.FAILED
    assert "no process started and ended" in result.detail


def test_remedy_without_effect_needs_no_process_on_a_stack_that_has_none() -> None:
    told = without(night(), is_a(ProcessStarted, ProcessExited))
    assert VAIN(told).verdict is Verdict.PASSED


def test_remedy_without_effect_is_unknown_when_not_performed_or_nobody_asked_after() -> None:
    def asked_after(event: Event) -> bool:
        return is_a(RequestFinished)(event) and t("10:50") <= event.at < t("11:00")

    assert VAIN(without(night(), is_a(RemedyPerformed, remedy="recreate service"))).detail == "it was not performed"
    assert VAIN(without(night(), is_a(RemedyPerformed, remedy="recreate service"))).verdict is Verdict.UNKNOWN
    assert VAIN(without(night(), asked_after)).verdict is Verdict.UNKNOWN


ROLLED_OUT = deployment_completes(t("22:03"), "2m")


def test_deployment_completes_passes_with_how_long_it_took() -> None:
    said = ROLLED_OUT(night())
    assert (said.verdict, said.detail) == (Verdict.PASSED, "pizza:2 completed 39 s after it began: 1 healthy")


def test_deployment_completes_fails_when_it_gave_up_or_took_too_long() -> None:
    gave_up = changed(night(), is_a(DeploymentChanged, state="completed"), state="failed")
    assert ROLLED_OUT(gave_up).verdict is Verdict.FAILED
    assert deployment_completes(t("22:03"), "30s")(night()).verdict is Verdict.FAILED


def test_deployment_completes_is_unknown_when_none_began() -> None:
    assert ROLLED_OUT(without(night(), is_a(DeploymentChanged))).verdict is Verdict.UNKNOWN
