from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import HarnessError, SafetyError
from harness.settings import Settings
from harness.stacks.attached.system import CONTROL, CONTROL_TOKEN, FACTORY, AttachedSystem
from harness.stacks.children import Launch
from harness.stacks.services.node.service import BLACK_BOX_RULES
from harness.stacks.services.service import Surroundings
from harness.stacks.services.twin import COURSE_RULES
from tests.harness.stacks.attached.serving import serving
from tests.house import ROOT

MENU = [{"id": 1, "title": "Veggie", "description": "", "image": "", "price": 0.1}]
STORES = {"franchises": [{"id": 1, "name": "pizzaPocket", "stores": [{"id": 1, "name": "SLC"}]}], "more": False}


@contextmanager
def site(*, menu: Any = MENU, stores: Any = STORES, status: int = 200) -> Iterator[str]:
    async def answer(request: Request) -> Response:
        return JSONResponse(menu if "menu" in request.url.path else stores, status_code=status)

    with serving(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        yield url


def found(**given: str) -> AttachedSystem:
    return AttachedSystem.found(Settings().overridden({"stack": "attached", **given}, where="test"))


def test_system_that_nobody_describes_is_the_compose_file_s(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIZZA_CHAOS_TOKEN", "PIZZA_CHAOS_VENDOR_KEY", "PIZZA_CHAOS_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with site() as url:
        system = found(site=url)
    compose = (ROOT / "docker-compose.yml").read_text()
    assert (system.factory_url, system.control_url, system.rules) == (FACTORY, CONTROL, BLACK_BOX_RULES)
    assert all(f"127.0.0.1:{address.rpartition(':')[2]}:" in compose for address in (FACTORY, CONTROL))
    assert f"PIZZA_CHAOS_TOKEN:-{CONTROL_TOKEN}}}" in compose


def test_system_with_a_prometheus_is_judged_by_the_rules_that_the_compose_file_gives_it() -> None:
    with site() as url:
        assert found(site=url, prometheus="http://127.0.0.1:9090").rules == COURSE_RULES


def test_part_that_nobody_can_reach_is_left_out() -> None:
    with site() as url:
        system = found(site=url, control="none", factory="none")
    assert (system.control_url, system.factory_url) == ("", "")


@pytest.mark.parametrize("part", ["site", "factory", "control", "prometheus"])
@pytest.mark.parametrize("url", ["http://pizza-factory.cs329.click", "https://pizza.example:8080"])
def test_part_that_is_not_on_this_machine_is_refused(part: str, url: str) -> None:
    given = {"site": "http://127.0.0.1:9", part: url}
    with pytest.raises(SafetyError, match=r"public pizza site|does not lead to this machine"):
        found(**given)


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ({"menu": []}, "has no menu, so nobody can order there"),
        ({"stores": {"franchises": []}}, "has no store, so nobody can order there"),
        ({"status": 503}, "does not answer.*503"),
    ],
)
def test_site_at_which_nobody_could_order_is_named(lacks: Any, words: str) -> None:
    with site(**lacks) as url, pytest.raises(HarnessError, match=words):
        found(site=url)


def test_site_that_is_not_up_is_named_with_what_brings_it_up() -> None:
    with pytest.raises(HarnessError, match=r"127\.0\.0\.1:9.*docker compose up.*--site URL"):
        found(site="http://127.0.0.1:9")


def test_system_is_not_started_a_second_time(tmp_path: Any) -> None:
    with site() as url:
        system = found(site=url)
    starts: list[Any] = [
        system.factory,
        lambda: system.task("t", version="1", surroundings=Surroundings(tmp_path, "", "")),
    ]
    for start in starts:
        with pytest.raises(HarnessError, match="it is up already"):
            assert isinstance(start(), Launch)
