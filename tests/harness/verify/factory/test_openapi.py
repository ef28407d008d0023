"""The description that the factory twin serves, tried by schemathesis: the twin keeps it, and chaos does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.harness.verify.test_twins import KEY, twin

pytestmark = pytest.mark.slow

CHECKS = "status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def factory() -> Iterator[str]:
    with twin("fake_factory", "--order-delay", "0s") as url:
        yield url


def tried(url: str, directory: Path, *, examples: int) -> subprocess.CompletedProcess[str]:
    """Have schemathesis make up requests that the description allows, and compare the replies with it."""
    words = ["run", f"{url}/openapi.json", "--header", f"Authorization: {KEY['Authorization']}", "--checks", CHECKS]
    how = ["--mode", "positive", "--phases", "fuzzing", "--max-examples", str(examples), "--generation-deterministic"]
    command = [sys.executable, "-m", "schemathesis.cli", *words, *how, "--no-color"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=60)


def test_description_is_kept_by_the_twin_whatever_is_ordered(factory: str, tmp_path: Path) -> None:
    done = tried(factory, tmp_path, examples=25)
    assert done.returncode == 0, done.stdout
    assert "Tested: 6" in done.stdout


@pytest.mark.parametrize(("mode", "why"), [("fail", "Undocumented status code"), ("badjwt", "violates schema")])
def test_description_is_broken_by_chaos_and_the_operation_is_named(
    factory: str, tmp_path: Path, mode: str, why: str
) -> None:
    with httpx.Client(base_url=factory, headers=KEY, trust_env=False) as client:
        assert client.put(f"/api/vendor/chaos/{mode}").is_success
        done = tried(factory, tmp_path, examples=5)
        admin = {"Authorization": "Bearer local-admin-key"}
        client.put("/api/admin/chaos", headers=admin, json={"vendorId": "local-vendor", "type": "none"})
    assert (done.returncode, why in done.stdout) == (1, True), done.stdout
    assert "POST /api/order" in done.stdout
