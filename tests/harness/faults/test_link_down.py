from harness.faults import LinkDown
from harness.faults.fault import Begin, End, View
from harness.faults.troubles import LinkCut
from tests.harness.faults.moments import APPLIED, hurt, order


def test_link_down_cuts_the_link_and_restores_it() -> None:
    assert LinkDown("telemetry").apply() == (Begin(LinkCut("telemetry")),)
    assert LinkDown("telemetry").heal() == (End(LinkCut("telemetry")),)
    assert not LinkDown().is_gone(View("a", "a", "none", troubles=frozenset({"factory/cut"})))


def test_link_down_is_hit_by_an_order_that_could_not_reach_the_factory() -> None:
    failed = order(status=500, error="500: fetch failed")
    assert LinkDown().hit_by(failed, APPLIED) == "Ada could not order: 500: fetch failed"
    assert LinkDown("telemetry").hit_by(failed, APPLIED) is None
    assert LinkDown().hit_by(order(status=500, error="500: fetch failed", after=-1), APPLIED) is None
    assert LinkDown().hit_by(order(), APPLIED) is None


def test_link_down_is_hit_by_a_request_that_could_not_reach_the_database() -> None:
    failed = order(status=500, error="500: connect ECONNREFUSED 127.0.0.51:3306")
    assert LinkDown("database").hit_by(failed, APPLIED) == f"Ada could not order: {failed.error}"
    assert LinkDown("factory").hit_by(failed, APPLIED) is None


def test_link_down_is_hit_by_a_session_that_could_not_be_looked_up_in_the_database() -> None:
    failed = order(status=401, error="401: unauthorized")
    assert LinkDown("database").hit_by(failed, APPLIED) == "Ada could not order: 401: unauthorized"
    assert LinkDown("factory").hit_by(failed, APPLIED) is None


def test_link_down_is_hit_by_connections_that_broke_off() -> None:
    assert LinkDown("telemetry").hit_by(hurt("telemetry/cut"), APPLIED) is not None
    assert LinkDown("telemetry").hit_by(hurt("factory/cut"), APPLIED) is None
