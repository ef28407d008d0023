import re

import pytest

from pizza_service.server import PASSWORD_VARIABLE, Server


def test_address_of_everything_is_read_with_the_password_from_the_environment() -> None:
    server = Server.read("mysql://us%40er@127.0.0.5:3307/shop", {PASSWORD_VARIABLE: "secret"})
    assert server == Server("127.0.0.5", 3307, "us@er", "shop", "secret")
    assert "secret" not in repr(server)


def test_address_of_a_user_and_a_host_is_completed() -> None:
    assert Server.read("mariadb://pizza@localhost", {}) == Server("localhost", 3306, "pizza", "pizza")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://pizza:secret@127.0.0.1", "a password stands in the address, where everybody sees it; set PIZZA_"),
        ("mysql://127.0.0.1", "'mysql://127.0.0.1' names no database; write it like mysql://pizza@127.0.0.1:3306/"),
        ("postgres://pizza@127.0.0.1", "names no database"),
        ("mysql://pizza@127.0.0.1/a/b", "names no database"),
        ("mysql://pizza@127.0.0.1/`; DROP", "names no database"),
        ("mysql://pizza@127.0.0.1:port", "Port could not be cast"),
    ],
)
def test_address_that_makes_no_sense_is_named(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        Server.read(url, {})
    assert "secret" not in str(caught.value)
