"""Reads Alertmanager's configuration: routes, receivers and inhibition, as far as they say who hears of what, and when.

What a receiver's integrations need in order to send (addresses, keys, templates) is not looked at, except the URLs of
webhooks. One key is not Alertmanager's: `silences`, which there are made by hand while it runs.

Source: Alertmanager, docs/configuration.md and config/config.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from harness.alerting import yaml_lines
from harness.alerting.inhibition import Inhibition
from harness.alerting.notifier import Notifier, Policy, Receiver
from harness.alerting.promql import ParseError
from harness.alerting.promql.matchers import Matcher
from harness.alerting.routing import BY_EVERYTHING, Route, matcher, read_matchers
from harness.alerting.silences import Silence, Silences
from harness.alerting.time_interval_file import Intervals, intervals_named, read_time_intervals
from harness.alerting.yaml_lines import Block
from harness.errors import ScenarioError, unknown_name
from harness.moments import moment

_FILE_KEYS = (
    "global", "templates", "route", "receivers", "inhibit_rules", "mute_time_intervals", "time_intervals", "tracing",
    "silences",
)  # fmt: skip
_CALENDAR_KEYS = ("mute_time_intervals", "active_time_intervals")
_ROUTE_KEYS = (
    "receiver", "group_by", "group_wait", "group_interval", "repeat_interval", "match", "match_re", "matchers",
    "continue", "routes", *_CALENDAR_KEYS,
)  # fmt: skip
_INHIBITION_KEYS = (
    "name", "source_match", "source_match_re", "source_matchers", "target_match", "target_match_re", "target_matchers",
    "equal",
)  # fmt: skip
_SILENCE_KEYS = ("matchers", "from", "for", "by", "comment")
_HEARS_OF_THE_END = {
    "discord_configs": True, "email_configs": False, "incidentio_configs": True, "jira_configs": True,
    "mattermost_configs": True, "msteams_configs": True, "msteamsv2_configs": True, "opsgenie_configs": True,
    "pagerduty_configs": True, "pushover_configs": True, "rocketchat_configs": False, "slack_configs": False,
    "sns_configs": True, "telegram_configs": True, "victorops_configs": True, "webex_configs": True,
    "webhook_configs": True, "wechat_configs": False,
}  # fmt: skip
"""Every kind of integration, and whether it tells of the end where it does not say."""

_DEFAULT = Policy(receiver="", group_by=())


@dataclass(frozen=True, slots=True)
class NotifierSettings:
    """What a configuration says of who hears of what."""

    route: Route
    """The routing tree."""
    receivers: dict[str, Receiver]
    """Every receiver, by name."""
    inhibitions: tuple[Inhibition, ...]
    """The inhibition rules."""
    silences: tuple[Silence, ...] = ()
    """What nobody is to hear of for a while; in epoch seconds of incident time."""

    def notifier(self, instant: Callable[[float], datetime] | None = None) -> Notifier:
        """Make a notifier that does as it says.

        Args:
            instant: incident time of a steady instant; the same, where nothing is said.
        """
        silences = Silences(clock=lambda at: instant(at).timestamp() if instant else at)
        for silence in self.silences:
            silences.add(silence)
        return Notifier(self.route, receivers=self.receivers, inhibitions=self.inhibitions, silences=silences)


def load_alertmanager(path: Path) -> NotifierSettings:
    """Read an Alertmanager configuration.

    Raises:
        ScenarioError: one line that names the file, the line, the key and what to do.
    """
    top = yaml_lines.read(path, what="Alertmanager configuration")
    top.only(_FILE_KEYS)
    intervals: Intervals = {}
    for key in ("time_intervals", "mute_time_intervals"):  # of which the second is the older name
        intervals = read_time_intervals(top.blocks(key, each="time interval"), also=intervals)
    receivers = {receiver.name: receiver for receiver in _receivers(top)}
    root = top.block("route")
    root.what = "the root route"
    root.text("receiver")
    for key in ("match", "match_re", "matchers", "continue", *_CALENDAR_KEYS):
        if key in root:
            raise root.error(key, "the root route takes every alert, always. Remove it, or move it to a child route.")
    return NotifierSettings(
        _route(root, _DEFAULT, known=_Known(receivers, intervals)),
        receivers,
        tuple(_inhibition(block) for block in top.blocks("inhibit_rules", each="inhibit rule")),
        tuple(_silence(block) for block in top.blocks("silences", each="silence")),
    )


def _receivers(top: Block) -> Iterator[Receiver]:
    seen: dict[str, int] = {}
    for block in top.blocks("receivers", each="receiver"):
        name = block.text("name")
        block.what = f"receiver {name!r}"
        block.only(("name", *_HEARS_OF_THE_END))
        if name in seen:
            raise block.error("name", f"{name!r} is already in line {seen[name]}. Give it another name.")
        seen[name] = block.at("name").line
        yield _receiver(block, name)


def _receiver(block: Block, name: str) -> Receiver:
    integrations = [
        (kind, each) for kind in _HEARS_OF_THE_END for each in block.blocks(kind, each=f"{block.what}, {kind}")
    ]
    return Receiver(
        name,
        urls=tuple(each.text("url") for kind, each in integrations if kind == "webhook_configs" and "url" in each),
        reaches_somebody=bool(integrations),
        hears_of_the_end=any(
            each.flag("send_resolved", default=_HEARS_OF_THE_END[kind]) for kind, each in integrations
        ),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What routes may name."""

    receivers: dict[str, Receiver]
    intervals: Intervals


