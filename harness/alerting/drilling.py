"""Runs a fire drill for people: plays it, delivers what it says to real webhooks, and prints what happened when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.alerting.alertmanager_file import NotifierSettings, load_alertmanager
from harness.alerting.firedrill import Beat, FireDrill, Subject
from harness.alerting.loading import RuleFile, load_rule_file
from harness.alerting.notifier import Notification, Notifier
from harness.alerting.provocation import Plan
from harness.alerting.reading import Reading
from harness.alerting.rules import GrafanaVersion
from harness.alerting.sender import check_address, deliver
from harness.alerting.webhooks import Origin, Payload, alertmanager_payload, grafana_payload
from harness.durations import spoken
from harness.errors import ScenarioError
from harness.telemetry.receiver import Server

STARTS = 1_733_054_400.0
"""When a drill begins on its own clock: 2024-12-01 05:00 MST."""

ARRIVED, NOT_ARRIVED = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """What is to be drilled."""

    rule: str
    """The alert rule's name."""
    rules: Path
    """The file that it stands in."""
    receiver: str = ""
    """Where to deliver; to the webhooks that `notifications` names, or to a receiver of our own, when empty."""
    notifications: Path | None = None
    """An Alertmanager configuration; the defaults of Alertmanager and Grafana without one."""
    by_silence: bool = False
    """Whether the breach is that all series end."""
    grafana: GrafanaVersion = 12
    """Whose manners a rule with a no-data state has."""


class OwnReceiver:
    """A webhook receiver on loopback, which keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[Payload] = []
        """Every payload, in order."""
        self.server = Server(Starlette(routes=[Route("/hook", self._take, methods=["POST"])]))
        """Where it listens."""

    async def _take(self, request: Request) -> Response:
        self.got.append(await request.json())
        return Response(status_code=200)


def run_drill(plan: DrillPlan, say: Callable[[str], object]) -> int:
    """Drill a rule, and print its timeline; gives the exit code.

    Args:
        plan: what is to be drilled.
        say: prints a line.

    Returns: 0 when a webhook took what it was sent, 1 when the rule did not go off or nobody took it.

    Raises:
        ScenarioError: when a file, the rule's name or the receiver cannot be used.
        SafetyError: when the receiver is not on this machine.
    """
    if plan.receiver:
        check_address(plan.receiver)
    aside: list[str] = []
    file = load_rule_file(plan.rules, Reading(leave_out=aside.append))
    subject = _subject(plan.rule, file, aside=aside)
    settings = load_alertmanager(plan.notifications) if plan.notifications else None
    say(f"{subject.rule.name}, of group {subject.group.name!r}, every {spoken(subject.group.interval)}")
    say(f"  {' '.join(subject.rule.condition.text.split())}")
    provoked = subject.provoked(by_silence=plan.by_silence, now=STARTS)
    if isinstance(provoked, str):
        say(f"it cannot be made to go off: {provoked}")
        return NOT_ARRIVED
    calm = _written(provoked.calm) if provoked.calm else "nothing keeps it quiet, so the drill begins with the breach"
    say(f"  calm: {calm}")
    say(f"  breach: {_written(provoked.breach)}")
    drill = FireDrill(
        subject,
        provoked,
        notifier=settings.notifier() if settings else Notifier(),
        starts=STARTS,
        grafana=plan.grafana,
    )
    arrived = asyncio.run(_play(drill, _Courier(plan, file, settings), say))
    missing = drill.missing()
    if missing:
        say(f"not delivered: {missing}")
    return ARRIVED if arrived and not missing else NOT_ARRIVED


def _subject(rule: str, file: RuleFile, *, aside: Sequence[str]) -> Subject:
    try:
        return Subject.find(rule, file.groups)
    except ScenarioError as error:
        why = next((each for each in aside if f"rule {rule!r}" in each), "")
        if why:
            message = f"{rule} is in the file and not evaluated: {why}. Let it run there, or drill another one."
            raise ScenarioError(message) from error
        raise


class _Courier:
    """Knows where a notification goes, and how it is written."""

    def __init__(self, plan: DrillPlan, file: RuleFile, settings: NotifierSettings | None) -> None:
        self._plan = plan
        self._settings = settings
        self._program = grafana_payload if file.author == "Grafana" else alertmanager_payload
        self._origin = Origin(instant=lambda at: datetime.fromtimestamp(at, UTC))
        self.own = OwnReceiver()
        """Hears of whatever has no webhook."""

    def payload(self, notification: Notification) -> Payload:
        """Write a notification."""
        return self._program(notification, self._origin)

    def urls(self, notification: Notification) -> Sequence[str]:
        """Give where it goes; nowhere means our own receiver."""
        if self._plan.receiver:
            return (self._plan.receiver,)
        known = self._settings.receivers if self._settings else {}
        return known[notification.receiver].urls if notification.receiver in known else ()


async def _play(drill: FireDrill, courier: _Courier, say: Callable[[str], object]) -> bool:
    """Play a drill; true when everything that was sent was taken, and something was."""
    taken: list[bool] = []
    async with AsyncExitStack() as cleanup:
        for beat in drill.beats():
            say(_line(beat))
            if beat.notification is not None:
                urls = courier.urls(beat.notification)
                if not urls:
                    await cleanup.enter_async_context(courier.own.server)
                    urls = (f"{courier.own.server.url}/hook",)
                taken += [await _delivered(beat, courier, url=url, say=say) for url in urls]
    return bool(taken) and all(taken)


async def _delivered(beat: Beat, courier: _Courier, *, url: str, say: Callable[[str], object]) -> bool:
    assert beat.notification is not None
    payload = courier.payload(beat.notification)
    delivery = await deliver(payload, url=url)
    is_ours = url == f"{courier.own.server.url}/hook"
    has_arrived = delivery.has_arrived and (not is_ours or _as_json(payload) in courier.own.got)
    say(_line(Beat(beat.after, f"{'delivered' if has_arrived else 'not delivered'}: {delivery}")))
    return has_arrived


def _as_json(payload: Payload) -> Mapping[str, Any]:
    """Give a payload as a receiver reads it."""
    return dict(payload)


def _written(plan: Plan) -> str:
    return "; ".join(f"{target.name} {shape}" for target, shape in plan.items())


def _line(beat: Beat) -> str:
    when = f"+{spoken(beat.after)}" if beat.after else "+0 s"
    return f"  {when:>14}  {beat.said}"
