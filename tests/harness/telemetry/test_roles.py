"""The names are those of 21 real forks of jwt-pizza-service, as their pushes are called once they are stored."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.telemetry.influx import read_lines
from harness.telemetry.roles import Role, RoleMap
from harness.telemetry.text import read_exposition

NAMES: dict[str, dict[Role | None, str]] = {
    "ABCambridge": {
        Role.REQUESTS: "GET_total PUT_total POST_total DELETE_total",
        Role.AUTH: "Valid_Logins_total Invalid_Logins_total",
        Role.ACTIVE_USERS: "Active_Users_total",
        Role.PURCHASES: "Pizzas_Sold_total",
        Role.PURCHASE_FAILURES: "Pizza_Creation_Failures_total",
        Role.LATENCY: "Latency_milliseconds_total",
        Role.PIZZA_LATENCY: "Pizza_Creation_Latency_milliseconds_total",
        Role.CPU: "CPU_Usage_percent",
        Role.MEMORY: "Memory_Usage_percent",
        None: "Current_Revenue_total Chaos_Monkey_ratio",
    },
    "PorterNilsson": {
        Role.REQUESTS: 'requests_total{method="GET"}',
        Role.AUTH: "successfulLogins_total failedLogins_total",
        Role.PURCHASES: "pizzasSold_total",
        Role.PURCHASE_FAILURES: "pizzaCreationFailures_total",
        Role.ACTIVE_USERS: "activeUsers_ratio",
        Role.CPU: "cpuUsage_percent",
        Role.MEMORY: "memoryUsage_percent",
        Role.LATENCY: "backendLatency_milliseconds",
        Role.PIZZA_LATENCY: "factoryLatency_milliseconds",
        None: "totalRevenue_total",
    },
    "adammharris": {
        Role.REQUESTS: 'http_requests_total{method="GET"}',
        Role.AUTH: 'auth_attempts_total{status="success"} auth_attempts_total{status="failure"}',
        Role.PURCHASES: "pizza_purchases_total",
        Role.PURCHASE_FAILURES: "pizza_creation_failures_total",
        Role.ACTIVE_USERS: "active_users",
        Role.CPU: "cpu_usage_percent",
        Role.MEMORY: "memory_usage_percent",
        Role.LATENCY: 'http_request_latency_milliseconds{method="GET",route="/api/order"}',
        Role.PIZZA_LATENCY: "pizza_creation_latency_milliseconds",
        None: "pizza_revenue_USD_total",
    },
    "bauchdj": {
        Role.PURCHASES: 'order_total{type="sold"}',
        Role.PURCHASE_FAILURES: 'order_total{type="failed"}',
        Role.AUTH: 'login_attempts_total{status="failed"}',
        Role.REQUESTS: "http_requests_total",
        Role.ACTIVE_USERS: "active_users_count",
        Role.LATENCY: 'request_latency_milliseconds{type="avg",route="/api/order"}',
        Role.CPU: 'system_usage_percent{type="cpu"}',
        Role.MEMORY: 'system_usage_percent{type="memory"}',
        None: 'order_ratio{type="revenue"}',
    },
    "curtisrosenvall": {
        Role.REQUESTS: "requests_per_minute",
        Role.AUTH: "auth_failure_per_minute",
        Role.PURCHASES: "pizza_sales_per_minute",
        Role.PURCHASE_FAILURES: "pizza_failures_per_minute",
        Role.PIZZA_LATENCY: "pizza_order_latency_avg",
        Role.LATENCY: "request_latency",
        Role.ERRORS: "error_rate",
        None: "db_queries db_errors db_latency",
    },
    "devin-williams": {
        Role.REQUESTS: "http_requests_total http_requests_get",
        Role.AUTH: "auth_success auth_failure",
        Role.PURCHASES: "pizza_sold",
        Role.PURCHASE_FAILURES: "pizza_failures",
        Role.ACTIVE_USERS: "active_users",
        Role.LATENCY: "service_latency_avg",
        Role.PIZZA_LATENCY: "pizza_creation_latency_avg",
        Role.CPU: "cpu_usage",
        Role.MEMORY: "memory_usage",
        None: "pizza_revenue",
    },
    "dunemask": {
        Role.REQUESTS: "http_req_GET_total",
        Role.AUTH: "auth_success_total auth_fail_total",
        Role.PURCHASES: "pizza_success_total",
        Role.PURCHASE_FAILURES: "pizza_fail_total",
        Role.LATENCY: "latency_avg_milliseconds",
        Role.PIZZA_LATENCY: "pizza_latency_milliseconds",
        Role.CPU: "cpu_percent",
        Role.MEMORY: "memory_percent",
        None: "pizza_revenue_total",
    },
    "erush4": {
        Role.REQUESTS: 'requests_total{method="GET",route="/api/auth"}',
        Role.AUTH: 'login_total{type="failed"}',
        Role.PURCHASES: 'pizza_purchase_total{type="pizzas_bought"}',
        Role.PURCHASE_FAILURES: 'pizza_purchase_total{type="pizza_fails"}',
        Role.LATENCY: 'latency_milliseconds{type="request"}',
        Role.PIZZA_LATENCY: 'latency_milliseconds{type="pizza"}',
        Role.CPU: 'hardware_use_percent{component="cpu"}',
        Role.MEMORY: 'hardware_use_percent{component="memory"}',
        Role.ACTIVE_USERS: "active_users_ratio",
        None: 'pizza_purchase_total{type="pizza_revenue"}',
    },
    "frenchhornbro": {
        Role.REQUESTS: "request_total request_get",
        Role.AUTH: "auth_SUCCESS auth_FAIL",
        Role.PURCHASES: "pizza_PURCHASES",
        Role.PURCHASE_FAILURES: "pizza_FAILURES",
        Role.LATENCY: "latency_getMenu",
        Role.ACTIVE_USERS: "users",
        Role.CPU: "cpu",
        Role.MEMORY: "memory",
        None: "revenue_REVENUE",
    },
    "frozenfrank": {
        Role.REQUESTS: "http",
        Role.ERRORS: "http_results_5xx http_results_error",
        Role.ACTIVE_USERS: "users sessions",
        Role.AUTH: "auth",
        Role.PURCHASES: "sales_qty",
        Role.PURCHASE_FAILURES: "sales_failed_requests",
        Role.LATENCY: "lat_service",
        Role.PIZZA_LATENCY: "lat_factory",
        None: "sys sales_revenue",
    },
    "gavinshelley3": {
        Role.REQUESTS: 'http_requests_total http_requests_by_method_total{method="DELETE"}',
        Role.AUTH: 'auth_attempts_total{type="login",result="failure"}',
        Role.PURCHASES: "pizzas_sold_total",
        Role.PURCHASE_FAILURES: "pizza_creation_failures_total",
        Role.LATENCY: "service_latency_ms_milliseconds",
        Role.PIZZA_LATENCY: "pizza_creation_latency_ms_milliseconds",
        Role.ACTIVE_USERS: "active_users_ratio",
        None: "pizza_revenue_total",
    },
    "ghprime": {
        Role.REQUESTS: "get_requests_total",
        Role.AUTH: "auth_attempts_total auth_attempts_success_total auth_attempts_fail_total",
        Role.ERRORS: "server_error_total",
        Role.LATENCY: "service_latency_milliseconds_total",
        Role.PIZZA_LATENCY: "pizza_latency_milliseconds_total",
        Role.PURCHASES: "pizzas_sold_total",
        Role.PURCHASE_FAILURES: "pizzas_failed_total",
        Role.ACTIVE_USERS: "active_users",
        Role.CPU: "cpu_usage_percent",
        Role.MEMORY: "memory_usage_percent",
        None: "revenue_total log_success_total log_failed_total",
    },
    "grames02": {
        Role.AUTH: 'auth_attempts_total{outcome="failure"}',
        Role.PURCHASES: 'pizza_purchases_total{outcome="success"}',
        Role.PURCHASE_FAILURES: 'pizza_purchases_total{outcome="failure"}',
        Role.LATENCY: 'http_latency_ms_milliseconds{method="GET"}',
        Role.CPU: "cpu_percent",
    },
    "isaaclewis5001": {
        Role.CPU: "system_load",
        Role.AUTH: "authentications",
        Role.PURCHASES: 'pizzas_sold{tag="success"}',
        Role.PURCHASE_FAILURES: 'pizzas_sold{tag="failed"}',
        Role.LATENCY: 'latency_avg{tag="service"}',
        Role.PIZZA_LATENCY: 'latency_avg{tag="factory"}',
        Role.ERRORS: "unhandled_exceptions response_errors",
        Role.REQUESTS: "request",
    },
    "jeremiahu2": {
        Role.REQUESTS: "http_get_total",
        Role.AUTH: "auth_success_total auth_failure_total",
        Role.PURCHASES: "pizza_sold_total",
        Role.PURCHASE_FAILURES: "pizza_failures_total",
        Role.PIZZA_LATENCY: "pizza_latency_milliseconds",
        Role.ACTIVE_USERS: "active_users_ratio",
        None: "pizza_revenue",
    },
    "kgg511": {
        Role.REQUESTS: "GET_total Total_total",
        Role.PURCHASES: "PizzasSold_total",
        Role.PURCHASE_FAILURES: "CreationFailures_total",
        Role.ACTIVE_USERS: "ActiveUsers_total",
        Role.CPU: "CPU_percent",
        Role.MEMORY: "Memory_percent",
        Role.LATENCY: "EndpointLatency_milliseconds",
        Role.PIZZA_LATENCY: "PizzaLatency_milliseconds",
        None: "Revenue_total Success_total",
    },
    "mfplinta": {
        Role.REQUESTS: "get_requests_total",
        Role.LATENCY: "latency_milliseconds_total",
        Role.PIZZA_LATENCY: "pizza_latency_milliseconds_total",
        Role.PURCHASES: "pizza_purchases_total",
        Role.PURCHASE_FAILURES: "pizza_errors_total",
        Role.AUTH: "auth_success_total auth_failure_total",
        None: "revenue_total",
    },
    "mmad4804": {
        Role.REQUESTS: 'http_requests_total{endpoint="/api/auth"}',
        Role.AUTH: 'auth_attempts_total{outcome="success"}',
        Role.PURCHASES: "pizzas_sold_total",
        Role.PURCHASE_FAILURES: "creation_failures_total",
        Role.LATENCY: "service_latency_ms_milliseconds",
        Role.PIZZA_LATENCY: "pizza_creation_latency_ms_milliseconds",
        None: "revenue_total_USD_total",
    },
    "parkernilson": {
        Role.REQUESTS: 'request endpoint{path="/api/order",method="POST"}',
        Role.AUTH: 'auth_total{success="false"}',
        Role.PURCHASES: 'pizza{metric="sold"}',
        Role.ACTIVE_USERS: "users",
        None: 'system pizza{metric="revenue"} pizza{metric="creation"}',
    },
    "trentw0826": {
        Role.REQUESTS: "http_requests_total http_requests_get_total",
        Role.AUTH: "auth_success_total auth_failure_total",
        Role.PURCHASES: "pizzas_sold_total",
        Role.PURCHASE_FAILURES: "pizzas_failed_total",
        Role.LATENCY: 'request_latency_milliseconds{type="avg"}',
        Role.PIZZA_LATENCY: "pizza_creation_latency_milliseconds",
        None: "pizza_revenue_BTC_total",
    },
    "zacherikson": {
        Role.REQUESTS: "total get_total put_total post_total delete_total",
        Role.AUTH: "auth_attempts_success_total",
        Role.PURCHASES: "pizzas_purchases_total",
        Role.PURCHASE_FAILURES: "creation_failures_total",
        Role.PIZZA_LATENCY: "creation_latency_milliseconds_total",
        Role.LATENCY: "request_duration_milliseconds",
        Role.CPU: "cpu_percent",
        Role.MEMORY: "memory_percent",
        None: "revenue_total chaos_ratio",
    },
}


def labels(series: str) -> dict[str, str]:
    return read_exposition(f"{series} 1".encode())[0].labels


def test_forks_are_all_21() -> None:
    assert len(NAMES) == 21


@pytest.mark.parametrize(
    ("series", "role"),
    [
        pytest.param(series, role, id=f"{fork}-{series}")
        for fork, roles in NAMES.items()
        for role, names in roles.items()
        for series in names.split(" ")
    ],
)
def test_role_of_a_real_forks_metric_is_guessed_and_shown_as_a_guess(series: str, role: Role | None) -> None:
    found = RoleMap().of(labels(series))
    assert (found.role, found.is_declared) == (role, False)
    assert f"is {role or 'in no role'} (a guess: " in str(found)


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ("pizza_failures", "pizza_failures is purchase failures (a guess: it says 'pizza' and 'failures')"),
        (
            'order_total{type="failed",path="/api/auth"}',
            "order_total{type=\"failed\"} is purchase failures (a guess: it says 'order' and 'failed')",
        ),
        ("zacherikson", "zacherikson is in no role (a guess: none of its words is known)"),
        ("activeUserCount", "activeUserCount is active users (a guess: it says 'active' and 'user')"),
        ("loggedInUserCount", "loggedInUserCount is active users (a guess: it says 'logged' and 'user')"),
        ("v8js_gc_duration_seconds_sum", "v8js_gc_duration_seconds_sum is in no role (a guess: it says 'gc')"),
        ("total", "total is requests (a guess: it is the total, and of nothing named)"),
        ('http_requests_total{code="503"}', "http_requests_total{code=\"503\"} is errors (a guess: it says '5xx')"),
        ('http_requests_total{code="404"}', "http_requests_total{code=\"404\"} is requests (a guess: it says 'http')"),
        (
            'pizza{success="false"}',
            "pizza{success=\"false\"} is purchase failures (a guess: it says 'pizza' and 'failed')",
        ),
    ],
)
def test_guess_says_what_it_is_made_from(series: str, said: str) -> None:
    assert str(RoleMap().of(labels(series))) == said


def test_guess_of_an_influx_push_is_made_from_measurement_and_field() -> None:
    samples = read_lines(b"sales,source=pizza qty=5,failed_requests=1,revenue=0.5")
    assert [RoleMap().of(sample.labels).role for sample in samples] == [Role.PURCHASES, Role.PURCHASE_FAILURES, None]


DECLARED = RoleMap({"Success_total": "auth", 'order_total{type="failed"}': "purchase failures", "order_total": "none"})


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ("Success_total", "Success_total is auth (declared)"),
        ('order_total{type="failed",region="x"}', 'order_total{type="failed"} is purchase failures (declared)'),
        ('order_total{type="sold"}', "order_total is in no role (declared)"),
        ("pizzas_sold", "pizzas_sold is purchases (a guess: it says 'pizzas')"),
    ],
)
def test_declared_role_goes_before_a_guess_and_the_narrower_before_the_wider(series: str, said: str) -> None:
    assert str(DECLARED.of(labels(series))) == said


def test_roles_of_many_series_are_listed_once_each() -> None:
    many = [labels(f'order_total{{type="failed",store="{store}"}}') for store in "123"] + [labels("cpu")]
    assert [each.role for each in DECLARED.over(many)] == [Role.PURCHASE_FAILURES, Role.CPU]


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ({"sold": "purchase"}, "sold: unknown role 'purchase'. Did you mean 'purchases'?"),
        ({"sold{type=x}": "auth"}, "the role of 'sold{type=x}' is declared, but metric, line 1, column 11: expected a"),
        ({"sold now": "auth"}, "expected the end, found ' now'"),
        ({"": "auth"}, "expected the name of a metric"),
    ],
)
def test_declared_role_that_cannot_be_read_is_refused(declared: dict[str, str], complaint: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        RoleMap(declared)
    assert complaint in str(refused.value)
