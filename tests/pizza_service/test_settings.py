import inspect
from datetime import timedelta

import pytest

import pizza_service.settings
from pizza_service.settings import Flaw, Settings, parse_duration


def test_settings_by_default_have_every_flaw() -> None:
    assert all(Settings().has(flaw) for flaw in Flaw)


def test_settings_with_a_mended_flaw_have_the_others() -> None:
    settings = Settings(mended=frozenset({Flaw.NO_FACTORY_TIMEOUT}))
    assert [flaw for flaw in Flaw if not settings.has(flaw)] == [Flaw.NO_FACTORY_TIMEOUT]


def test_settings_shown_in_a_log_keep_secrets() -> None:
    shown = repr(Settings(factory_key="key-1", jwt_secret="secret-1"))
    assert "key-1" not in shown
    assert "secret-1" not in shown


def test_each_flaw_says_what_mending_changes_and_where_it_was_seen() -> None:
    source = inspect.getsource(pizza_service.settings)
    for flaw in Flaw:
        docstring = source.partition(f"{flaw.name} =")[2].split('"""')[1]
        assert "Mended: " in docstring
        assert "Source: " in docstring


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("500ms", 0.5), ("5m", 300), ("1.5h", 5400), ("0.25s", 0.25)]
)
def test_parse_duration_with_unit_is_that_long(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["10", "s", "", "-1s", "10 s", "1d", "0s", "0.0000001s"])
def test_parse_duration_of_nonsense_shows_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|is no time at all"):
        parse_duration(text)
