# ruff: noqa: TID251 - chance of the author's own is what is tested here
import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from harness.faults import BalancerMissing, FactoryChaos
from tests.harness.stacks.simulated.simulation import SEED, simulation

ROOT = Path(__file__).parents[4]


def digest(directory: Path, *, seed: int = SEED) -> str:
    """Live through two eventful minutes, some by chance of the author's, and give the digest of the history."""
    directory.mkdir()
    with simulation(directory, seed=seed) as run:
        run.on_call.verifies(until="broken")  # no telemetry has come, which names where it was looked for
        run.diners.arrive(3)
        run.scenario.play(f"{random.randint(20, 40)}s")
        run.shop.push("something new")
        with run.scenario.fault(BalancerMissing()):
            run.scenario.play("30s")
        with run.scenario.fault(FactoryChaos("throttle")):
            run.scenario.play("30s")
            run.on_call.buys_a_pizza()
        run.scenario.play(f"{random.Random().randint(20, 40)}s")
    return hashlib.sha256(run.path.read_bytes()).hexdigest()


def test_same_seed_in_one_process_gives_the_same_history_to_the_byte(tmp_path: Path) -> None:
    assert digest(tmp_path / "one") == digest(tmp_path / "another")


def test_another_seed_gives_another_history(tmp_path: Path) -> None:
    assert digest(tmp_path / "one") != digest(tmp_path / "another", seed=SEED + 1)


@pytest.mark.slow
def test_same_seed_three_times_here_and_under_any_hash_seed_gives_the_same_history_to_the_byte(tmp_path: Path) -> None:
    (here,) = {digest(tmp_path / f"here-{number}") for number in range(3)}
    code = f"from {__name__} import *; print(digest(Path(sys.argv[1])))"
    for hash_seed in ("0", "1", "12345"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
        there = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, str(tmp_path / hash_seed)],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here
