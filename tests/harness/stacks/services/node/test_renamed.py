from __future__ import annotations

from typing import Any

import pytest

from harness.stacks.databases.database import Login
from harness.stacks.services.node.configuration import Place, superset
from harness.stacks.services.node.dialect import unknown_keys
from harness.stacks.services.node.renamed import completed, part_of, variables

LOGIN = Login("127.0.0.51", "cook", "pw", "pizza_1")
USUAL = superset(Place("http://factory", "vendor", "http://metrics", "http://logs", LOGIN))


def read(values: Any, key: str) -> object:
    for name in key.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("logger.endpointUrl", "http://logs"),
        ("logs.source", "jwt-pizza-service"),
        ("metricsConfig.accountId", "1"),
        ("metrics.endpoint", "http://metrics"),
        ("grafana.loki.url", "http://logs"),
        ("pizzaFactory.baseUrl", "http://factory"),
        ("factory.token", "vendor"),
        ("database.host", "127.0.0.51"),
        ("db.connection.hostname", "127.0.0.51"),
        ("mysql.user", "cook"),
    ],
)
def test_key_under_a_name_of_the_teams_own_gets_the_usual_value(key: str, value: str) -> None:
    full = completed(USUAL, [key])
    assert read(full, key) == value
    assert unknown_keys([key], full) == ()


@pytest.mark.parametrize("key", ["stripe.key", "db.connection.pooling", "port"])
def test_key_that_says_nothing_stays_unknown(key: str) -> None:
    assert completed(USUAL, [key]) == USUAL
    assert unknown_keys([key], completed(USUAL, [key])) == (key,)


def test_usual_names_are_kept_as_they_are() -> None:
    assert completed(USUAL, ["metrics.url", "db.connection.user", "jwtSecret", "logging"]) == USUAL


def test_variables_say_what_their_words_mean_and_nothing_is_said_of_others() -> None:
    wanted = {
        "LOKI_URL": "http://logs",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://metrics",
        "MYSQL_DATABASE": "pizza_1",
        "PIZZA_FACTORY_API_KEY": "vendor",
        "GRAFANA_ENABLED": "true",
    }
    assert variables(USUAL, [*wanted, "NODE_ENV", "DB_PORT", "DATABASE_URL", "DISABLE_LOGGING"]) == wanted


def test_part_is_told_by_a_word_of_the_name() -> None:
    assert [part_of(name) for name in ("dialog", "jwtSecret", "metricsConfig")] == ["", "", "metrics"]
