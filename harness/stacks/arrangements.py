"""What a team has arranged, read from the files that its settings name: rules, notifications, on-call, metric names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harness.alerting import yaml_lines
from harness.alerting.alertmanager_file import NotifierSettings, load_alertmanager
from harness.alerting.loading import RuleFile, load_rule_file
from harness.alerting.notifier import Notification, Notifier
from harness.alerting.posting import Postman
from harness.alerting.webhooks import Origin, Payload, alertmanager_payload, grafana_payload
from harness.events import Event
from harness.oncall.rota import Rota, load_rota
from harness.settings import Settings
from harness.stacks.monitoring import Team
from harness.telemetry.roles import RoleMap


@dataclass(frozen=True, slots=True)
class Arrangements:
    """How a team judges what its service pushes, who is told of it, and who is paged."""

    rules: RuleFile
    """The alert rules."""
    notifications: NotifierSettings | None = None
    """Who hears of what; everybody hears of everything, as the defaults have it, without it."""
    rota: Rota | None = None
    """Who is paged, and what they do; the course's chain without it."""
    roles: RoleMap = field(default_factory=RoleMap)
    """What its metrics are about."""

    @classmethod
    def read(cls, settings: Settings, *, rules: Path) -> Arrangements:
        """Read every file that the settings name.

        Args:
            settings: `rules`, `notifications`, `on_call` and `roles` name files.
            rules: the rules where the settings name none.

        Raises:
            ScenarioError: one line that names the file, the line, the key and what to do.
        """
        return cls(
            load_rule_file(Path(settings.rules) if settings.rules else rules),
            load_alertmanager(Path(settings.notifications)) if settings.notifications else None,
            load_rota(Path(settings.on_call)) if settings.on_call else None,
            load_roles(Path(settings.roles)) if settings.roles else RoleMap(),
        )

    def team(
        self, on_call: str, *, instant: Callable[[float], datetime], tell: Callable[[Notification], object]
    ) -> Team:
        """Give what monitoring is to be told of the people.

        Args:
            on_call: who is paged first where nothing is arranged.
            instant: incident time of a steady instant, by which silences go.
            tell: takes each notification to whoever it is for.
        """
        notifier = self.notifications.notifier(instant) if self.notifications else Notifier()
        return Team(self.rota or Rota.course(on_call), notifier, tell, self.roles)

    def postman(
        self, *, instant: Callable[[float], datetime], record: Callable[[Event], object], waits: bool
    ) -> Postman:
        """Make whoever takes notifications to webhooks, written as the program that the rules are for writes them.

        Raises:
            SafetyError: when a webhook is not on this machine.
        """
        origin = Origin(instant=instant)
        program = grafana_payload if self.rules.author == "Grafana" else alertmanager_payload

        def write(notification: Notification) -> Payload:
            return program(notification, origin)

        receivers = self.notifications.receivers if self.notifications else {}
        return Postman(receivers, write=write, record=record, waits=waits)


def load_roles(path: Path) -> RoleMap:
    """Read what a team's metrics are about: `roles:`, and below it a role for each metric.

    Raises:
        ScenarioError: naming the file, and the metric or role that cannot be read.
    """
    top = yaml_lines.read(path, what="file of roles")
    top.only(("roles",))
    return RoleMap(top.texts("roles"))
