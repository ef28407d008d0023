"""A whole run whose diners live behind a network of their own, as on another machine: a Linux network namespace."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.events import RequestFinished, WorkerClockCompared
from harness.load.messages import SECRET
from tests.end_to_end.runs import command, environment, eventually, history, left_alive, run, verdict_of, write_scenario
from tests.end_to_end.test_verdicts import OUTAGE

pytestmark = pytest.mark.slow

IP = shutil.which("ip", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") or ""
NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A network namespace that reaches this machine by one address, and nothing else by any."""

    name: str
    here: str
    """This machine, as it is reached from there."""

    def words(self, *words: str) -> list[str]:
        return [IP, "netns", "exec", self.name, *command(*words)]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    if sys.platform != "linux" or not IP or os.geteuid() != 0:
        pytest.skip("only root on Linux, with iproute2, can make a network namespace")
    pid, number = os.getpid(), next(NUMBERS)
    made = Elsewhere(f"pizza-{pid}-{number}", f"10.{200 + number}.{pid // 60 % 250}.{pid % 60 * 4 + 1}")
    try:
        _ip("netns", "add", made.name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this kernel makes no network namespaces: {error.stderr.strip()}")
    try:
        near, far, there = f"pz{pid}", f"pz{pid}x", made.here.rpartition(".")[0] + f".{pid % 60 * 4 + 2}"
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", made.name)
        _ip("addr", "add", f"{made.here}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", made.name, "addr", "add", f"{there}/30", "dev", far)
        _ip("-n", made.name, "link", "set", far, "up")
        _ip("-n", made.name, "link", "set", "lo", "up")
        yield made
    finally:
        _ip("netns", "del", made.name)  # and the link, both ends of it


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process that nobody waited for, whatever went wrong before."""
    try:
        yield
    finally:
        process.kill()


def _ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True, text=True)


def test_run_whose_diners_live_on_another_network_passes_with_all_proofs(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, "what the run and its workers have in common")
    joining = ("load-worker", "--master", elsewhere.here, "--allow-target", elsewhere.here, "--once")
    with (
        subprocess.Popen(
            elsewhere.words(*joining), env=environment(), cwd=tmp_path, stdout=subprocess.PIPE, text=True
        ) as worker,
        _ended(worker),
    ):
        finished = run("run", write_scenario(tmp_path, OUTAGE), "--load-master", elsewhere.here, "--json", cwd=tmp_path)
        said, _ = worker.communicate(timeout=60)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("passed", 0), finished.stdout + finished.stderr + said
    assert (worker.returncode, said.splitlines()[-1]) == (0, "load worker: the load is over")
    heard = history(tmp_path)
    assert {event.address.partition(":")[0] for event in heard.of(RequestFinished)} <= {elsewhere.here, ""}
    assert len({event.address for event in heard.of(RequestFinished)}) > 1, "the balancer came back at another port"
    compared = heard.of(WorkerClockCompared)
    assert compared
    assert all(abs(event.ahead_seconds) <= event.uncertainty_seconds + 0.01 for event in compared)
    assert eventually(lambda: left_alive(Path(verdict["directory"])) == [])
