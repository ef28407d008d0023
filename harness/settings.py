"""What a team decides once: `[tool.pizza-chaos]` in pyproject.toml, overridden by the command line."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from harness.clock import MAX_SPEED
from harness.errors import ScenarioError, unknown_name

OWN_DATABASE = "mariadb"
"""A server that the run starts, and that ends with it."""

CONTAINED_DATABASE = "container"
"""The same in a container, where the service is in containers, too."""

REAL_SPEED = 1.0
"""With a service of one's own, whose timers nobody can squeeze."""

CONTAINERS_SPEED = 10.0
"""With containers, whose start takes a second or two of the wall's: half a minute of the orchestrator's patience."""

MASTER_PORT = 5557
"""Where load workers on other machines join when no port is named; Locust's own."""

MOST_WORKERS = 64
"""Processes that a load may have: more than any machine of today can feed."""

REAL_ALERTING = "prometheus"
ALERTING = ("embedded", REAL_ALERTING)
"""Who can judge alert rules, the default first."""

STACKS = ("processes", "simulated", "simulated-wire", "containers", "attached")
"""The stacks there are, the default first."""

ADDRESSES = ("site", "factory", "control", "prometheus")
"""Settings that say where the parts of an attached system are."""

NOWHERE = "none"
"""What such a setting says of a part that nobody can reach."""

_FILES = {
    "rules": "a Prometheus rule file or a Grafana export",
    "notifications": "an Alertmanager configuration",
    "on_call": "an on-call file",
    "roles": "a file of roles",
}
"""Settings that name a file, and what is in it."""


