from __future__ import annotations

from datetime import timedelta

import pytest

from harness.events import Event, FaultApplied, FaultHit, FaultRemoved
from harness.faults.toxics import Bandwidth, Latency, Noop, SlowClose, Timeout, Toxic
from harness.links.commands import CloseConnection, WakeAt, Write
from harness.links.link import MOST_HITS_KEPT, Connection, Direction, Hit, Link, LinkToxic

SECOND = timedelta(seconds=1)
DOWN, UP = Direction.DOWNSTREAM, Direction.UPSTREAM


def begun(link: Link, *, now: float = 0.0) -> Connection:
    connection = link.open("127.0.0.1:5000")
    link.begin(connection, now=now)
    return connection


def change(link: Link, name: str, toxic: Toxic, *, toxicity: float = 1.0, now: float = 0.0) -> list[object]:
    return [commands for _, _, commands in link.change(LinkToxic(name, toxic, toxicity=toxicity), now=now)]


def test_link_toxic_touches_only_its_direction() -> None:
    link = Link("factory")
    link.add(LinkToxic("slow", Latency(SECOND)), now=0.0)
    streams = begun(link).streams
    assert streams[UP].is_untouched
    assert streams[DOWN].toxics == ("slow",)


def test_link_toxic_added_reaches_open_connections() -> None:
    link = Link("factory")
    connection = begun(link)
    ((who, direction, _),) = link.add(LinkToxic("slow", Latency(SECOND), UP), now=1.0)
    assert (who, direction) == (connection, UP)
    assert connection.streams[UP].toxics == ("slow",)


def test_link_toxic_added_before_a_connection_begins_meets_it_once() -> None:
    link = Link("factory")
    connection = link.open("a client")
    assert link.add(LinkToxic("slow", Latency(SECOND)), now=0.0) == []
    link.begin(connection, now=1.0)
    assert connection.streams[DOWN].toxics == ("slow",)


def test_link_closed_connection_is_left_alone() -> None:
    link = Link("factory")
    link.close(begun(link))
    assert link.add(LinkToxic("slow", Latency(SECOND)), now=0.0) == []
    assert link.connections == ()
    assert link.opened == 1


def test_link_lists_upstream_toxics_first() -> None:
    link = Link("factory")
    for name, direction in (("a", DOWN), ("b", UP), ("c", DOWN)):
        link.add(LinkToxic(name, Noop(), direction), now=0.0)
    assert [settings.name for settings in link.toxics] == ["b", "a", "c"]


@pytest.mark.parametrize(("toxicity", "met"), [(0.0, 0), (1.0, 1000), (0.3, 300)])
def test_link_toxicity_decides_how_many_connections_meet_a_toxic(toxicity: float, met: int) -> None:
    link = Link("factory")
    link.add(LinkToxic("slow", Noop(), toxicity=toxicity), now=0.0)
    count = sum(bool(begun(link).streams[DOWN].toxics) for _ in range(1000))
    assert count == pytest.approx(met, abs=45)


def test_link_with_the_same_seed_picks_the_same_connections() -> None:
    def picked(seed: int) -> list[int]:
        link = Link("factory", seed=seed)
        link.add(LinkToxic("slow", Noop(), toxicity=0.5), now=0.0)
        return [number for number in range(50) if begun(link).streams[DOWN].toxics]

    assert picked(1) == picked(1) != picked(2)


def test_link_toxicity_is_rolled_once_for_a_connection() -> None:
    link = Link("factory")
    link.add(LinkToxic("slow", Noop(), toxicity=0.5), now=0.0)
    connections = [begun(link) for _ in range(40)]
    before = [connection.streams[DOWN].toxics for connection in connections]
    change(link, "slow", Latency(SECOND), toxicity=0.5)
    link.add(LinkToxic("neighbour", Noop(), UP), now=0.0)
    assert [connection.streams[DOWN].toxics for connection in connections] == before


def test_link_toxicity_changed_reaches_open_connections() -> None:
    link = Link("factory")
    for name in "abc":
        link.add(LinkToxic(name, Noop()), now=0.0)
    connection = begun(link)
    change(link, "b", Noop(), toxicity=0.0)
    assert connection.streams[DOWN].toxics == ("a", "c")
    change(link, "b", Noop(), toxicity=1.0)
    assert connection.streams[DOWN].toxics == ("a", "b", "c")


def test_link_toxic_changed_looks_again_at_what_it_holds() -> None:
    link = Link("factory")
    link.add(LinkToxic("slow", Latency(10 * SECOND)), now=0.0)
    begun(link).streams[DOWN].receive(b"a", now=1.0)
    assert change(link, "slow", Latency(2 * SECOND), now=2.0) == [[WakeAt(3.0)]]
    assert change(link, "slow", Latency(SECOND), now=2.5) == [[Write(b"a")]]


def test_link_toxic_removed_lets_go_everywhere() -> None:
    link = Link("factory")
    link.add(LinkToxic("slow", Latency(SECOND)), now=0.0)
    for connection in (begun(link), begun(link)):
        connection.streams[DOWN].receive(b"a", now=1.0)
    assert [commands for _, _, commands in link.remove("slow", now=1.1)] == [[Write(b"a")]] * 2
    assert link.toxics == ()


def test_link_timeout_removed_closes_what_it_was_on() -> None:
    link = Link("factory")
    link.add(LinkToxic("mute", Timeout()), now=0.0)
    begun(link)
    assert [commands for _, _, commands in link.remove("mute", now=1.0)] == [[CloseConnection()]]


