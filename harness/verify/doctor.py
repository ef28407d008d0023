"""What this machine can run, and what is missing, with the command that gets it.

Rules of this file: it looks at no machine, it is shown one; nothing that only some people need is ever called broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.verify.findings import Finding, Standing

OLDEST_PYTHON = (3, 11)

FEWEST_FILES = 1024
"""Open files that a busy run needs: each diner, each link and each child has a few."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What was seen of a machine."""

    system: str
    """`Linux` or `Darwin`."""
    python: tuple[int, int, int]
    """The Python that runs this."""
    installer: str
    """Its package manager: `apt-get`, `dnf`, `apk`, `pacman` or `brew`; empty when none was found."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """Where each program is, and what it says of its version; those that are missing are not in it."""
    node_major: int = 0
    """The major version of Node; 0 without Node."""
    docker: str = ""
    """What the Docker engine says of its version; empty when none answers."""
    has_testcontainers: bool = False
    """Whether the Python package of that name is there."""
    has_free_ports: bool = True
    """Whether a free port of 127.0.0.1 can be had, for TCP and UDP."""
    has_more_loopback: bool = True
    """Whether 127.0.0.11 is this machine too."""
    has_database_port: bool = True
    """Whether port 3306 is free at some loopback address."""
    open_files: int = FEWEST_FILES
    """How many files a process may have open."""


@dataclass(frozen=True, slots=True)
class Need:
    """A program that some things need."""

    program: str
    """What is looked for."""
    what_for: str
    """What cannot be had without it."""
    packages: Mapping[str, str]
    """What it is called by each package manager; `else` says what to do where none of them is."""


NEEDS = (
    Need(
        "npm",
        "a service of your own (--service)",
        {
            "apt-get": "npm", "dnf": "npm", "apk": "npm", "pacman": "npm", "brew": "node",
            "else": "https://nodejs.org/en/download",
        },
    ),
    Need(
        "mariadbd",
        "a database for it (or name one that runs: --database mysql://USER@127.0.0.1)",
        {
            "apt-get": "mariadb-server", "dnf": "mariadb-server", "apk": "mariadb", "pacman": "mariadb",
            "brew": "mariadb", "else": "https://mariadb.org/download",
        },
    ),
    Need(
        "prometheus",
        "trying your rules on the real Prometheus as well",
        {
            "apt-get": "prometheus", "dnf": "golang-github-prometheus", "apk": "prometheus", "pacman": "prometheus",
            "brew": "prometheus", "else": "https://prometheus.io/download",
        },
    ),
    Need(
        "chromium",
        "looking at the pages in a real browser",
        {
            "apt-get": "chromium", "dnf": "chromium", "apk": "chromium", "pacman": "chromium",
            "brew": "--cask chromium", "else": "https://www.chromium.org/getting-involved/download-chromium",
        },
    ),
)  # fmt: skip

_INSTALL = {
    "apt-get": "sudo apt-get install",
    "dnf": "sudo dnf install",
    "apk": "sudo apk add",
    "pacman": "sudo pacman -S",
    "brew": "brew install",
}


def examine(machine: Machine, *, oldest_node: int) -> Iterator[Finding]:
    """Say of each thing whether it is there, what it is for, and how to get it.

    Args:
        machine: what was seen.
        oldest_node: the first Node that services run on.
    """
    yield _python(machine)
    yield _ports(machine)
    yield _files(machine)
    yield _addresses(machine)
    yield _node(machine, oldest=oldest_node)
    yield from (_program(need, machine) for need in NEEDS)
    yield _database_port(machine)
    yield _docker(machine)


def _python(machine: Machine) -> Finding:
    version = ".".join(map(str, machine.python))
    if machine.python[:2] < OLDEST_PYTHON:
        how = _how({"apt-get": "python3", "brew": "python@3.13", "else": "https://www.python.org/downloads"}, machine)
        return _broken("python", f"Python {version} is too old: 3.11 or newer is needed. {how}")
    return _well("python", f"Python {version}: the bundled service and factory, everything in the tutorial")


def _ports(machine: Machine) -> Finding:
    if machine.has_free_ports:
        return _well("ports", "free ports of 127.0.0.1 can be had, for TCP and UDP")
    return _broken("ports", "no port of 127.0.0.1 can be bound. A sandbox may forbid it: run outside of it")


def _files(machine: Machine) -> Finding:
    if machine.open_files >= FEWEST_FILES:
        return _well("open files", f"a process may have {machine.open_files} files open")
    finding = f"a process may have only {machine.open_files} files open. Get it: ulimit -n {FEWEST_FILES}"
    return _broken("open files", finding)


def _addresses(machine: Machine) -> Finding:
    if machine.has_more_loopback:
        return _well("loopback", "127.0.0.11 is this machine too: each load balancer gets an address of its own")
    how = (
        "sudo ifconfig lo0 alias 127.0.0.11 up" if machine.system == "Darwin" else "sudo ip addr add 127.0.0.11 dev lo"
    )
    return _missing("loopback", f"only 127.0.0.1 is this machine: ports stand in for addresses. Get it: {how}")


def _node(machine: Machine, *, oldest: int) -> Finding:
    what_for = "a service of your own (--service)"
    names = {**dict.fromkeys(("apt-get", "dnf", "apk", "pacman"), "nodejs"), "brew": "node"}
    how = _how({**names, "else": "https://nodejs.org/en/download"}, machine)
    if not machine.node_major:
        return _missing("node", f"not found; without it: no {what_for}. {how}")
    if machine.node_major < oldest:
        return _missing("node", f"Node {machine.node_major} is too old for {what_for}: {oldest} or newer. {how}")
    return _well("node", f"{machine.programs['node']}: {what_for}")


def _program(need: Need, machine: Machine) -> Finding:
    found = machine.programs.get(need.program)
    if found:
        return _well(need.program, f"{found}: {need.what_for}")
    return _missing(need.program, f"not found; without it: no {need.what_for}. {_how(need.packages, machine)}")


def _database_port(machine: Machine) -> Finding:
    if machine.has_database_port:
        return _well("port 3306", "free at a loopback address: a database of the run's own can listen there")
    finding = "taken at every loopback address; without it: no database of the run's own. Get it: end what listens"
    return _missing("port 3306", f"{finding}, or use it: --database mysql://USER@127.0.0.1")


def _docker(machine: Machine) -> Finding:
    engine = {"apt-get": "docker.io", "dnf": "docker", "apk": "docker", "pacman": "docker", "brew": "colima docker"}
    how = _how({**engine, "else": "https://docs.docker.com/engine/install"}, machine)
    if not machine.docker:
        return _missing("docker engine", f"none answers; without it: nothing in containers. {how}, and start it")
    if not machine.has_testcontainers:
        return _missing("docker engine", f"{machine.docker}, and no testcontainers. Get it: pip install testcontainers")
    return _well("docker engine", f"{machine.docker}: services in containers")


def _how(packages: Mapping[str, str], machine: Machine) -> str:
    if machine.installer in packages:
        return f"Get it: {_INSTALL[machine.installer]} {packages[machine.installer]}"
    return f"Get it: {packages['else']}"


def _well(what: str, finding: str) -> Finding:
    return Finding(what, "machine", Standing.WELL, finding)


def _missing(what: str, finding: str) -> Finding:
    return Finding(what, "machine", Standing.MISSING, finding)


def _broken(what: str, finding: str) -> Finding:
    return Finding(what, "machine", Standing.BROKEN, finding)
