import pytest

from harness.checks import metrics
from harness.checks.metrics import fault_metrics
from harness.events import FaultApplied, FaultRemoved, PageAcknowledged, PageSent, RequestFinished
from harness.history import History, history_of
from tests.harness.checks.stories import is_a, night, t, until, without


def test_metrics_of_the_night_are_measured_as_the_words_are_defined() -> None:
    balancer, factory = fault_metrics(night())
    assert balancer.detection_seconds == (t("05:26:40") - t("05:24")).total_seconds()
    assert balancer.acknowledge_seconds == (t("10:00:01") - t("05:26:40")).total_seconds()
    assert balancer.reset_seconds == (t("13:10:20") - t("05:24")).total_seconds()
    assert factory.detection_seconds == (t("13:11:20") - t("08:00")).total_seconds()
    assert factory.acknowledge_seconds == 10


def test_metrics_count_the_failures_of_each_fault_while_it_was_there() -> None:
    assert [fault.failed for fault in fault_metrics(night())] == [263, 160]


def test_metrics_of_the_run_are_those_of_the_fault_that_diners_felt_first() -> None:
    whole = metrics(night())
    assert (whole.mttd_seconds, whole.mtta_seconds) == (160, 16401)
    assert whole.mttr_seconds == (t("13:10:20") - t("05:24")).total_seconds()
    assert whole.missed == ()
    assert whole.outage_seconds == pytest.approx(7 * 3600 + 46 * 60, abs=60)
    assert whole.purchase_outage_seconds == pytest.approx(14 * 60, abs=60)
    assert whole.pages == 4
    assert whole.requests == len(night().of(RequestFinished))


def test_metrics_list_a_missed_fault_and_give_it_no_time() -> None:
    unnoticed = without(night(), is_a(PageSent, page="PurchaseFailures"))
    whole = metrics(unnoticed)
    assert whole.missed == ("factory_fail-2",)
    assert [fault.detection_seconds for fault in whole.faults] == [160, None]


def test_metrics_of_a_page_nobody_took_have_no_time_to_acknowledge() -> None:
    assert metrics(without(night(), is_a(PageAcknowledged))).mtta_seconds is None


def test_metrics_do_not_take_an_escalation_for_a_detection() -> None:
    told = [
        PageSent(at=t(at), page="DatasourceNoData", responder="Ana", level=level, channel="pager", alerts=["A"])
        for at, level in (("05:20", 1), ("05:30", 2))
    ]
    broken = FaultApplied(at=t("05:24"), fault="balancer_missing", id="b", target="t", sees="s")
    (fault,) = fault_metrics(history_of([told[0], broken, told[1]]))
    assert fault.detection_seconds is None


def test_metrics_of_a_fault_that_did_not_end_have_no_reset() -> None:
    balancer, factory = fault_metrics(without(night(), is_a(FaultRemoved, fault="factory_fail")))
    assert balancer.reset_seconds is not None
    assert factory.reset_seconds is None


def test_metrics_of_a_killed_run_count_the_outage_until_its_end() -> None:
    killed = until(night(), "05:34")
    assert metrics(killed).outage_seconds == pytest.approx(600, abs=10)
    assert metrics(History(())).requests == 0
