from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from harness.stacks.databases.database import Login
from harness.stacks.services.node.configuration import Place, as_text, environment, superset, write
from harness.stacks.services.node.dialect import unknown_keys

PLACE = Place(
    "http://factory", "vendor", "http://metrics", "http://logs", Login("127.0.0.51", "pizza", "pw", "pizza_1")
)


@pytest.mark.parametrize(
    ("era", "keys"),
    [
        ("2024", ["metrics.source", "metrics.userId", "metrics.url", "metrics.apiKey", "logging.userId"]),
        ("2024 alt", ["grafana.source", "grafana.userId", "grafana.url", "grafana.apiKey", "db.admin.email", "isTest"]),
        ("2025", ["metrics.url", "metrics.apiKey", "credentials.email", "db.adminUser.password"]),
        ("2025 switch", ["metrics.enabled", "logging.enabled", "adminPassword"]),
        ("2025 nested", ["grafana.metrics.url", "grafana.logging.userId"]),
        ("2026", ["metrics.endpointUrl", "metrics.accountId", "logging.accountId", "metrics.intervalMs"]),
        ("2026 signed", ["httpJwtSecret", "authTimeoutValue", "defaultAdmin.name", "testUsers.diner.email"]),
        ("a logger's part", ["logging.logging.url", "logging.factory.url"]),
        ("named", ["sqlDb.connection.host", "metrics.host"]),
    ],
)
def test_superset_has_what_every_era_reads(era: str, keys: list[str]) -> None:
    common = ["jwtSecret", "db.connection.host", "db.connection.database", "db.listPerPage", "factory.url"]
    assert unknown_keys([*keys, *common], superset(PLACE)) == ()


def test_key_that_the_superset_lacks_is_named() -> None:
    assert unknown_keys(["factory.url.trim", "stripe.key"], superset(PLACE)) == ("stripe.key",)


def test_configuration_as_json_is_the_superset() -> None:
    assert json.loads(as_text(superset(PLACE), suffix=".json", is_module=False)) == superset(PLACE)


@pytest.mark.parametrize(
    ("suffix", "is_module", "begins"),
    [
        (".js", False, "module.exports = {"),
        (".cjs", True, "module.exports = {"),
        (".js", True, "const config = {"),
        (".mjs", False, "const config = {"),
        (".ts", False, "const config = {"),
    ],
)
def test_configuration_is_written_in_the_language_of_its_file(suffix: str, *, is_module: bool, begins: str) -> None:
    text = as_text(superset(PLACE), suffix=suffix, is_module=is_module)
    assert text.startswith(begins)
    assert ("export default config;" in text) == ("export const factory" in text) == begins.startswith("const")


def test_configuration_is_written_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    write({"a": 1}, [PurePosixPath("src/config.js"), PurePosixPath("dbConfig.json")], root=tmp_path, is_module=False)
    assert (tmp_path / "src/config.js").stat().st_mode & 0o077 == 0
    assert json.loads((tmp_path / "dbConfig.json").read_text()) == {"a": 1}


def test_environment_says_the_same_in_each_spelling() -> None:
    variables = environment(PLACE)
    assert variables["DB_HOST"] == variables["DB_HOSTNAME"] == "127.0.0.51"
    assert variables["FACTORY_URL"] == "http://factory"
    assert variables["METRICS_ENDPOINT_URL"] == variables["METRICS_URL"] == "http://metrics"
    assert variables["LOGGING_ACCOUNT_ID"] == "1"


def test_secrets_of_a_place_are_not_in_its_repr() -> None:
    assert "vendor" not in repr(PLACE)
    assert "pw" not in repr(PLACE)