def _route(block: Block, inherited: Policy, *, known: _Known) -> Route:
    block.only(_ROUTE_KEYS)
    policy = _policy(block, inherited)
    if policy.receiver not in known.receivers:
        raise block.error("receiver", unknown_name("receiver", policy.receiver, known=known.receivers))
    children = block.blocks("routes", each=f"{block.what}, route")
    return Route(
        policy,
        _matchers(block, ""),
        goes_on=block.flag("continue", default=False),
        routes=tuple(_route(child, policy, known=known) for child in children),
        muted_in=intervals_named(block, "mute_time_intervals", known=known.intervals),
        active_in=intervals_named(block, "active_time_intervals", known=known.intervals),
    )


def _policy(block: Block, inherited: Policy) -> Policy:
    labels = tuple(block.words("group_by")) or inherited.group_by  # an empty list inherits too, as in Alertmanager
    if BY_EVERYTHING in labels and len(labels) > 1:
        raise block.error("group_by", f"{BY_EVERYTHING!r} is every label already. Write it alone.")
    return replace(
        inherited,
        receiver=block.text("receiver", inherited.receiver),
        group_by=labels,
        group_wait=block.length("group_wait", inherited.group_wait),
        group_interval=_more_than_nothing(block, "group_interval", inherited.group_interval),
        repeat_interval=_more_than_nothing(block, "repeat_interval", inherited.repeat_interval),
    )


def _more_than_nothing(block: Block, key: str, inherited: timedelta) -> timedelta:
    length = block.length(key, inherited)
    if not length:
        raise block.error(key, "cannot be zero. Write a length such as 5m.")
    return length


def _inhibition(block: Block) -> Inhibition:
    block.only(_INHIBITION_KEYS)
    return Inhibition(_matchers(block, "source_"), _matchers(block, "target_"), tuple(block.words("equal")))


def _silence(block: Block) -> Silence:
    block.only(_SILENCE_KEYS)
    matchers = _matchers(block, "")
    try:
        starts = moment(block.text("from")).timestamp()
    except ScenarioError as error:
        raise block.error("from", str(error)) from error
    block.text("for")
    length = _more_than_nothing(block, "for", timedelta())
    try:
        return Silence(
            matchers,
            starts,
            starts + length.total_seconds(),
            by=block.text("by", ""),
            comment=block.text("comment", ""),
        )
    except ScenarioError as error:
        raise block.error("matchers", str(error)) from error


def _matchers(block: Block, side: str) -> tuple[Matcher, ...]:
    """Read `match`, `match_re` and `matchers`, of one side of an inhibit rule or of a route."""
    key = ""
    found: list[Matcher] = []
    try:
        for key, sign in ((f"{side}match", "="), (f"{side}match_re", "=~")):
            found += [matcher(name, sign, value) for name, value in block.texts(key).items()]
        key = f"{side}matchers"
        found += [each for text in block.words(key) for each in read_matchers(text)]
    except ParseError as error:
        raise block.error(key, str(error)) from error
    return tuple(found)
