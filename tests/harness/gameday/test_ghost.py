from datetime import UTC, datetime, timedelta

from harness.events import PageAcknowledged, PageSent, RemedyPerformed
from harness.gameday.ghost import BACK, BALANCER, NIGHT, TAKES, WHOLE, Ghost

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def ghost() -> Ghost:
    made = Ghost()
    made.hear(PageSent(at=AT, page="p", responder="Ana", level=1, channel="pager", alerts=["Heartbeat"]))
    return made


def remedy(name: str, after: timedelta) -> RemedyPerformed:
    return RemedyPerformed(at=AT + after, remedy=name, by="Ana", did="did it")


def test_ghost_sleeps_until_somebody_is_paged_and_tells_nothing() -> None:
    assert "sleeps" in Ghost().words(AT)
    assert Ghost().laps() == ()


def test_ghost_goes_on_as_the_night_did_from_the_first_page_on() -> None:
    assert ghost().words(AT + timedelta(minutes=17)).startswith("The ghost is at 05:41: it takes the alerts for misc")
    assert "recreates the service" in ghost().words(AT + timedelta(hours=5, minutes=26))
    assert ghost().words(AT + timedelta(hours=8)).startswith("The ghost is done: at 13:24")


def test_ghost_never_tells_what_comes() -> None:
    early = ghost().words(AT + timedelta(hours=4))
    assert not any(deed.what in early for deed in NIGHT if deed.after > timedelta(hours=4))


def test_second_page_does_not_begin_the_night_anew() -> None:
    made = ghost()
    later = AT + timedelta(hours=1)
    made.hear(PageSent(at=later, page="q", responder="Ana", level=1, channel="pager", alerts=["x"]))
    assert made.began == AT


def test_team_that_is_sooner_is_ahead_and_one_that_is_not_there_yet_is_told_so() -> None:
    made = ghost()
    made.hear(PageAcknowledged(at=AT + timedelta(minutes=2), page="p", responder="Ana"))
    made.hear(remedy("recreate cluster", timedelta(minutes=5)))
    made.hear(remedy("recreate load balancer", timedelta(hours=8)))
    made.hear(remedy("recreate load balancer", timedelta(hours=9)))
    laps = {lap.deed: lap for lap in made.laps()}
    assert laps[TAKES].words == "the team after 2 min, 4 h 34 min ahead of the ghost"
    assert laps[BALANCER].words == "the team after 8 h, 24 min behind the ghost"
    assert laps[BACK].words == "the ghost after 7 h 46 min, the team not so far"
    assert laps[WHOLE].team is None


def test_night_is_in_order() -> None:
    assert [deed.at for deed in NIGHT] == sorted(deed.at for deed in NIGHT)
