"""One container behind a child: made, heard line by line, and hurt; the run's lease removes it."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from signal import SIGCONT, SIGSTOP, Signals
from typing import Any

import docker
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient

from harness.errors import HarnessError
from harness.stacks.containers.engine import RUN_LABEL, gateway
from harness.stacks.containers.launch import ContainerLaunch, asked_port, in_an_image

NOT_STARTED = 125
"""The exit code of a container that the engine could not make, as `docker run` has it."""

FREEZES_IN_TRIES = 5
"""How often an engine is asked to pause a container: on a busy machine it says now and then that it cannot."""

# The run's own lease removes what is left; testcontainers' would need an image from a registry.
testcontainers_config.ryuk_disabled = True


def as_of_a_process(code: int) -> int:
    """Give a container's exit code as Python gives that of a process: a signal is negative."""
    return 128 - code if code > 128 else code


def hang_up(stream: Any) -> None:  # noqa: ANN401 - docker's
    """Close the connection behind a stream of the engine's, which docker's own `close` leaves open."""
    stream._response.close()  # noqa: SLF001


class Container:
    """A container, from its making to its end, all of which happens in the thread that reads its lines.

    Args:
        launch: what runs in it.
        environment: what it gets besides what the launch says.
        run: the run's directory, which labels it.
        log: where its standard error goes.
    """

    def __init__(self, launch: ContainerLaunch, *, environment: Mapping[str, str], run: str, log: Path) -> None:
        self._launch = launch
        self._environment = {**environment, **launch.environment}
        self._run = run
        self._log = log
        self._container: Any = None
        self._code = NOT_STARTED
        self._sent: list[Signals] = []
        """Signals that came before there was anything to send them to."""
        self._has_ended = False
        self._stdin: Any = None
        self._lock = threading.Lock()
        self.pid = 0
        self.is_paused = False

    def lines(self) -> Iterable[bytes]:
        """Make and start it, and give what it writes to standard output until it has ended."""
        with self._log.open("ab") as log:
            try:
                yield from self._live(log)
            except (docker.errors.DockerException, OSError) as error:
                log.write(f"{error}\n".encode())

    def code(self) -> int:
        """Give its exit code, once it has ended."""
        return self._code

    @property
    def id(self) -> str:
        """The engine's own name for it; "" before it runs."""
        return "" if self._container is None else str(self._container.id)

    def hear(self, line: bytes) -> None:
        """Write to its standard input; one that does not run, or whose launch does not say that it hears, is deaf."""
        with self._lock, contextlib.suppress(OSError):
            if self._stdin is not None:
                self._stdin._sock.sendall(line)  # noqa: SLF001 - docker gives no other way to write

    def signal(self, number: Signals) -> bool:
        """Send it a signal; to stop and to go on means all of its processes, which the engine freezes.

        Returns: false when it had ended by then.

        Raises:
            HarnessError: when it goes on although it was to stand still.
        """
        with self._lock:
            if self._has_ended:
                return False
            if self._container is None:
                self._sent.append(number)
                return True
            try:
                self._send(number)
            except docker.errors.APIError:
                return False
        return True

    def _send(self, number: Signals) -> None:
        if self.is_paused:
            self._container.unpause()
            self.is_paused = False
        if number == SIGSTOP:
            self._freeze()
            self.is_paused = True
        elif number != SIGCONT:
            self._container.kill(number.name)

    def _freeze(self) -> None:
        for attempt in range(1, FREEZES_IN_TRIES + 1):
            try:
                self._container.pause()
                return
            except docker.errors.APIError as error:
                self._container.reload()  # of one that has ended nothing is to be said
                if self._container.status != "running":
                    raise
                if attempt == FREEZES_IN_TRIES:
                    message = (
                        f"the engine could not pause the container of {self._launch.component}, in {attempt} tries: "
                        f"{error.explanation}. A machine with less to do can."
                    )
                    raise HarnessError(message) from error

    def _live(self, log: Any) -> Iterator[bytes]:  # noqa: ANN401 - a file
        engine = DockerClient()
        with contextlib.closing(engine.client):
            engine.client.images.get(self._launch.image)  # or else an engine would go and look for it
            container = self._made(engine)
            try:
                yield from self._heard(container, log)
            finally:
                with self._lock:
                    self._has_ended = True
            # What has ended is removed with the run's lease: to wait for that here would make its end known too late.
            self._code = as_of_a_process(int(container.wait()["StatusCode"]))

    def _heard(self, container: Any, log: Any) -> Iterator[bytes]:  # noqa: ANN401
        # Listened to before it runs: of one that ends at once nothing would be heard any more.
        stream = container.attach(stdout=True, stderr=True, stream=True, demux=True)
        try:
            self._begin(container)
            kept = b""
            for out, err in stream:
                log.write(err or b"")
                log.flush()
                *whole, kept = (kept + (out or b"")).split(b"\n")
                yield from (self._translated(line) for line in whole)
        finally:
            stream.close()
            hang_up(stream)
            with self._lock:
                stdin, self._stdin = self._stdin, None
            if stdin is not None:
                hang_up(stdin)

    def _begin(self, container: Any) -> None:  # noqa: ANN401
        stdin = container.attach_socket(params={"stdin": 1, "stream": 1}) if self._launch.hears else None
        container.start()
        container.reload()
        self.pid = int(container.attrs["State"]["Pid"])
        with self._lock:
            self._container, self._stdin = container, stdin
            for number in self._sent:
                with contextlib.suppress(docker.errors.APIError):
                    self._send(number)

    def _made(self, engine: DockerClient) -> Any:  # noqa: ANN401
        launch = self._launch
        return engine.create(
            launch.image,
            environment=self._environment,
            volumes={str(folder): {"bind": str(folder), "mode": "rw"} for folder in launch.folders},
            labels={RUN_LABEL: self._run},
            name=launch.name or None,
            # Whoever runs the harness owns the run's directory; who sees nothing of it is whoever the image says.
            user=f"{os.getuid()}:{os.getgid()}" if launch.folders else None,
            healthcheck={"test": ["NONE"]},  # the control plane looks itself; a second look takes processor time
            **_told(launch, reached_at=gateway(engine.client)),
        )

    def _translated(self, line: bytes) -> bytes:
        """Say where it listens as this machine sees it; leave what says so itself, and every other line."""
        try:
            said = json.loads(line)
        except json.JSONDecodeError:
            return line
        if not isinstance(said, dict) or said.get("event") != "listening" or "address" in said:
            return line
        self._container.reload()
        bound = self._container.ports[f"{said['port']}/tcp"][0]
        return json.dumps({"event": "listening", "address": f"{bound['HostIp']}:{bound['HostPort']}"}).encode()


def _told(launch: ContainerLaunch, *, reached_at: str) -> Mapping[str, Any]:
    """Say what runs in it, and where it is reached."""
    port = asked_port(launch)
    inside = port or launch.port
    # Where this machine and other containers find it: at a published port of loopback no container does. None is any.
    ports = {f"{inside}/tcp": (reached_at, port)} if inside else {}
    if launch.is_foreign:
        return {"command": list(launch.argv), **({"ports": ports} if ports else {"network": "host"})}
    argv = in_an_image(launch.argv)
    return {"command": argv[1:], "entrypoint": argv[:1], "ports": ports, "stdin_open": launch.hears}
