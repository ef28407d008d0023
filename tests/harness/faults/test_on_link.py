from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults import OnLink
from harness.faults.fault import Begin, End, View
from harness.faults.toxics import Latency, Timeout
from harness.faults.troubles import ToxicOn
from tests.harness.faults.moments import APPLIED, hurt, order


def test_on_link_begins_and_ends_its_toxic() -> None:
    fault = OnLink("telemetry", Timeout(), stream="upstream", toxicity=0.5)
    trouble = ToxicOn("telemetry", Timeout(), stream="upstream", toxicity=0.5)
    assert fault.apply() == (Begin(trouble),)
    assert fault.heal() == (End(trouble),)


def test_on_link_is_gone_when_its_toxic_is_off_the_link() -> None:
    assert OnLink().is_gone(View("a", "a", "none", troubles=frozenset({"telemetry/latency", "factory/timeout"})))
    assert not OnLink().is_gone(View("a", "a", "none", troubles=frozenset({"factory/latency"})))


def test_on_link_is_hit_by_what_its_own_toxic_hurt() -> None:
    assert OnLink().hit_by(hurt("factory/latency"), APPLIED) == "connection 1 of factory"
    assert OnLink().hit_by(hurt("factory/timeout"), APPLIED) is None
    assert OnLink().hit_by(order(error="500: fetch failed"), APPLIED) is None


def test_on_link_says_its_toxics_attributes_as_parameters() -> None:
    parameters = OnLink(toxic=Latency(timedelta(seconds=3))).parameters
    assert parameters == {
        "link": "factory",
        "toxic": "latency",
        "stream": "downstream",
        "toxicity": 1.0,
        "latency": 3000,
        "jitter": 0,
    }


def test_on_link_of_an_unknown_link_is_refused_with_the_one_meant() -> None:
    with pytest.raises(ScenarioError, match=r"OnLink: link is 'factroy'; did you mean 'factory'\?"):
        OnLink("factroy")


@pytest.mark.parametrize("toxicity", [-0.1, 1.1, True, "all"])
def test_on_link_with_a_share_that_is_none_is_refused(toxicity: float) -> None:
    with pytest.raises(ScenarioError, match=r"Allowed: 0 to 1\."):
        OnLink(toxicity=toxicity)


def test_on_link_with_something_else_than_a_toxic_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"toxic is 'latency'; it is a str"):
        OnLink(toxic="latency")  # type: ignore[arg-type]
