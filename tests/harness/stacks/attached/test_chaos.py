"""Chaos at a real factory twin, begun as its vendor and ended as its administrator."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fake_factory.app import create_app
from fake_factory.pizzas import make_key
from fake_factory.runtime import WallRuntime
from fake_factory.settings import DEFAULT_ADMIN_KEY, DEFAULT_VENDOR_KEY, Settings
from harness.errors import HarnessError, ScenarioError
from harness.stacks.attached.chaos import OWED, AdministeredChaos
from harness.stacks.attached.system import AttachedSystem
from tests.harness.stacks.attached.serving import serving
from tests.harness.stacks.attached.test_links import Ledger

KEY = make_key(2048)


@pytest.fixture
def system() -> Iterator[AttachedSystem]:
    app = create_app(Settings(key=KEY), WallRuntime(epoch=0.0, monotonic_start=0.0, speed=1.0))
    with serving(app) as url:
        yield AttachedSystem("", url, "", "", Path(), DEFAULT_VENDOR_KEY, DEFAULT_ADMIN_KEY, "")


@pytest.fixture
def lease() -> Any:
    return Ledger()


@pytest.mark.parametrize("mode", ["fail", "throttle", "badjwt"])
def test_chaos_is_owed_then_there_and_ended_as_the_public_factory_s_administrators_end_it(
    system: AttachedSystem, lease: Any, mode: str
) -> None:
    chaos = AdministeredChaos(system)
    chaos.refuse_begun()
    chaos.set(mode, lease=lease)
    assert (list(lease.owed), chaos.mode()) == ([OWED], mode)
    chaos.set("none", lease=lease)
    assert (lease.owed, chaos.mode()) == ({}, "none")
    chaos.close()


def test_what_is_owed_for_chaos_ends_it(system: AttachedSystem, lease: Any) -> None:
    chaos = AdministeredChaos(system)
    chaos.set("fail", lease=lease)
    debt = lease.owed[OWED]
    httpx.request(debt.method, debt.url, headers=debt.headers, json=debt.body, trust_env=False).raise_for_status()
    assert chaos.mode() == "none"
    chaos.close()


def test_chaos_that_nobody_here_could_end_is_not_begun(system: AttachedSystem, lease: Any) -> None:
    chaos = AdministeredChaos(dataclasses.replace(system, admin_key="unknown"))
    with pytest.raises(ScenarioError, match=r"nobody here could end it.*PIZZA_CHAOS_ADMIN_KEY"):
        chaos.set("fail", lease=lease)
    assert (lease.owed, chaos.mode()) == ({}, "none")
    chaos.close()


def test_chaos_that_somebody_else_has_begun_is_left_alone(system: AttachedSystem, lease: Any) -> None:
    chaos = AdministeredChaos(system)
    chaos.set("throttle", lease=lease)
    with pytest.raises(HarnessError, match="in chaos already: throttle"):
        chaos.refuse_begun()
    chaos.close()


def test_vendor_that_the_factory_does_not_know_is_named_with_the_variable(system: AttachedSystem) -> None:
    chaos = AdministeredChaos(dataclasses.replace(system, vendor_key="unknown"))
    with pytest.raises(HarnessError, match="PIZZA_CHAOS_VENDOR_KEY"):
        chaos.refuse_begun()
    chaos.close()
