from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults import OnLink
from harness.faults.fault import Begin, End, View
from harness.faults.toxics import (
    Bandwidth,
    HttpBody,
    HttpHeader,
    HttpStatus,
    Latency,
    LimitData,
    Slicer,
    Timeout,
    Toxic,
)
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


@pytest.mark.parametrize(
    ("toxic", "complaint"),
    [
        (
            Latency(timedelta(seconds=-2)),
            r"Latency: latency is -2 s; it is out of that range\. Allowed: 0 ms or more\.",
        ),
        (Latency(jitter=timedelta(seconds=-2)), "jitter is -2 s"),
        (Bandwidth(-1), r"rate_kilobytes \(in the API: rate\) is -1; .* Allowed: 0 KB/s or more\."),
        (LimitData(-1), r"limit_bytes \(in the API: bytes\) is -1"),
        (Slicer(-1), r"average_size_bytes \(in the API: average_size\) is -1"),
        (Timeout(timedelta(seconds=-2)), r"timeout is -2 s"),
    ],
    ids=repr,
)
def test_on_link_holds_toxiproxys_toxics_to_their_ranges_too(toxic: Toxic, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        OnLink(toxic=toxic)


def test_on_link_refuses_to_spoil_replies_where_only_requests_flow() -> None:
    with pytest.raises(
        ScenarioError, match=r"HttpStatus: stream is 'upstream'; it spoils replies, .*leave the stream out"
    ):
        OnLink(toxic=HttpStatus(), stream="upstream")


APART = [
    ToxicOn("factory", Latency("1s")),
    ToxicOn("factory", Latency("1s"), stream="upstream"),
    ToxicOn("telemetry", Latency("1s")),
    ToxicOn("factory", HttpStatus()),
    ToxicOn("factory", HttpStatus(path="/api/order")),
    ToxicOn("factory", HttpStatus(path="/api/order/verify")),
    ToxicOn("factory", HttpStatus(path="/api/order", method="POST")),
    ToxicOn("factory", HttpStatus(path="/api/order", header="X-Diner: 7")),
    ToxicOn("factory", HttpHeader(name="Retry-After")),
    ToxicOn("factory", HttpHeader(name="Content-Type")),
    ToxicOn("factory", HttpBody(mode="remove_field", member="jwt")),
    ToxicOn("factory", HttpBody()),
]


def test_toxics_that_spoil_different_things_have_different_names() -> None:
    names = [trouble.name for trouble in APART]
    assert len(set(names)) == len(names)
    assert names[1] == "factory/latency upstream"
    assert names[7] == "factory/http_status /api/order x-diner: 7"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Latency("1s"), Latency("2s")),
        (HttpStatus(path="/api", status=500), HttpStatus(path="/api", every=3)),
        (HttpStatus(method="post"), HttpStatus(method="POST")),
        (HttpStatus(header="X-Diner:7"), HttpStatus(header="x-diner: 7 ")),
        (HttpBody(mode="set_field", member="jwt", value="x"), HttpBody(mode="remove_field", member="jwt")),
        (HttpBody(mode="html", member="jwt"), HttpBody()),
    ],
    ids=repr,
)
def test_toxics_that_spoil_the_same_have_one_name(one: Toxic, other: Toxic) -> None:
    assert ToxicOn("factory", one).name == ToxicOn("factory", other).name
