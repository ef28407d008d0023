"""Looks at this machine: its programs, its ports, its addresses. Nothing is installed, and nothing stays open."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import resource
import shutil
import socket
import subprocess
import sys
import time

import httpx

from harness.stacks.databases.database import PORT
from harness.stacks.databases.mariadb import BESIDES_PATH
from harness.stacks.databases.reservation import HOSTS
from harness.stacks.services.node.modules import OLDEST_NODE
from harness.verify.doctor import NEEDS, Machine, examine
from harness.verify.findings import Report

ANSWERS_WITHIN_SECONDS = 2.0
"""Wall seconds that a program has to tell its version, and the Docker engine too."""

INSTALLERS = ("apt-get", "dnf", "apk", "pacman", "brew")

OTHER_NAMES = {
    "chromium": ("chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
}
"""What a program is called elsewhere."""

DOCKER_SOCKETS = ("/var/run/docker.sock", "~/.docker/run/docker.sock", "~/.colima/default/docker.sock")


def doctor() -> Report:
    """Look at this machine and say what it can run."""
    began = time.monotonic()
    machine = look()
    subject = f"this machine: {platform.system()} {platform.machine()}"
    return Report(subject, tuple(examine(machine, oldest_node=OLDEST_NODE)), time.monotonic() - began)


def look() -> Machine:
    """See what there is."""
    found = {name: _told(name) for name in ("node", *(need.program for need in NEEDS))}
    programs = {name: told for name, told in found.items() if told}
    node = re.search(r"v(\d+)", programs.get("node", ""))
    return Machine(
        system=platform.system(),
        python=sys.version_info[:3],
        installer=next((name for name in INSTALLERS if shutil.which(name)), ""),
        programs=programs,
        node_major=int(node[1]) if node else 0,
        docker=_docker(),
        has_testcontainers=importlib.util.find_spec("testcontainers") is not None,
        has_free_ports=_can_bind("127.0.0.1", 0),
        has_more_loopback=_can_bind("127.0.0.11", 0),
        has_database_port=any(_can_bind(host, PORT) for host in HOSTS),
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )


def _told(name: str) -> str:
    """Give what a program says of its version, its path when it says nothing, and "" when it is not there."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *BESIDES_PATH))
    names = (name, *OTHER_NAMES.get(name, ()))
    found: str | None = next(filter(None, (shutil.which(each, path=path) for each in names)), None)
    if found is None:
        return ""
    try:
        done = subprocess.run(
            [found, "--version"], capture_output=True, text=True, check=False, timeout=ANSWERS_WITHIN_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return found
    said: str = (done.stdout or done.stderr).strip().partition("\n")[0]
    return f"{said} at {found}" if said else found


def _docker() -> str:
    """Ask the Docker engine of this machine for its version; one elsewhere is not asked."""
    named = os.environ.get("DOCKER_HOST", "")
    sockets = (named.removeprefix("unix://"),) if named.startswith("unix://") else DOCKER_SOCKETS
    path = next(filter(_is_served, map(os.path.expanduser, sockets)), "")
    if not path:
        return ""
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=path), timeout=ANSWERS_WITHIN_SECONDS) as client:
            version: str = client.get("http://docker/version").json()["Version"]
            return f"Docker {version} at {path}"
    except (httpx.HTTPError, ValueError, KeyError):
        return ""


def _is_served(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def _can_bind(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port)) as listener, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(listener.getsockname())
    except OSError:
        return False
    return True
