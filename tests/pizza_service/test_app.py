import logging
from dataclasses import replace
from pathlib import Path

import pytest

from pizza_service.settings import Push
from tests.pizza_service.conftest import OpenSite
from tests.pizza_service.kit import SETTINGS, Site

PACKAGE = Path(__file__).parents[2] / "pizza_service"


def test_welcome_shows_the_version(open_site: OpenSite) -> None:
    assert open_site().ask("GET", "/").text == '{"message":"welcome to JWT Pizza","version":"20240518.154317"}'
    assert open_site(replace(SETTINGS, version="v2")).ask("GET", "/").json()["version"] == "v2"


def test_lifespan_pushes_while_it_lasts_and_not_after(open_site: OpenSite) -> None:
    site = open_site(replace(SETTINGS, metrics=Push("http://metrics.test")))

    async def live() -> None:
        async with site.app.router.lifespan_context(site.app):
            await site.runtime.sleep(25)

    site.run(live())
    site.wait(60)
    assert len(site.upstream.pushes) == 2
    assert [client.is_closed for client in site.runtime.clients] == [True, True]


def test_lifespan_whose_push_loop_breaks_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("pizza_service.app.push_forever", broken)

    async def live() -> None:
        async with site.app.router.lifespan_context(site.app):
            await site.runtime.sleep(1)

    with caplog.at_level(logging.ERROR, logger="pizza_service"), pytest.raises(RuntimeError, match="a mistake of ours"):
        site.run(live())
    assert "no telemetry any more" in caplog.text


def test_two_runs_of_one_seed_are_the_same_to_the_byte(open_site: OpenSite) -> None:
    def play(site: Site) -> list[bytes]:
        token = site.sign_in()
        site.ask("POST", "/api/auth", {"name": "Ada", "email": "ada@jwt.com", "password": "x"})
        site.order(token, 1, 2)
        site.push_for(30)
        return [*(push.content for push in site.upstream.pushes), repr(site.rows("user")).encode()]

    settings = replace(SETTINGS, metrics=Push("http://metrics.test"), logs=Push("http://logs.test"), instance="")
    assert play(open_site(settings)) == play(open_site(settings))


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_package_imports_nothing_of_the_harness_or_the_factory_twin(path: Path) -> None:
    imports = [line for line in path.read_text("utf-8").splitlines() if line.startswith(("import ", "from "))]
    assert not [line for line in imports if line.split()[1].split(".")[0] in ("harness", "fake_factory", "scenarios")]
