"""A program inside a container that runs already: heard and told by its own streams, and ended by closing its input.

The engine can start a program there and not end it. So only a program that ends with its input can run this way, as a
load balancer does: at once, connections and all.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from signal import Signals
from socket import SHUT_WR
from typing import Any

import docker
from docker.utils.socket import STDOUT, frames_iter
from testcontainers.core.docker_client import DockerClient

from harness.stacks.containers.container import NOT_STARTED, as_of_a_process, hang_up
from harness.stacks.containers.launch import InsideLaunch, in_an_image


class Inside:
    """A program inside somebody's container.

    Args:
        launch: what runs there.
        container: the container's id.
        environment: what it gets besides what the container has.
        log: where its standard error goes.
    """

    def __init__(self, launch: InsideLaunch, *, container: str, environment: Mapping[str, str], log: Path) -> None:
        self._launch = launch
        self._container = container
        self._environment = {**environment, **launch.environment}
        self._log = log
        self._code = NOT_STARTED
        self._stream: Any = None
        self._unheard: list[bytes] = []
        """Lines that came before there was anybody to hear them."""
        self._is_to_end = False
        self._lock = threading.Lock()
        self.pid = 0
        self.is_paused = False

    def lines(self) -> Iterable[bytes]:
        """Start it, and give what it writes to standard output until it has ended."""
        engine = DockerClient()
        with contextlib.closing(engine.client), self._log.open("ab") as log:
            try:
                yield from self._live(engine.client.api, log)
            except (docker.errors.DockerException, OSError) as error:
                log.write(f"{error}\n".encode())

    def code(self) -> int:
        """Give its exit code, once it has ended."""
        return self._code

    def hear(self, line: bytes) -> None:
        """Write to its standard input; one that is gone hears nothing."""
        with self._lock, contextlib.suppress(OSError):
            if self._stream is None:
                self._unheard.append(line)
            else:
                self._stream.sendall(line)

    def signal(self, number: Signals) -> bool:  # noqa: ARG002 - there is one way to end it
        """End it; false when it had ended by then."""
        with self._lock:
            self._is_to_end = True
            if self._stream is None:
                return self._code == NOT_STARTED
            with contextlib.suppress(OSError):
                self._stream.shutdown(SHUT_WR)
                return True
        return False

    def _live(self, api: Any, log: Any) -> Iterable[bytes]:  # noqa: ANN401 - the engine's, and a file
        made = api.exec_create(
            self._container, in_an_image(self._launch.argv), stdin=True, environment=self._environment
        )["Id"]
        stream = api.exec_start(made, socket=True)
        try:
            self._begin(stream)
            kept = b""
            for kind, said in frames_iter(stream, tty=False):
                if kind != STDOUT:
                    log.write(said)
                    log.flush()
                    continue
                self.pid = self.pid or int(api.exec_inspect(made)["Pid"])  # which it has once it speaks
                *whole, kept = (kept + said).split(b"\n")
                yield from whole
        finally:
            with self._lock:
                self._stream = None
            hang_up(stream)
        self._code = as_of_a_process(int(api.exec_inspect(made)["ExitCode"] or 0))

    def _begin(self, stream: Any) -> None:  # noqa: ANN401 - docker's
        with self._lock, contextlib.suppress(OSError):
            self._stream = stream._sock  # noqa: SLF001 - docker gives no other way to write
            for line in self._unheard:
                self._stream.sendall(line)
            if self._is_to_end:
                self._stream.shutdown(SHUT_WR)
