"""How to start a program in a container, made from how it is started as a process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.stacks.children import Launch


@dataclass(frozen=True, slots=True)
class ContainerLaunch(Launch):
    """How to start one program from an image: one of the system under test, or a foreign one."""

    image: str = ""
    port: int = 0
    """At which it listens inside; this machine finds it at a port of its own, unless the launch asks for another."""
    folders: tuple[Path, ...] = ()
    """Of this machine, found at the same place inside."""
    hears: bool = False
    """Whether it is told things on standard input."""
    is_foreign: bool = False
    """An image that knows what to run: `argv` is what it is told. Without a `port`, this machine's network is its."""
    name: str = ""
    """By which the engine is to know it; a name of the engine's own where it is empty."""


@dataclass(frozen=True, slots=True)
class InsideLaunch(Launch):
    """How to start one program of ours in a container that runs already."""

    within: str = ""
    """The component whose container that is."""


def in_an_image(argv: Sequence[str]) -> list[str]:
    """Give a command that starts with this machine's Python as one that starts with an image's own."""
    return ["python", *argv[1:]] if argv[0] == sys.executable else list(argv)


def contained(launch: Launch, *, image: str, port: int, folders: tuple[Path, ...] = ()) -> ContainerLaunch:
    """Turn how a program of ours is started as a process into how it is started in a container."""
    argv = [*launch.argv, "--host", "0.0.0.0", "--port", str(port)]  # noqa: S104 - inside the container
    return ContainerLaunch(launch.component, argv, launch.environment, image=image, port=port, folders=folders)


def asked_port(launch: ContainerLaunch) -> int | None:
    """Give the port of this machine that a launch insists on: one other than the image's own, asked for last."""
    ports = [int(value) for word, value in zip(launch.argv, launch.argv[1:], strict=False) if word == "--port"]
    return ports[-1] if ports and ports[-1] != launch.port else None
