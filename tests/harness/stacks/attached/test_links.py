"""Links behind a real control API, driven as those of a system that is up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from harness.errors import HarnessError, ScenarioError
from harness.events import Event
from harness.faults.toxics import Latency
from harness.faults.troubles import LinkCut, ToxicOn
from harness.stacks.attached.lease import Ask, Revive
from harness.stacks.attached.links import RemoteLinks
from tests.harness.stacks.attached.serving import links_served

SLOW = ToxicOn("factory", Latency(timedelta(seconds=2)))
CUT = LinkCut("factory")


class Ledger:
    """A lease that only remembers."""

    def __init__(self) -> None:
        self.owed: dict[str, Ask | Revive] = {}

    def owe(self, name: str, debt: Ask | Revive) -> None:
        self.owed[name] = debt

    def paid(self, name: str) -> None:
        self.owed.pop(name)


@pytest.fixture
def lease() -> Any:
    return Ledger()


@pytest.fixture
def url() -> Iterator[str]:
    with links_served(token="secret") as url:
        yield url


def links(url: str, *, token: str = "secret") -> RemoteLinks:
    return RemoteLinks(url, token=token, record=list[Event]().append)


@pytest.mark.parametrize("trouble", [SLOW, CUT], ids=lambda trouble: trouble.name)
def test_trouble_is_owed_then_there_and_gone_when_it_ends(url: str, lease: Any, trouble: Any) -> None:
    remote = links(url)
    remote.begin(trouble, lease=lease)
    assert list(lease.owed) == [trouble.name]
    assert remote.standing == {trouble.name}
    remote.end(trouble, lease=lease)
    remote.refuse_spoiled()
    assert (remote.standing, lease.owed) == (frozenset(), {})
    remote.close()


@pytest.mark.parametrize("trouble", [SLOW, CUT], ids=lambda trouble: trouble.name)
def test_what_is_owed_for_a_trouble_heals_it(url: str, lease: Any, trouble: Any) -> None:
    remote = links(url)
    remote.begin(trouble, lease=lease)
    debt = lease.owed[trouble.name]
    httpx.request(debt.method, debt.url, headers=debt.headers, json=debt.body, trust_env=False).raise_for_status()
    assert remote.standing == frozenset()
    remote.end(trouble, lease=lease)
    remote.close()


@pytest.mark.parametrize(("trouble", "words"), [(SLOW, "has toxics: scenario:latency"), (CUT, "is disabled")])
def test_link_that_somebody_has_spoiled_is_left_alone(url: str, lease: Any, trouble: Any, words: str) -> None:
    remote = links(url)
    remote.begin(trouble, lease=lease)
    with pytest.raises(HarnessError, match=words):
        remote.refuse_spoiled()
    remote.close()


def test_link_that_is_not_there_is_named_with_those_that_are(url: str, lease: Any) -> None:
    remote = links(url)
    with pytest.raises(ScenarioError, match=r"unknown link 'database'.*Known: factory"):
        remote.begin(LinkCut("database"), lease=lease)
    assert lease.owed == {}
    remote.close()


def test_control_api_that_wants_another_token_is_named_with_the_variable(url: str) -> None:
    remote = links(url, token="wrong")
    with pytest.raises(HarnessError, match="PIZZA_CHAOS_TOKEN"):
        remote.refuse_spoiled()
    remote.close()


def test_control_api_that_does_not_answer_is_named() -> None:
    remote = links("http://127.0.0.1:9")
    with pytest.raises(HarnessError, match=r"no control API of links answers at http://127\.0\.0\.1:9"):
        remote.refuse_spoiled()
    remote.close()
