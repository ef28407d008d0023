import json

import pytest

from pizza_service.logs import Journal, level_of, masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"email":"d@jwt.com","password":"diner"}', '{"email":"d@jwt.com","password":"*****"}'),
        ('{"password":"with \\"quotes\\" in"}', '{"password":"*****"}'),
        ('{"user":{"id":1},"token":"a.b.c"}', '{"user":{"id":1},"token":"*****"}'),
        ('{"order":{"id":1},"jwt":"a.b.c"}', '{"order":{"id":1},"jwt":"*****"}'),
        ('{"Password" : 12345, "x": 1}', '{"Password":"*****", "x": 1}'),
        ('{"password":"cut off', '{"password":"*****"'),
        ('{"passwords":"kept","reportUrl":"http://f/api"}', '{"passwords":"kept","reportUrl":"http://f/api"}'),
        ("<html>", "<html>"),
    ],
)
def test_masked_hides_passwords_and_tokens_only(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("status", "level"), [(200, "info"), (304, "info"), (400, "warn"), (499, "warn"), (500, "error"), (None, "error")]
)
def test_level_of_a_status_follows_its_class(status: int | None, level: str) -> None:
    assert level_of(status) == level


def test_journal_groups_lines_by_label_and_keeps_their_order() -> None:
    journal = Journal("jwt-pizza-service")
    journal.write("http", {"n": 1}, level="info", now=1.0)
    journal.write("factory", {"n": 2}, level="error", now=1.25)
    journal.write("http", {"n": 3}, level="info", now=1.5)
    assert journal.collect() == {
        "streams": [
            {
                "stream": {"component": "jwt-pizza-service", "level": "info", "type": "http"},
                "values": [("1000000000", '{"n":1}'), ("1500000000", '{"n":3}')],
            },
            {
                "stream": {"component": "jwt-pizza-service", "level": "error", "type": "factory"},
                "values": [("1250000000", '{"n":2}')],
            },
        ]
    }


def test_journal_collected_is_empty() -> None:
    journal = Journal("x")
    assert journal.collect() is None
    journal.write("http", {"name": "常用名字"}, level="info", now=1.0)
    collected = journal.collect()
    assert collected is not None
    assert json.loads(collected["streams"][0]["values"][0][1]) == {"name": "常用名字"}
    assert journal.collect() is None
