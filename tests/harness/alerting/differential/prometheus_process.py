"""The machine's own Prometheus, started for a test: loopback only, its own directory, gone at the end."""

import math
import re
import socket
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from harness.alerting.promql import Labels, Points, PromQLError, Sample, Semantics
from tests.required import required_program

Stretch = tuple[Labels, list[tuple[int, float]]]
"""A series: milliseconds since 1970 and values, oldest first."""

_PATIENCE_SECONDS = 20


class Refused(PromQLError):
    """The reference answered with an error."""


def semantics_of(program: str) -> Semantics:
    """Say which release a program of Prometheus belongs to."""
    ran = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)\.(\d+)", ran.stdout + ran.stderr)
    assert found
    if found[1] == "2":
        return Semantics.V2_LATE if int(found[2]) >= 52 else Semantics.V2
    return Semantics.V3


class Reference:
    """A Prometheus that answers."""

    def __init__(self, client: httpx.Client, semantics: Semantics) -> None:
        self.semantics = semantics
        self._client = client

    def write(self, stretches: Iterable[Stretch]) -> None:
        """Store series."""
        body = b"".join(_field(1, _series(labels, samples)) for labels, samples in stretches)
        headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
        answer = self._client.post("/api/v1/write", content=_snapped(body), headers=headers)
        assert answer.status_code == 204, answer.text

    def ask(self, expression: str, at: float) -> list[Sample]:
        """Evaluate an expression at one moment; raises Refused where the reference does not."""
        answer = self._client.post("/api/v1/query", data={"query": expression, "time": f"{at:.3f}"}).json()
        if answer["status"] != "success":
            raise Refused(answer["error"])
        data = answer["data"]
        if data["resultType"] == "scalar":
            return [Sample(Labels(), float(data["result"][1]))]
        return [Sample(Labels(each["metric"]), float(each["value"][1])) for each in data["result"]]

    def ask_between(self, expression: str, start: float, end: float, step: int) -> list[Points]:
        """Evaluate an expression at each step of a range; raises Refused where the reference does not."""
        asked = {"query": expression, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": str(step)}
        answer = self._client.post("/api/v1/query_range", data=asked).json()
        if answer["status"] != "success":
            raise Refused(answer["error"])
        found = [(each["metric"], each["values"]) for each in answer["data"]["result"]]
        return [Points(Labels(labels), [(at, float(value)) for at, value in values]) for labels, values in found]


@contextmanager
def running_prometheus(folder: Path) -> Iterator[Reference]:
    """Start the machine's Prometheus, or skip the test where there is none."""
    program = required_program("prometheus")
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        program, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}",
        "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y", "--log.level=error",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            with httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=_PATIENCE_SECONDS) as client:
                _wait_until_ready(client, process, folder / "log")
                yield Reference(client, semantics_of(program))
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    pause = time.monotonic
    while time.monotonic() < give_up:
        assert process.poll() is None, log.read_text()
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx.TransportError:
            resume = pause() + 0.05
            while pause() < resume:
                pass
    raise AssertionError(f"Prometheus is not ready after {_PATIENCE_SECONDS} s: {log.read_text()}")


# Remote write, by hand: protobuf in a snappy block of nothing but literals.


def _series(labels: Mapping[str, str], samples: Iterable[tuple[int, float]]) -> bytes:
    named = b"".join(_field(1, _field(1, name.encode()) + _field(2, labels[name].encode())) for name in sorted(labels))
    points = b"".join(_field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at)) for at, value in samples)
    return named + points


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def _snapped(body: bytes) -> bytes:
    chunks = (body[at : at + 65536] for at in range(0, len(body), 65536))
    literals = (bytes([61 << 2]) + struct.pack("<H", len(chunk) - 1) + chunk for chunk in chunks)
    return _varint(len(body)) + b"".join(literals)


def is_close(one: float, other: float) -> bool:
    """Say whether two values are the same but for the order in which floats were added."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
