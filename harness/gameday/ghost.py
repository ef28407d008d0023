"""The ghost: the responder of 2024-12-01, who does again what was done that night, beside the team.

Pure: events go in. Its night begins with the first page, as that of the report began with the first alert, so it tells
responders nothing that they have not been paged about; of what it does it tells what lies behind it, never what comes.
It plays beside every story, so that its being there tells nothing either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from harness.durations import spoken
from harness.events import Event, PageAcknowledged, PageSent, RemedyPerformed

BEGAN = datetime(2024, 12, 1, 5, 24)  # noqa: DTZ001 - a time of that night, on the report's own clock
"""When every alert went off."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done that night."""

    at: datetime
    what: str
    """In a sentence."""
    also: str = ""
    """What the team may do as well, sooner or later; "" for what it is not compared with."""
    does: tuple[str, ...] = ()
    """The remedies that it is, where it is any."""
    looks_at_a_purchase: bool = False
    """Whether a pizza is bought by hand."""

    @property
    def after(self) -> timedelta:
        """How long after the first alert."""
        return self.at - BEGAN


def _deed(time: str, what: str, also: str = "", *, does: tuple[str, ...] = (), buys: bool = False) -> Deed:
    hour, minute = map(int, time.split(":"))
    return Deed(BEGAN.replace(hour=hour, minute=minute), what, also, does, buys)


TASK, SERVICE, CLUSTER = "recreate task definition", "recreate service", "recreate cluster"
TAKES, BALANCER, BACK, WHOLE = "took a page", "recreated the load balancer", "updated DNS", "followed the reportUrl"

NIGHT = (
    _deed("05:24", "takes the alerts for misconfigured, and leaves them for the morning"),
    _deed("10:00", "opens the dashboard by hand, and sees that nothing works", TAKES),
    _deed("10:20", "has found since when, and reads through the stack's events"),
    _deed("10:40", "recreates the task definition", does=(TASK,)),
    _deed("10:50", "recreates the service, as that did not help", does=(SERVICE,)),
    _deed("11:00", "recreates the cluster, as that did not help", does=(CLUSTER,)),
    _deed("11:20", "sees that the cluster did not help"),
    _deed("11:48", "deploys again, by a push", does=("push",)),
    _deed("11:50", "asks other developers, who do not know either"),
    _deed("12:06", "documents the new endpoint, in case it is that", does=("push",)),
    _deed("12:16", "removes the new endpoint", does=("push",)),
    _deed("12:30", "does all of it once more", does=(TASK, SERVICE, CLUSTER)),
    _deed("12:50", "sees that the name of the site leads to a load balancer that is not there"),
    _deed("13:00", "creates the load balancer again", BALANCER, does=("recreate load balancer",)),
    _deed("13:10", "points DNS at it; the site is back, and orders fail", BACK, does=("update DNS",)),
    _deed("13:20", "looks for somebody to call at the factory"),
    _deed("13:22", "buys a pizza with the developer tools open, and finds a reportUrl", buys=True),
    _deed("13:24", "follows the reportUrl, and all is well", WHOLE),
)
"""The report's own timeline."""

_REACHED_BY = {"recreate load balancer": BALANCER, "update DNS": BACK, "follow reportUrl": WHOLE}
"""The remedies among them."""


@dataclass(frozen=True, slots=True)
class Lap:
    """Something that was done, and how long the ghost and the team took to it."""

    deed: str
    ghost: timedelta
    team: timedelta | None
    """None as long as the team is not there."""

    @property
    def words(self) -> str:
        """Say who is ahead."""
        if self.team is None:
            return f"the ghost after {spoken(self.ghost)}, the team not so far"
        ahead = "ahead of" if self.team <= self.ghost else "behind"
        lead = spoken(abs(self.ghost - self.team))
        return f"the team after {spoken(self.team)}, {lead} {ahead} the ghost"


@dataclass(slots=True)
class Ghost:
    """Follows a game day's events, and plays beside it."""

    began: datetime | None = None
    """When the first page was sent."""
    reached: dict[str, datetime] = field(default_factory=dict)
    """When the team first did each."""

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case PageSent() if self.began is None:
                self.began = event.at
            case PageAcknowledged():
                self.reached.setdefault(TAKES, event.at)
            case RemedyPerformed(remedy=remedy) if remedy in _REACHED_BY:
                self.reached.setdefault(_REACHED_BY[remedy], event.at)

    def words(self, now: datetime) -> str:
        """Say where the ghost is, and what it did last."""
        if self.began is None:
            return "The ghost of 2024-12-01 sleeps: nobody was paged so far."
        lived = now - self.began
        last = [deed for deed in NIGHT if deed.after <= lived][-1]
        if last is NIGHT[-1]:
            return f"The ghost is done: at {last.at:%H:%M} it {last.what}."
        return f"The ghost is at {BEGAN + lived:%H:%M}: it {last.what}."

    def laps(self) -> tuple[Lap, ...]:
        """Compare the team with the ghost, deed by deed; nothing before the first page."""
        began = self.began
        if began is None:
            return ()
        team = {deed: max(timedelta(), at - began) for deed, at in tuple(self.reached.items())}
        return tuple(Lap(deed.also, deed.after, team.get(deed.also)) for deed in NIGHT if deed.also)
