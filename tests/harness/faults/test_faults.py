from datetime import UTC, datetime, timedelta

import pytest

from harness.errors import ScenarioError
from harness.events import FaultApplied, RequestFinished
from harness.faults import CATALOGUE, BalancerMissing, FactoryChaos, Noop
from harness.faults.fault import RemoveBalancer, RestoreIngress, SetFactoryChaos, View

DAWN = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)
APPLIED = FaultApplied(at=DAWN, fault="f", id="f-1", target="t", sees="s")


def request(*, cause: str = "", report_url: str = "", after: int = 1) -> RequestFinished:
    return RequestFinished(
        diner="Ada",
        operation="order",
        method="POST",
        path="/api/order",
        address="127.0.0.11:80",
        started=DAWN + timedelta(seconds=after),
        latency_seconds=0.1,
        outcome="failed",
        cause=cause,
        report_url=report_url,
        status=500 if report_url else 0,
    )


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_fault_in_the_catalogue_names_itself_and_what_a_user_will_see(kind: type) -> None:
    fault = kind()
    assert fault.name
    assert fault.target
    assert fault.sees


def test_names_in_the_catalogue_are_all_different() -> None:
    assert len({kind().name for kind in CATALOGUE}) == len(CATALOGUE)


def test_balancer_missing_removes_it_and_restores_the_ingress() -> None:
    assert BalancerMissing().apply() == (RemoveBalancer(),)
    assert BalancerMissing().heal() == (RestoreIngress(),)


@pytest.mark.parametrize(
    ("record", "balancer", "gone"),
    [("a:1", "", False), ("a:1", "b:1", False), ("b:1", "b:1", True), ("", "", False)],
)
def test_balancer_missing_is_gone_only_when_the_record_points_at_the_balancer_that_exists(
    record: str, balancer: str, *, gone: bool
) -> None:
    assert BalancerMissing().is_gone(View(record, balancer, "none")) is gone


def test_balancer_missing_is_hit_by_a_refused_connection_and_by_nothing_else() -> None:
    fault = BalancerMissing()
    assert fault.hit_by(request(cause="connection refused"), APPLIED) is not None
    assert fault.hit_by(request(cause="timed out"), APPLIED) is None
    assert fault.hit_by(request(cause="connection refused", after=-1), APPLIED) is None
    assert fault.hit_by(APPLIED, APPLIED) is None


@pytest.mark.parametrize("mode", ["fail", "throttle", "badjwt"])
def test_factory_chaos_begins_and_ends_the_mode_it_was_given(mode: str) -> None:
    fault = FactoryChaos(mode)  # type: ignore[arg-type]
    assert fault.name == f"factory_{mode}"
    assert fault.apply() == (SetFactoryChaos(mode),)
    assert fault.heal() == (SetFactoryChaos("none"),)
    assert fault.is_gone(View("a", "a", "none"))
    assert not fault.is_gone(View("a", "a", mode))


def test_factory_chaos_is_hit_by_a_reply_with_a_report_url() -> None:
    assert (
        FactoryChaos().hit_by(request(report_url="http://x"), APPLIED) == "Ada's order got status 500 and a reportUrl"
    )
    assert FactoryChaos().hit_by(request(cause="connection refused"), APPLIED) is None


def test_factory_chaos_of_an_unknown_mode_is_refused_with_the_one_meant() -> None:
    with pytest.raises(ScenarioError, match=r"unknown factory chaos 'trottle'. Did you mean 'throttle'\?"):
        FactoryChaos("trottle")  # type: ignore[arg-type]


def test_noop_asks_for_nothing() -> None:
    assert (Noop().apply(), Noop().heal()) == ((), ())
