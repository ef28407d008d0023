from datetime import UTC, datetime

from harness.gameday import console
from harness.ingress.description import (
    Balancer,
    DeploymentShown,
    Description,
    RecordShown,
    StackEvent,
    TargetShown,
    TaskDefinition,
    TaskShown,
)
from harness.telemetry.pushes import LogLine

SHOWN = Description(
    site="pizza.test",
    cluster="pizza",
    service="pizza-service",
    records=(RecordShown(name="pizza.test", address="127.0.0.11:80", ttl_seconds=60),),
    balancers=(
        Balancer(name="old", address="127.0.0.11:80", exists=False),
        Balancer(name="new", address="127.0.0.12:80", state="active"),
    ),
    deployment=DeploymentShown(revision="pizza-service:2", state="completed", reason="healthy"),
    targets=(TargetShown(task="t1", address="127.0.0.1:9", health="unhealthy", reason="refused"),),
    tasks=(TaskShown(name="t1", revision="pizza-service:2", state="running", reason="started"),),
    definitions=(TaskDefinition(name="pizza-service:2", pushed="v2", note="an endpoint"),),
    trail=(StackEvent(steady=1, resource="balancer old", what="removed"),),
)
EMPTY = Description(site="pizza.test", cluster="pizza", service="pizza-service")


def test_load_balancer_that_is_gone_is_not_listed() -> None:
    assert console.load_balancers(SHOWN) == "new  127.0.0.12:80  active"
    assert console.load_balancers(EMPTY) == "there are no load balancers"


def test_every_tool_says_something_of_everything_and_of_nothing() -> None:
    for name, tool in console.DESCRIBE.items():
        assert tool(SHOWN) != tool(EMPTY), name
        assert tool(EMPTY), name


def test_records_services_and_targets_are_told_as_a_console_tells_them() -> None:
    assert console.records(SHOWN) == "pizza.test  60  IN  A  127.0.0.11:80"
    assert "deployment of pizza-service:2: completed (healthy)" in console.services(SHOWN)
    assert console.target_health(SHOWN) == "t1  127.0.0.1:9  unhealthy: refused"
    assert console.stack_events(SHOWN, incident=incident) == "00:00:01  balancer old: removed"
    assert console.stack_events(EMPTY, incident=incident) == "nothing was done so far"
    assert console.task_definitions(SHOWN) == "pizza-service:2  v2  an endpoint"


def test_logs_show_the_newest_lines_last() -> None:
    lines = [LogLine({}, float(number), f"line {number}") for number in range(100)]
    head, *shown = console.logs(lines, incident=incident).splitlines()
    assert head == "100 lines, the newest 40:"
    assert shown[-1] == "00:01:39  line 99"
    assert len(shown) == console.LOG_LINES
    assert console.logs([], incident=incident) == "no line holds that"


def test_log_search_wants_every_word_in_whatever_case() -> None:
    lines = [LogLine({}, 0.0, "POST /api/order 500"), LogLine({}, 1.0, "GET /api/order 200")]
    assert console.holding(lines, "order post") == lines[:1]
    assert console.holding(lines, "") == lines
    assert console.holding(lines, "franchise") == []


def incident(steady: float) -> datetime:
    return datetime.fromtimestamp(steady, UTC)