def test_link_shared_bandwidth_is_shared_by_connections() -> None:
    link = Link("factory")
    link.add(LinkToxic("narrow", Bandwidth(1, shared=True)), now=0.0)
    streams = [begun(link).streams[DOWN] for _ in range(4)]
    carried = 0
    for stream in streams:
        stream.receive(bytes(1000), now=0.0)
    for step in range(1, 101):
        for stream in streams:
            carried += sum(len(made.data) for made in stream.wake(step / 100) if isinstance(made, Write))
    assert carried == pytest.approx(1000, abs=20)


def test_link_bandwidth_becomes_shared_when_changed() -> None:
    link = Link("factory")
    link.add(LinkToxic("narrow", Bandwidth(0)), now=0.0)
    streams = [begun(link).streams[DOWN] for _ in range(2)]
    for stream in streams:
        stream.receive(bytes(1000), now=0.0)
    change(link, "narrow", Bandwidth(1, shared=True), now=1.0)
    carried = sum(len(made.data) for stream in streams for made in stream.wake(1.011) if isinstance(made, Write))
    assert carried == 10


def test_link_toxic_with_a_time_to_live_heals_itself() -> None:
    events: list[Event] = []
    link = Link("factory", record=events.append)
    link.add(LinkToxic("brief", Noop(), ttl=5 * SECOND), now=10.0)
    link.add(LinkToxic("briefer", Noop(), ttl=SECOND), now=10.0)
    link.add(LinkToxic("lasting", Noop()), now=10.0)
    assert link.heals_at == 11.0
    link.heal_due(10.9)
    assert len(link.toxics) == 3
    link.heal_due(11.0)
    link.heal_due(20.0)
    assert [settings.name for settings in link.toxics] == ["lasting"]
    assert link.heals_at is None
    assert [event.by for event in events if isinstance(event, FaultRemoved)] == ["time to live"] * 2


def test_link_records_applied_first_hit_and_removed_with_the_count() -> None:
    events: list[Event] = []
    link = Link("factory", record=events.append)
    link.add(LinkToxic("late", SlowClose(SECOND), toxicity=1.0), now=0.0)
    for connection in [begun(link) for _ in range(3)]:
        connection.streams[DOWN].finish(1.0)
    assert link.hits == {"late": 3}
    link.remove("late", now=2.0, by="control API")
    applied, hit, removed = events
    assert applied == FaultApplied(
        fault="slow_close",
        id="factory/late",
        target="factory",
        sees="connections close 1 s late",
        parameters={"stream": "downstream", "toxicity": 1.0, "delay": 1000},
    )
    assert hit == FaultHit(
        fault="slow_close", id="factory/late", evidence="connection 1 of factory, from 127.0.0.1:5000"
    )
    which = tuple(f"connection {number} of factory, from 127.0.0.1:5000" for number in (1, 2, 3))
    assert removed == FaultRemoved(fault="slow_close", id="factory/late", by="control API", hits=3, which=which)


def test_link_toxic_changed_is_told_as_the_old_one_gone_and_another_there() -> None:
    events: list[Event] = []
    link = Link("factory", record=events.append)
    link.add(LinkToxic("slow", Latency(SECOND)), now=0.0)
    stream = begun(link).streams[DOWN]
    stream.receive(b"a", now=1.0)
    link.change(LinkToxic("slow", Latency(2 * SECOND)), now=5.0, by="control API")
    stream.receive(b"b", now=5.0)
    link.change(LinkToxic("slow", Latency(2 * SECOND)), now=6.0)  # which changes nothing
    link.remove("slow", now=9.0)
    assert [type(event) for event in events] == [FaultApplied, FaultHit, FaultRemoved] * 2
    delays = [event.parameters["latency"] for event in events if isinstance(event, FaultApplied)]
    assert delays == [1000, 2000]
    ends = [(event.by, event.hits) for event in events if isinstance(event, FaultRemoved)]
    assert ends == [("control API", 1), ("heal", 1)]


def test_link_toxic_changed_with_a_time_to_live_begins_it_anew_and_without_keeps_it() -> None:
    link = Link("factory")
    link.add(LinkToxic("slow", Latency(SECOND)), now=0.0)
    link.change(LinkToxic("slow", Latency(SECOND), ttl=5 * SECOND), now=10.0)
    assert link.heals_at == 15.0
    link.change(LinkToxic("slow", Latency(2 * SECOND)), now=12.0)
    assert (link.heals_at, link.toxics[0].ttl) == (15.0, 5 * SECOND)
    link.change(LinkToxic("slow", Latency(2 * SECOND), ttl=5 * SECOND), now=14.0)
    assert link.heals_at == 19.0


def test_link_noop_hits_nothing() -> None:
    link = Link("factory")
    link.add(LinkToxic("nothing", Noop()), now=0.0)
    stream = begun(link).streams[DOWN]
    stream.receive(b"a", now=1.0)
    stream.finish(1.0)
    assert link.hits == {"nothing": 0}


def test_link_keeps_the_first_hits_and_counts_the_rest() -> None:
    events: list[Event] = []
    link = Link("factory", record=events.append)
    link.add(LinkToxic("late", SlowClose(SECOND)), now=0.0)
    for connection in [begun(link) for _ in range(MOST_HITS_KEPT + 35)]:
        connection.streams[DOWN].finish(1.0)
    assert link.hits == {"late": MOST_HITS_KEPT + 35}
    kept = link.first_hits("late")
    assert [hit.connection for hit in kept] == list(range(1, MOST_HITS_KEPT + 1))
    assert kept[0] == Hit(1, "127.0.0.1:5000", "", 1.0)
    link.remove("late", now=2.0)
    removed = events[-1]
    assert isinstance(removed, FaultRemoved)
    assert (removed.hits, len(removed.which)) == (MOST_HITS_KEPT + 35, MOST_HITS_KEPT)
    assert removed.which[1] == "connection 2 of factory, from 127.0.0.1:5000"
