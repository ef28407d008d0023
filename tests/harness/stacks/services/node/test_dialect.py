from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harness.stacks.services.node.checkout import Checkout
from harness.stacks.services.node.dialect import Dialect, Metric

CONFIG = "const config = require('./config.js');\n"
OTLP = CONFIG + (
    "push(createMetric('pizza_purchase', fails, '1', 'sum', 'asInt', { type: 'pizza_fails' }));\n"
    "push(createMetric('requests', all, '1', 'sum'));\n"
    "send({ resourceMetrics: [] }, config.metrics.endpointUrl, config.metrics.accountId);\n"
    "setInterval(() => { flush(); }, 10000);\n"
)
INFLUX = CONFIG + (
    "text = this.buildPrometheusStr('pizza', '-', 'FAILURES', n);\n"
    "const build = (prefix) => `${prefix},source=${config.metrics.source}`; post(config.metrics.url);\n"
)
NESTED = CONFIG + "send({ resourceMetrics: [] }, config.grafana.metrics.url);\n"
NAMED = CONFIG + "sum({ name: 'auth_failures' }); send({ resourceMetrics: [] }, config.metrics.url);\n"
PLAIN = CONFIG + "connect(config.db.connection.host);\n"
KEPT_TAGS = CONFIG + (
    "const line = `${prefix},${Object.entries(tags).map(([tag, value]) => `${tag}=${value}`).join(',')} ${fields}`;\n"
    "push('pizza', { metric: 'creation' }, { total: fails }); post(config.metrics.url, line);\n"
)
LIBRARY = (
    "const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-http');\n"
    + CONFIG
    + ("new HostMetrics({ name: 'host-metrics' }); new OTLPMetricExporter({ url: config.metrics.url });\n")
)
AS_LOGS = CONFIG + "const metric = {}; send(config.metrics.endpointUrl, { streams: [metric] });\n"
SCRAPED = "const client = require('prom-client');\nnew client.Counter({ name: 'pizzas_sold' });\n"
RENAMED = CONFIG + "send({ resourceMetrics: [] }, config.metricsConfig.endpointUrl);\n"
LIST = CONFIG + (
    "const all = [{ name: 'auth_failed', value: 1 },\n{ name: 'active_users', value: 2 },\n"
    "{ name: 'pizza_sold', value: 3 },\n{ name: 'pizza_failures', value: 4 }];\n"
    "send({ resourceMetrics: [{ scopeMetrics: [{ scope: { name: 'pizza-metrics' } }] }] }, config.metrics.url);\n"
)
BY_FACTORY = CONFIG + "const reply = await fetch(`${config.factory.url}/api/log`); eval(reply);\n"
PART = (
    "const config = require('./config').metrics;\nsend({ resourceMetrics: [] }, config.endpointUrl, config.apiKey);\n"
)
KEPT = (
    CONFIG + "class L { constructor(c) { this.config = c; } u() { return this.config.url; } } new L(config.logging);\n"
)


def dialect(root: Path, code: str) -> Dialect:
    (root / "package.json").write_text('{"name": "fork", "scripts": {"start": "node index.js"}}')
    (root / "index.js").write_text(code)
    return Dialect.of(Checkout.at(root))