_HERE = "Leave load-master out: load-workers shares the diners out among processes of this machine"
_ALONE = "its diners live in one process, in its own time. Leave load-master out"
_OUT_OF_REACH = {
    "simulated": _ALONE,
    "simulated-wire": _ALONE,
    "containers": f"its load balancers are in the engine's network, which ends at this machine. {_HERE}",
    "attached": f"its site is at an address of this machine alone. {_HERE}",
}
"""Why diners elsewhere cannot reach a stack, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting there is; the command-line option is `--chaos-` and its name."""

    stack: str = "processes"
    """How the system under test runs."""
    speed: float = MAX_SPEED
    """Incident seconds in a wall second; only what the harness owns can go faster than 1."""
    service: str = ""
    """A checkout of jwt-pizza-service to test; the bundled twin when empty."""
    database: str = ""
    """`mariadb` of this machine, a `container`, or `mysql://USER@HOST`, which runs; SQLite of the twin when empty."""
    load_workers: int = 1
    """How many processes the diners are shared out among, 1 to 64; with load-master, how many must join."""
    load_master: str = ""
    """HOST or HOST:PORT of this machine where load workers on others join, in place of processes here; or nowhere."""
    seed: int = 20241201
    """Of everything that is random: diners, think times, names."""
    runs: str = "runs"
    """Directory that keeps a folder for each run."""
    rules: str = ""
    """Alert rules as Prometheus or Grafana has them; the bundled ones when empty."""
    alerting: str = "embedded"
    """Who judges the rules: the embedded engine, or a real `prometheus` with its Alertmanager."""
    notifications: str = ""
    """Who hears of which alerts, as an Alertmanager configuration; one receiver hears of all when empty."""
    on_call: str = ""
    """Who is paged, and what they do, in YAML; the course's chain when empty."""
    roles: str = ""
    """What the service's metrics are about, in YAML; guessed from their names when empty."""
    scrape: str = ""
    """Address of metrics to scrape besides what is pushed, such as http://127.0.0.1:9100/metrics."""
    fix: str = ""
    """Flaws of the bundled service to turn off, separated by commas, or `all`."""
    https: bool = False
    """Whether the load balancer serves the site over HTTPS, with a certificate of the run's own authority."""
    site_port: int = 0
    """Port at which the load balancer listens; 0 lets the system choose."""
    site: str = ""
    """Where the site of an attached system is; where the compose file has it when empty."""
    factory: str = ""
    """Where its factory is; likewise, or `none`."""
    control: str = ""
    """Where the control API of its links is, ours or Toxiproxy's; likewise, or `none`."""
    prometheus: str = ""
    """Where the Prometheus is that judges its alerts; the harness judges what diners experience when empty."""

    @classmethod
    def read(cls, directory: Path) -> Settings:
        """Read `[tool.pizza-chaos]` of the pyproject.toml in `directory`, if it is there.

        Raises:
            ScenarioError: when the file, a name or a value is wrong.
        """
        path = directory / "pyproject.toml"
        if not path.is_file():
            return cls()
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("pizza-chaos", {})
        except (OSError, ValueError) as error:  # of which a TOMLDecodeError is one, and a UnicodeDecodeError another
            message = f"{path} is not valid TOML: {error}."
            raise ScenarioError(message) from error
        if not isinstance(table, dict):
            message = f"{path}: tool.pizza-chaos is {table!r}, not a table. Write settings below [tool.pizza-chaos]."
            raise ScenarioError(message)
        return cls().overridden({name.replace("-", "_"): value for name, value in table.items()}, where=str(path))

    def overridden(self, values: Mapping[str, Any], *, where: str) -> Settings:
        """Give these settings with `values` in place of theirs; None leaves a setting as it is.

        Raises:
            ScenarioError: naming `where`, the setting, the value and what is allowed.
        """
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        chosen: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise ScenarioError(f"{where}: {unknown_name('setting', name, known=known)}")
            if value is not None:
                chosen[name] = _as(known[name], value, where=f"{where}: {name.replace('_', '-')}")
        if chosen.get("service") or chosen.get("alerting") == REAL_ALERTING or chosen.get("stack") == "attached":
            chosen.setdefault("speed", REAL_SPEED)
        elif chosen.get("stack") == "containers":
            chosen.setdefault("speed", CONTAINERS_SPEED)
        changed = replace(self, **chosen)
        changed.check(where)
        return changed

    def check(self, where: str) -> None:
        """Raise a ScenarioError that names `where` if a setting has a value that cannot be used."""
        if self.stack not in STACKS:
            raise ScenarioError(f"{where}: {unknown_name('stack', self.stack, known=STACKS)}")
        if not 1 <= self.speed <= MAX_SPEED:
            message = f"{where}: speed {self.speed:g} is out of range: 1 to {MAX_SPEED:g}."
            raise ScenarioError(message)
        self._check_load(where)
        self._check_service(where)
        self._check_alerting(where)
        self._check_attached(where)
        if self.https and self.stack not in {"processes", "containers"}:
            message = f"{where}: https needs real sockets: stack processes or containers, not {self.stack}."
            raise ScenarioError(message)
        if not 0 <= self.site_port <= 65535:
            message = f"{where}: site-port {self.site_port} is not a port: 1 to 65535, or 0 for any free one."
            raise ScenarioError(message)
        for name, kind in _FILES.items():
            path = getattr(self, name)
            if path and not Path(path).is_file():
                setting = name.replace("_", "-")
                message = f"{where}: {setting} {path!r} is not a file. Give {kind}, or leave it out."
                raise ScenarioError(message)
        if self.scrape and self.stack not in {"processes", "attached"}:
            message = f"{where}: scrape {self.scrape!r} needs real sockets: stack processes, not {self.stack}."
            raise ScenarioError(message)

    def _check_load(self, where: str) -> None:
        if not 1 <= self.load_workers <= MOST_WORKERS:
            message = f"{where}: load-workers {self.load_workers} is out of range: 1 to {MOST_WORKERS}."
            raise ScenarioError(message)
        if self.load_workers > 1 and self.stack.startswith("simulated"):
            message = f"{where}: load-workers {self.load_workers} needs real processes, not stack {self.stack}."
            raise ScenarioError(message)

        if self.load_master:
            self._check_load_master(where)

    def _check_load_master(self, where: str) -> None:
        if self.stack != "processes":
            message = (
                f"{where}: load-master {self.load_master!r} lets diners come from other machines, who cannot reach "
                f"stack {self.stack}: {_OUT_OF_REACH[self.stack]}. Or use stack processes, which listens there."
            )
            raise ScenarioError(message)
        host = self.load_master.partition(":")[0]
        try:
            can_be_found = not ipaddress.IPv4Address(host).is_unspecified and 1 <= self.load_port <= 65535
        except ValueError:
            can_be_found = False
        if not can_be_found:
            message = (
                f"{where}: load-master {self.load_master!r} is not where diners could find this machine. Give an IPv4 "
                "address of it that other machines reach, such as 10.0.0.5 or 10.0.0.5:5557."
            )
            raise ScenarioError(message)

    @property
    def load_host(self) -> str:
        """The address of this machine at which diners find the system; "" for loopback."""
        return self.load_master.partition(":")[0]

    @property
    def load_port(self) -> int:
        """The port at which load workers on other machines join."""
        return int(self.load_master.partition(":")[2] or MASTER_PORT)

    def _check_alerting(self, where: str) -> None:
        if self.alerting not in ALERTING:
            raise ScenarioError(f"{where}: {unknown_name('alerting', self.alerting, known=ALERTING)}")
        if self.alerting != REAL_ALERTING:
            return
        if self.speed != REAL_SPEED:
            message = (
                f"{where}: speed {self.speed:g} cannot be had with alerting 'prometheus': its clock is the wall's. "
                "Leave speed out, or give 1."
            )
            raise ScenarioError(message)
        if self.stack not in {"processes", "containers"}:
            message = (
                f"{where}: alerting 'prometheus' needs real time: stack processes or containers, not {self.stack}."
            )
            raise ScenarioError(message)

    def _check_attached(self, where: str) -> None:
        if self.stack != "attached":
            for name in ADDRESSES:
                if getattr(self, name):
                    message = f"{where}: {name} {getattr(self, name)!r} is for --stack attached, not {self.stack}."
                    raise ScenarioError(message)
            return
        if self.speed != REAL_SPEED:
            message = f"{where}: speed {self.speed:g} cannot be had with a system that is up: leave it out, or give 1."
            raise ScenarioError(message)
        if self.fix or self.site_port:
            name, value = ("fix", self.fix) if self.fix else ("site-port", self.site_port)
            message = f"{where}: {name} {value!r} changes how a system is started; on stack attached it is up already."
            raise ScenarioError(message)

    def _check_service(self, where: str) -> None:
        if self.database and self.stack not in {"processes", "containers"}:
            message = f"{where}: database {self.database!r} needs real processes: stack processes, not {self.stack}."
            raise ScenarioError(message)
        if self.database == CONTAINED_DATABASE and self.stack != "containers":
            message = (
                f"{where}: database {self.database!r} is for stack containers, not {self.stack}. Write "
                f"{OWN_DATABASE!r} for this machine's own, or 'mysql://USER@127.0.0.1' for one that runs."
            )
            raise ScenarioError(message)
        if not self.service:
            return
        if self.speed != REAL_SPEED:
            message = (
                f"{where}: speed {self.speed:g} cannot be had with service {self.service!r}: its timers are real. "
                "Leave speed out, or give 1; the scenario's quiet stretches are crossed by jumps all the same."
            )
            raise ScenarioError(message)
        if self.stack not in {"processes", "containers"}:
            message = (
                f"{where}: service {self.service!r} runs for real: stack processes or containers, not {self.stack}."
            )
            raise ScenarioError(message)
        if not Path(self.service).is_dir():
            message = f"{where}: service {self.service!r} is no directory. Give a checkout of jwt-pizza-service."
            raise ScenarioError(message)
        if self.fix:
            message = f"{where}: fix {self.fix!r} mends the bundled service only; {self.service!r} runs as it is."
            raise ScenarioError(message)


def _as(kind: type, value: Any, *, where: str) -> Any:  # noqa: ANN401 - settings are of several types
    if kind is bool:
        return _as_choice(value, where=where)
    if kind is float and isinstance(value, int):
        return float(value)
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return kind(value)
        except ValueError:
            pass
    message = f"{where} is {value!r}, which is not {'a number' if kind in {int, float} else 'a text'}."
    raise ScenarioError(message)


def _as_choice(value: object, *, where: str) -> bool:
    said = str(value).lower()
    if said not in {"true", "false"}:
        message = f"{where} is {value!r}, which is neither true nor false."
        raise ScenarioError(message)
    return said == "true"
