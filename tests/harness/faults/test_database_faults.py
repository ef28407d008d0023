"""What the faults of the database have in common, and where they differ."""

import pytest

from harness.faults import (
    DatabaseDenied,
    DatabaseFull,
    DatabaseLocked,
    DatabasePaused,
    DatabaseReadOnly,
    DatabaseSchemaMissing,
    DatabaseSessionsKilled,
    DatabaseStorm,
)
from harness.faults.database_fault import DatabaseFault
from harness.faults.fault import Begin, End, ReplaceTasks
from tests.harness.faults.moments import APPLIED, order

SAYS = [
    (DatabaseLocked(), "500: Lock wait timeout exceeded; try restarting transaction"),
    (DatabaseFull(), "500: database or disk is full"),
    (DatabaseReadOnly(), "500: attempt to write a readonly database"),
    (DatabaseReadOnly(), "500: The MariaDB server is running with the --read-only option so it cannot execute"),
    (DatabaseStorm(), "500: Too many connections"),
    (DatabaseSessionsKilled(), "500: Connection lost: The server closed the connection."),
    (DatabasePaused(), "500: connect ETIMEDOUT"),
    (DatabaseDenied(), "500: Access denied for user 'pizza'@'127.0.0.1' (using password: YES)"),
    (DatabaseSchemaMissing(), "500: Unknown database 'pizza'"),
]


@pytest.mark.parametrize(("fault", "error"), SAYS, ids=lambda value: getattr(value, "name", None))
def test_database_fault_is_hit_by_a_request_that_repeats_what_the_database_said(
    fault: DatabaseFault, error: str
) -> None:
    assert fault.hit_by(order(status=500, error=error), APPLIED) == f"Ada could not order: {error}"
    assert fault.hit_by(order(status=500, error=error, after=-1), APPLIED) is None
    assert fault.hit_by(order(status=500, error="500: fetch failed"), APPLIED) is None
    assert fault.hit_by(order(), APPLIED) is None


@pytest.mark.parametrize("fault", [DatabaseLocked(), DatabasePaused()], ids=lambda fault: fault.name)
def test_fault_that_makes_wait_is_hit_by_a_request_that_nobody_answered_in_time(fault: DatabaseFault) -> None:
    assert fault.hit_by(order(cause="timed out"), APPLIED) == "Ada waited in vain to order"
    assert fault.hit_by(order(status=504, error="504: Gateway Timeout"), APPLIED) == "Ada waited in vain to order"


@pytest.mark.parametrize("fault", [DatabaseDenied(), DatabaseFull()], ids=lambda fault: fault.name)
def test_fault_that_makes_nobody_wait_is_not_hit_by_a_timeout(fault: DatabaseFault) -> None:
    assert fault.hit_by(order(cause="timed out"), APPLIED) is None


@pytest.mark.parametrize("fault", [DatabaseFull(), DatabaseReadOnly()], ids=lambda fault: fault.name)
def test_limit_that_only_new_tasks_know_replaces_them_at_both_ends(fault: DatabaseFault) -> None:
    (trouble,) = fault.troubles
    assert fault.apply() == (Begin(trouble), ReplaceTasks())
    assert fault.heal() == (End(trouble), ReplaceTasks())
