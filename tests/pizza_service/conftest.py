from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from pizza_service.settings import Flaw, Settings
from tests.pizza_service.kit import SETTINGS, Site

OpenSite = Callable[..., Site]


@pytest.fixture
def open_site() -> Iterator[OpenSite]:
    with ExitStack() as sites:

        def open_one(settings: Settings = SETTINGS, *, fix: Flaw | None = None) -> Site:
            return sites.enter_context(closing(Site(settings, fix=fix)))

        yield open_one


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site()
