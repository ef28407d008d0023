from __future__ import annotations

from harness.ingress.health import Health


def after(checks: str, *, healthy: int = 2, unhealthy: int = 2) -> Health:
    """Give the health after so many checks: `+` succeeded, `-` failed."""
    health = Health(healthy, unhealthy)
    for check in checks:
        health = health.after(ok=check == "+", reason={"+": "status 200", "-": "connection refused"}[check])
    return health


def test_health_never_checked_is_initial() -> None:
    assert (after("").state, after("").reason) == ("initial", "not checked yet")


def test_health_one_success_of_two_is_still_initial() -> None:
    assert after("+").state == "initial"


def test_health_two_successes_in_a_row_is_healthy() -> None:
    assert after("++").state == "healthy"


def test_health_success_failure_success_starts_the_count_anew() -> None:
    health = after("+-+")
    assert (health.state, health.successes, health.failures) == ("initial", 1, 0)


def test_health_two_failures_in_a_row_is_unhealthy_and_says_why() -> None:
    assert (after("--").state, after("--").reason) == ("unhealthy", "connection refused")


def test_health_healthy_then_one_failure_stays_healthy_and_remembers_it() -> None:
    health = after("++-")
    assert (health.state, health.failures, health.reason) == ("healthy", 1, "connection refused")


def test_health_healthy_then_failures_with_a_success_between_stays_healthy() -> None:
    assert after("++-+-+-").state == "healthy"


def test_health_unhealthy_then_one_success_stays_unhealthy_until_the_threshold() -> None:
    assert after("--+").state == "unhealthy"
    assert after("--++").state == "healthy"


def test_health_thresholds_differ_each_counts_its_own() -> None:
    assert after("++", healthy=3).state == "initial"
    assert after("+++--", healthy=3, unhealthy=3).state == "healthy"
    assert after("+++---", healthy=3, unhealthy=3).state == "unhealthy"
    assert after("-", unhealthy=1).state == "unhealthy"