@pytest.mark.parametrize(
    ("code", "metrics", "era"),
    [
        (OTLP, "OTLP", "2026, endpointUrl and accountId"),
        (INFLUX, "Influx lines", "fall 2024, Influx lines"),
        (NESTED, "OTLP", "one grafana section, a variant of its own"),
        (NAMED, "OTLP", "2025, OTLP"),
        (KEPT_TAGS, "Influx lines", "fall 2024, Influx lines"),
        (LIBRARY, "OTLP", "2025, OTLP"),
        (AS_LOGS, "Loki lines", "2026, endpointUrl and accountId"),
        (RENAMED, "OTLP", "2026, endpointUrl and accountId"),
        (SCRAPED, "Prometheus text", "the course's starting point, without telemetry"),
        (PLAIN, "none", "the course's starting point, without telemetry"),
    ],
)
def test_dialect_tells_wire_and_era_by_what_the_code_reads_and_sends(
    tmp_path: Path, code: str, metrics: str, era: str
) -> None:
    found = dialect(tmp_path, code)
    assert (found.metrics, found.era) == (metrics, era)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (OTLP, (Metric("pizza_purchase", "purchase failures"), Metric("requests", "requests"))),
        (INFLUX, (Metric("pizza", "purchase failures"),)),
        (NAMED, (Metric("auth_failures", "auth"),)),
        (LIBRARY, ()),
        (
            LIST,
            (
                Metric("active_users", "active users"),
                Metric("auth_failed", "auth"),
                Metric("pizza_failures", "purchase failures"),
                Metric("pizza_sold", "purchases"),
            ),
        ),
        (PLAIN, ()),
    ],
)
def test_dialect_names_metrics_with_the_role_that_the_code_suggests(
    tmp_path: Path, code: str, names: tuple[Metric, ...]
) -> None:
    assert dialect(tmp_path, code).names == names


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        (OTLP, 10),
        (CONFIG + "metrics.sendMetricsPeriodically(15000); config.metrics.url", 15),
        (CONFIG + "const every = config.metrics.intervalMs || 5000;", 5),
        (PLAIN, 60),
    ],
)
def test_dialect_finds_the_push_interval_or_takes_the_slowest_known(tmp_path: Path, code: str, seconds: int) -> None:
    assert dialect(tmp_path, code).push_interval == timedelta(seconds=seconds)


def test_logs_that_go_to_the_factory_first_are_seen(tmp_path: Path) -> None:
    assert dialect(tmp_path, BY_FACTORY).logs == "Loki by way of the factory"


def test_keys_read_from_a_part_that_was_handed_on_are_seen(tmp_path: Path) -> None:
    assert dialect(tmp_path, KEPT).keys == ("logging.url",)


def test_keys_read_from_a_part_that_was_imported_alone_are_seen(tmp_path: Path) -> None:
    found = dialect(tmp_path, PART)
    assert (found.keys, found.era) == (("metrics.apiKey", "metrics.endpointUrl"), "2026, endpointUrl and accountId")


def test_keys_of_other_objects_called_config_are_not_taken_for_the_configuration(tmp_path: Path) -> None:
    assert dialect(tmp_path, "function f(config) { return config.intervalMs; }").keys == ()


@pytest.mark.parametrize(
    "code",
    [
        "const part = config.metrics || {};\npart.url; part.apiKey.length; part.apiKey.includes(':');",
        "const { metrics } = config; metrics.url + metrics.apiKey;",
        "const { url, apiKey: key } = config.metrics;",
        "const { metrics: m } = require('./config.js'); m.url; m?.apiKey;",
    ],
)
def test_keys_read_from_a_part_under_another_name_are_seen(tmp_path: Path, code: str) -> None:
    assert dialect(tmp_path, CONFIG + code).keys == ("metrics.apiKey", "metrics.url")


def test_keys_are_seen_where_the_configuration_itself_has_another_name(tmp_path: Path) -> None:
    code = "import settings from './config.js';\nsettings.db.connection.host; settings.factory.url.replace('/', '');\n"
    assert dialect(tmp_path, code).keys == ("db.connection.host", "factory.url")


def test_another_file_whose_name_ends_in_config_is_not_the_configuration(tmp_path: Path) -> None:
    assert dialect(tmp_path, "const own = require('./metricConfig'); own.batchMs;").keys == ()


def test_variables_that_the_code_reads_are_seen(tmp_path: Path) -> None:
    assert dialect(tmp_path, "connect(process.env.MYSQL_HOST, process.env.PORT)").variables == ("MYSQL_HOST", "PORT")


def test_logs_that_a_library_sends_are_seen(tmp_path: Path) -> None:
    assert (
        dialect(tmp_path, CONFIG + "const LokiTransport = require('winston-loki'); config.logging.url").logs == "Loki"
    )
