from __future__ import annotations

from harness.events import Event, FaultApplied, FaultHit, FaultRemoved
from harness.links.outages import Outages, Place, Standing

HOME = Place("127.0.0.1:7000", "127.0.0.1:80")
AWAY = Place("127.0.0.1:7000", "127.0.0.1:9")
FURTHER = Place("127.0.0.1:7000", "127.0.0.1:10")


def told(*standings: Standing, closes: bool = False) -> list[Event]:
    """Give what is recorded of a link that stands like this, one after the other."""
    events: list[Event] = []
    outages = Outages(events.append)
    for standing in standings:
        outages.look("factory", standing)
    if closes:
        outages.close()
    return events


def test_outages_link_that_has_never_listened_is_no_loss() -> None:
    assert told(Standing(None), Standing(HOME), Standing(HOME), closes=True) == []


def test_outages_link_down_and_up_again_is_a_fault_with_what_it_broke_off() -> None:
    applied, hit, removed = told(
        Standing(HOME), Standing(None, broke_off=3), Standing(None), Standing(HOME, by="control API")
    )
    sees = "whoever calls over this link is refused"
    assert applied == FaultApplied(fault="down", id="factory/down", target="factory", sees=sees)
    evidence = "connections to the factory that were open and broke off: 3"
    assert hit == FaultHit(fault="down", id="factory/down", evidence=evidence)
    assert removed == FaultRemoved(fault="down", id="factory/down", by="control API", hits=3)


def test_outages_link_down_that_broke_nothing_off_hit_nothing_that_is_known() -> None:
    applied, removed = told(Standing(HOME), Standing(None), closes=True)
    assert isinstance(applied, FaultApplied)
    assert removed == FaultRemoved(fault="down", id="factory/down", by="heal", hits=0)


def test_outages_link_down_goes_by_the_name_that_it_began_with() -> None:
    events = told(Standing(HOME), Standing(None, called="scenario:down"), Standing(HOME))
    ids = [event.id for event in events if isinstance(event, FaultApplied | FaultRemoved)]
    assert ids == ["factory/scenario:down"] * 2


def test_outages_link_moved_away_further_and_home_again_is_a_fault_for_each_place() -> None:
    events = told(Standing(HOME), Standing(AWAY, broke_off=1), Standing(FURTHER), Standing(AWAY), Standing(HOME))
    assert [type(event) for event in events] == [
        *(FaultApplied, FaultHit, FaultRemoved),
        *(FaultApplied, FaultRemoved) * 2,
    ]
    places = [event.parameters["upstream"] for event in events if isinstance(event, FaultApplied)]
    assert places == [AWAY.upstream, FURTHER.upstream, AWAY.upstream]
    assert {event.id for event in events if isinstance(event, FaultApplied)} == {"factory/moved"}


def test_outages_link_moved_and_disabled_meanwhile_is_moved_until_it_is_home() -> None:
    events = told(Standing(HOME), Standing(AWAY), Standing(None), Standing(AWAY), Standing(HOME))
    assert [(type(event), event.fault) for event in events if isinstance(event, FaultApplied | FaultRemoved)] == [
        (FaultApplied, "moved"),
        (FaultApplied, "down"),
        (FaultRemoved, "down"),
        (FaultRemoved, "moved"),
    ]
