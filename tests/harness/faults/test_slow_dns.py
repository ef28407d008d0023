from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults import SlowDns
from harness.faults.fault import Begin, End
from harness.faults.troubles import NameServerSlow
from tests.harness.faults.moments import APPLIED, hurt

LATE = NameServerSlow(timedelta(seconds=8))


def test_slow_dns_begins_and_ends() -> None:
    assert SlowDns("8s").apply() == (Begin(LATE),)
    assert SlowDns("8s").heal() == (End(LATE),)
    assert "8 s longer" in SlowDns("8s").sees


def test_slow_dns_is_hit_by_an_answer_that_came_late() -> None:
    assert SlowDns().hit_by(hurt("DNS/slow"), APPLIED) is not None
    assert SlowDns().hit_by(hurt("DNS/fails"), APPLIED) is None


def test_slow_dns_that_nobody_would_notice_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"Allowed: 100 ms to 10 min\."):
        SlowDns("1ms")
