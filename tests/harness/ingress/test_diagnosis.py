from __future__ import annotations

import pytest

from harness.ingress.description import (
    Balancer,
    DeploymentShown,
    Description,
    RecordShown,
    TargetShown,
    TaskShown,
)
from harness.ingress.diagnosis import View, diagnose
from tests.harness.ingress.cloud import SITE, Cloud

OLD, NEW, ELSEWHERE = "127.0.0.1:8001", "127.0.0.1:8002", "127.0.0.1:7"
OURS = Balancer(name="balancer-2", address=NEW)
GONE = Balancer(name="balancer-1", address=OLD, exists=False)
HEALTHY = TargetShown(task="task-3", address="127.0.0.1:9003", health="healthy", reason="status 200")
SICK = TargetShown(task="task-3", address="127.0.0.1:9003", health="unhealthy", reason="status 500")
FAILED = DeploymentShown(revision="pizza-service:1", state="failed", reason="gave up")


def view(
    address: str,
    *,
    accepts: bool = True,
    balancers: tuple[Balancer, ...] = (GONE, OURS),
    targets: tuple[TargetShown, ...] = (HEALTHY,),
    tasks: tuple[TaskShown, ...] = (),
    record: str | None = None,
) -> View:
    console = Description(
        site=SITE,
        cluster="c",
        service="s",
        records=(RecordShown(name=SITE, address=record or address, ttl_seconds=60.0),),
        balancers=balancers,
        deployment=FAILED,
        targets=targets,
        tasks=tasks,
    )
    return View(SITE, address, accepts, console)


def test_diagnosis_all_well_finds_nothing() -> None:
    found = diagnose(view(NEW))
    assert (found.layer, found.finding) == ("none found", "nothing is broken from DNS to the service tasks")
    assert found.evidence[-1] == "task-3 at 127.0.0.1:9003 is healthy: status 200"


def test_diagnosis_no_record_names_dns() -> None:
    found = diagnose(view("", accepts=False))
    assert (found.layer, found.finding) == ("DNS", f"{SITE} has no DNS record")


def test_diagnosis_dangling_record_without_any_balancer_names_dns_and_says_so() -> None:
    found = diagnose(view(OLD, accepts=False, balancers=(GONE,), targets=()))
    assert (found.layer, found.finding) == ("DNS", "DNS points at a load balancer that no longer exists")
    assert found.evidence == (
        f"{SITE} points at {OLD}, which accepts no connections",
        f"balancer-1 was at {OLD} until it was removed",
        "no load balancer exists",
    )


def test_diagnosis_dangling_record_never_needs_to_know_whose_it_was() -> None:
    found = diagnose(view(OLD, accepts=False, balancers=(OURS,)))
    assert found.finding == "DNS points at a load balancer that no longer exists"
    assert found.evidence[-1] == f"the load balancer balancer-2 is at {NEW}"


def test_diagnosis_record_of_somebody_else_is_not_called_gone() -> None:
    found = diagnose(view(ELSEWHERE))
    assert (found.layer, found.finding) == ("DNS", "DNS points at an address that is not a load balancer of ours")


def test_diagnosis_record_changed_and_client_still_at_the_old_address_says_that() -> None:
    found = diagnose(view(OLD, accepts=False, record=NEW))
    assert found.finding == "DNS was updated, and this client still believes its older answer"
    assert found.evidence[-1] == f"its record says {NEW} by now"


def test_diagnosis_our_balancer_refuses_names_the_balancer() -> None:
    found = diagnose(view(NEW, accepts=False))
    assert (found.layer, found.finding) == ("load balancer", "the load balancer exists and accepts no connections")


def test_diagnosis_sick_targets_name_the_target_group_and_why() -> None:
    found = diagnose(view(NEW, targets=(SICK,)))
    assert (found.layer, found.finding) == ("target group", "the load balancer has no healthy target")
    assert "task-3 at 127.0.0.1:9003 is unhealthy: status 500" in found.evidence


@pytest.mark.parametrize(
    ("state", "finding"),
    [("stopped", "no service task is running"), ("starting", "the service tasks are still starting")],
)
def test_diagnosis_no_targets_names_the_tasks_and_the_last_of_them(state: str, finding: str) -> None:
    task = TaskShown(name="task-3", revision="pizza-service:1", state=state, reason="exited by itself with code 1")
    found = diagnose(view(NEW, targets=(), tasks=(task,)))
    assert (found.layer, found.finding) == ("service tasks", finding)
    assert found.evidence[-2:] == (
        "the deployment of pizza-service:1 is failed: gave up",
        f"task-3 is {state}: exited by itself with code 1",
    )


def test_diagnosis_of_the_incident_changes_with_every_step_towards_its_end() -> None:
    cloud = Cloud()
    cloud.comes_up()
    assert cloud.diagnosis().layer == "none found"
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    cloud.wait(600)
    assert cloud.diagnosis().finding == "DNS points at a load balancer that no longer exists"
    assert "no load balancer exists" in cloud.diagnosis().evidence
    cloud.does(cloud.plane.create_balancer(now=cloud.now))
    cloud.wait(60)
    assert cloud.diagnosis().finding == "DNS points at a load balancer that no longer exists"
    assert "the load balancer pizza-service-balancer-2 is at 127.0.0.1:8002" in cloud.diagnosis().evidence
    cloud.does(cloud.plane.update_record(now=cloud.now))
    assert cloud.diagnosis().layer == "none found"


@pytest.mark.parametrize(
    ("address", "accepts", "layer", "finding"),
    [
        ("", False, "DNS", f"{SITE} has no DNS record"),
        (OLD, False, "load balancer", f"{OLD} accepts no connections"),
        (OLD, True, "none found", f"{OLD} accepts connections"),
    ],
)
def test_diagnosis_without_a_console_judges_what_a_client_sees(
    address: str, accepts: bool, layer: str, finding: str
) -> None:
    found = diagnose(View(SITE, address, accepts))
    assert (found.layer, found.finding) == (layer, finding)
    assert not any("balancer" in line for line in found.evidence)


def test_console_says_what_health_checks_ask_for() -> None:
    assert Cloud().console().health_check == "/"
