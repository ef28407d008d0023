"""The Docker engine of this machine: whether it answers, what it holds, and what of ours it still runs."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from socket import AF_INET, AF_UNIX, socket
from typing import Any

import psutil

from harness.errors import HarnessError

RUN_LABEL = "pizza-chaos.run"
"""On everything that a run makes in an engine: the run's directory."""

USUAL_SOCKET = "unix:///var/run/docker.sock"
"""Where an engine listens when DOCKER_HOST names no other."""

ANSWERS_WITHIN_SECONDS = 60

INSTEAD = "Or leave --stack containers out: --stack processes needs no engine."


@contextmanager
def engine() -> Iterator[Any]:
    """Reach the engine that DOCKER_HOST or this machine's usual socket leads to; gives a `docker.DockerClient`.

    Raises:
        HarnessError: saying what is missing, and how to get it.
    """
    if platform.system() != "Linux":
        message = f"the containers stack shares its clock with the engine, so both must be one Linux. {INSTEAD}"
        raise HarnessError(message)
    try:
        import docker  # noqa: PLC0415 - only this stack needs it
        import testcontainers  # noqa: F401, PLC0415
    except ImportError as error:
        message = f"the containers stack needs testcontainers: pip install 'pizza-chaos[containers]'. {INSTEAD}"
        raise HarnessError(message) from error
    where = os.environ.get("DOCKER_HOST") or USUAL_SOCKET
    try:
        _knock(where)
        client = docker.from_env(timeout=ANSWERS_WITHIN_SECONDS)
        client.ping()
    except PermissionError as error:
        message = (
            f"this user may not use the Docker engine at {where}. Let whoever runs the machine put you into the group "
            f"of that socket (usually: usermod -aG docker $USER), and log in anew. {INSTEAD}"
        )
        raise HarnessError(message) from error
    except (docker.errors.DockerException, OSError) as error:
        message = f"no Docker engine answers at {where}: {error}. Start one, or set DOCKER_HOST. {INSTEAD}"
        raise HarnessError(message) from error
    with closing(client):
        yield client


def _knock(host: str) -> None:
    """Raise an OSError where nobody listens; docker's own client would leave a socket open there."""
    if host.startswith("unix://"):
        with socket(AF_UNIX) as probe:
            probe.connect(host.removeprefix("unix://"))


def require_images(client: Any, *images: str, builds: str = "containers/build.sh") -> None:  # noqa: ANN401
    """Raise a HarnessError that names the first image which the engine does not hold, and what builds it."""
    import docker  # noqa: PLC0415

    for image in images:
        try:
            client.images.get(image)
        except docker.errors.ImageNotFound as error:
            message = f"this Docker engine has no image {image!r}. Build it: {builds}. {INSTEAD}"
            raise HarnessError(message) from error


def gateway(client: Any) -> str:  # noqa: ANN401
    """Give the address at which containers reach this machine, and only they and this machine can.

    Raises:
        HarnessError: when the engine does not run on this machine.
    """
    interface = client.networks.get("bridge").attrs["Options"].get("com.docker.network.bridge.name", "docker0")
    addresses = [found.address for found in psutil.net_if_addrs().get(interface, ()) if found.family == AF_INET]
    if not addresses:
        message = (
            f"containers cannot reach this machine: the engine's network interface {interface!r} has no address here. "
            f"The engine must run on this machine. {INSTEAD}"
        )
        raise HarnessError(message)
    return addresses[0]


def remove_leftovers(client: Any, *, is_left: Callable[[str], bool]) -> Iterator[str]:  # noqa: ANN401
    """Remove the containers of runs that are over, and say so.

    Args:
        client: the engine.
        is_left: told a run's directory; says whether that run is over.
    """
    import docker  # noqa: PLC0415

    for container in client.containers.list(all=True, ignore_removed=True, filters={"label": RUN_LABEL}):
        if is_left(container.labels[RUN_LABEL]):
            try:
                container.remove(force=True, v=True)
            except docker.errors.APIError:  # somebody else is at it
                continue
            yield f"removed container {container.name}"
