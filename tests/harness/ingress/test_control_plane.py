from __future__ import annotations

import msgspec
import pytest

from harness.errors import HarnessError, ScenarioError
from harness.events import BalancerCreated, BalancerRemoved, DeploymentChanged, RecordChanged
from harness.ingress.commands import StartBalancer, StopBalancer
from harness.ingress.deployment import NO_BALANCER
from harness.ingress.description import Description
from harness.ingress.records import Address
from tests.harness.ingress.cloud import SITE, Cloud


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.comes_up()
    return cloud


@pytest.fixture
def night(cloud: Cloud) -> Cloud:
    """Ten minutes after the load balancer went missing."""
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    cloud.wait(600)
    return cloud


def deployments(cloud: Cloud) -> list[tuple[str, str]]:
    return [(event.revision, event.state) for event in cloud.events if isinstance(event, DeploymentChanged)]


def test_site_coming_up_is_reached_through_its_record(cloud: Cloud) -> None:
    assert cloud.is_reached()
    assert deployments(cloud)[-1] == ("pizza-service:1", "completed")
    assert [type(event) for event in cloud.events if isinstance(event, BalancerCreated | RecordChanged)] == [
        BalancerCreated,
        RecordChanged,
    ]


def test_push_replaces_the_task_and_is_never_without_a_target(cloud: Cloud) -> None:
    cloud.emptied_at.clear()
    did = cloud.does(cloud.plane.push("v2", note="a new endpoint", now=cloud.now))
    cloud.wait(30)
    assert did == "pushed v2 (a new endpoint) and began to roll pizza-service:2 out"
    assert cloud.is_reached()
    assert cloud.running == {"task-2"}
    assert cloud.emptied_at == []
    assert cloud.plane.definition("pizza-service:2").pushed == "v2"


def test_balancer_removed_record_stays_and_tasks_are_stopped_until_it_gives_up(cloud: Cloud) -> None:
    done = cloud.plane.remove_balancer(now=cloud.now)
    assert StopBalancer("pizza-service-balancer-1") in done.commands
    cloud.does(done)
    record = cloud.zone.find(SITE)
    assert record is not None
    assert record.address == Address("127.0.0.1", 8001)
    cloud.wait(10)
    assert "task-1" in cloud.stopped
    cloud.wait(590)
    assert (cloud.started, cloud.running) == (["task-1", "task-2", "task-3"], set())
    assert deployments(cloud)[-1] == ("pizza-service:1", "failed")
    assert cloud.history("task-3") == ["starting", "running", "unhealthy", "stopped"]
    assert NO_BALANCER in cloud.console().tasks[-1].reason
    assert [event.address for event in cloud.events if isinstance(event, BalancerRemoved)] == ["127.0.0.1:8001"]


def test_balancer_removed_twice_is_an_error_of_the_scenario(night: Cloud) -> None:
    with pytest.raises(ScenarioError, match="there is no load balancer"):
        night.plane.remove_balancer(now=night.now)


@pytest.mark.parametrize(
    "remedy", ["recreate_task_definition", "recreate_service", "recreate_cluster", "push", "roll_back"]
)
def test_remedy_without_a_balancer_really_starts_tasks_that_are_really_stopped_again(cloud: Cloud, remedy: str) -> None:
    cloud.does(cloud.plane.push("v2", note="a new endpoint", now=cloud.now))
    cloud.wait(60)
    cloud.does(cloud.plane.remove_balancer(now=cloud.now))
    cloud.wait(600)
    before = len(cloud.started)
    if remedy == "push":
        cloud.does(cloud.plane.push("v3", note="the endpoint removed", now=cloud.now))
    else:
        cloud.does(getattr(cloud.plane, remedy)(now=cloud.now))
    assert len(cloud.running) == 1
    cloud.wait(600)
    assert len(cloud.started) == before + 2
    assert cloud.running == set()
    assert not cloud.is_reached()
    assert deployments(cloud)[-1][1] == "failed"


def test_balancer_created_again_is_elsewhere_and_the_site_is_back_only_with_the_record(night: Cloud) -> None:
    did = night.does(night.plane.create_balancer(now=night.now))
    night.wait(300)
    assert did == "created the load balancer pizza-service-balancer-2 in front of the target group"
    assert night.console().targets[0].health == "healthy"
    assert not night.is_reached()
    did = night.does(night.plane.update_record(now=night.now))
    where = "pizza-service-balancer-2 (127.0.0.1:8002)"
    assert did == f"pointed {SITE} at {where}; clients may keep an older answer for 1 min"
    assert night.is_reached()


def test_balancer_created_while_one_exists_is_not_created(cloud: Cloud) -> None:
    done = cloud.plane.create_balancer(now=cloud.now)
    assert done.commands == ()
    assert "exists already at 127.0.0.1:8001" in done.did


def test_balancer_with_a_name_of_its_own_leaves_the_sites_next_name_free(night: Cloud) -> None:
    night.does(night.plane.create_balancer(now=night.now, name="pizza-service-balancer-3"))
    night.does(night.plane.remove_balancer(now=night.now))
    night.does(night.plane.create_balancer(now=night.now))
    assert [each.name for each in night.console().balancers if each.exists] == ["pizza-service-balancer-4"]


def test_balancer_with_a_name_that_one_had_before_is_refused(night: Cloud) -> None:
    with pytest.raises(ScenarioError, match="no name is used twice"):
        night.plane.create_balancer(now=night.now, name="pizza-service-balancer-1")


def test_service_deleted_before_anything_was_deployed_is_not_deleted() -> None:
    assert Cloud().plane.delete_service(now=0).commands == ()


def test_target_set_aside_whose_task_stopped_leaves_its_address_to_the_next(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Address.parse(cloud.console().tasks[0].address)
    monkeypatch.setattr(cloud, "_address", lambda _: where)
    cloud.does(cloud.plane.set_aside(where, now=cloud.now))
    cloud.does(cloud.plane.push("v2", note="new", now=cloud.now))
    cloud.wait(60)
    assert [(each.task, each.health) for each in cloud.console().targets] == [("task-2", "healthy")]


def test_balancer_asked_for_twice_before_it_is_ready_starts_once() -> None:
    plane = Cloud().plane
    assert plane.create_balancer(now=0).commands == (StartBalancer("pizza-service-balancer-1"),)
    again = plane.create_balancer(now=1)
    assert (again.commands, "is being made ready" in again.did) == ((), True)


def test_balancer_removed_before_it_was_ready_stays_removed() -> None:
    cloud = Cloud()
    cloud.plane.create_balancer(now=0)
    assert StopBalancer("pizza-service-balancer-1") in cloud.plane.remove_balancer(now=1).commands
    assert cloud.plane.balancer_ready("pizza-service-balancer-1", address=Address("127.0.0.1", 1), now=2) == ()
    assert cloud.plane.balancer is None


def test_balancer_ready_that_nobody_asked_for_is_an_error() -> None:
    with pytest.raises(HarnessError, match="unknown load balancer"):
        Cloud().plane.balancer_ready("mine", address=Address("127.0.0.1", 1), now=0)


def test_record_updated_without_a_balancer_is_left_alone(night: Cloud) -> None:
    changes = len([event for event in night.events if isinstance(event, RecordChanged)])
    did = night.does(night.plane.update_record(now=night.now))
    assert did == f"there is no load balancer to point {SITE} at, so its record was left alone"
    assert len([event for event in night.events if isinstance(event, RecordChanged)]) == changes


def test_record_updated_though_right_already_is_left_alone(cloud: Cloud) -> None:
    assert "already" in cloud.does(cloud.plane.update_record(now=cloud.now))


def test_recreate_service_interrupts_and_comes_back(cloud: Cloud) -> None:
    did = cloud.does(cloud.plane.recreate_service(now=cloud.now))
    assert did == "recreated the service as pizza-service-2, with pizza-service:1"
    assert not cloud.is_reached()
    cloud.wait(30)
    assert cloud.is_reached()
    assert cloud.running == {"task-2"}


def test_recreate_cluster_makes_service_and_cluster_anew(cloud: Cloud) -> None:
    did = cloud.does(cloud.plane.recreate_cluster(now=cloud.now))
    assert did == "recreated the cluster as pizza-service-cluster-2, with pizza-service:1"
    assert cloud.console().service == "pizza-service-2"


def test_recreate_task_definition_registers_the_same_code_once_more(cloud: Cloud) -> None:
    cloud.does(cloud.plane.recreate_task_definition(now=cloud.now))
    cloud.wait(60)
    assert [(known.name, known.pushed) for known in cloud.console().definitions] == [
        ("pizza-service:1", "v1"),
        ("pizza-service:2", "v1"),
    ]
    assert cloud.is_reached()


def test_roll_back_goes_to_the_last_other_code(cloud: Cloud) -> None:
    cloud.does(cloud.plane.push("v2", note="broken", now=cloud.now))
    cloud.wait(60)
    cloud.does(cloud.plane.recreate_task_definition(now=cloud.now))
    cloud.wait(60)
    did = cloud.does(cloud.plane.roll_back(now=cloud.now))
    cloud.wait(60)
    assert did == "began to roll back from pizza-service:3 to pizza-service:1 (v1)"
    assert deployments(cloud)[-1] == ("pizza-service:1", "completed")


def test_roll_back_from_the_first_version_does_nothing_and_says_so(cloud: Cloud) -> None:
    done = cloud.plane.roll_back(now=cloud.now)
    assert (done.commands, done.did) == (
        (),
        "there is nothing earlier than pizza-service:1 to roll back to, so nothing was done",
    )


@pytest.mark.parametrize("remedy", ["recreate_task_definition", "recreate_service", "recreate_cluster", "roll_back"])
def test_remedy_before_anything_was_deployed_does_nothing_and_says_so(remedy: str) -> None:
    done = getattr(Cloud().plane, remedy)(now=0)
    assert (done.commands, "nothing was deployed yet" in done.did) == ((), True)


def test_sick_task_is_replaced_while_a_well_one_goes_on_serving() -> None:
    cloud = Cloud(desired=2)
    cloud.comes_up()
    cloud.sick.add("task-1")
    cloud.wait(60)
    assert cloud.running == {"task-2", "task-3"}
    assert cloud.emptied_at == [0.0]


def test_push_that_is_sick_gives_up_and_the_old_task_goes_on_serving(cloud: Cloud) -> None:
    cloud.sick |= {"task-2", "task-3"}
    cloud.does(cloud.plane.push("v2", note="broken", now=cloud.now))
    cloud.wait(600)
    assert cloud.is_reached()
    assert cloud.running == {"task-1"}
    assert deployments(cloud)[-1] == ("pizza-service:2", "failed")


def test_description_is_plain_data_that_survives_json(night: Cloud) -> None:
    described = night.console()
    assert msgspec.json.decode(msgspec.json.encode(described), type=Description) == described
    assert [(known.name, known.address, known.exists) for known in described.balancers] == [
        ("pizza-service-balancer-1", "127.0.0.1:8001", False)
    ]
    assert [(known.name, known.address, known.ttl_seconds) for known in described.records] == [
        (SITE, "127.0.0.1:8001", 60.0)
    ]
    assert described.targets == ()


def test_audit_trail_keeps_what_was_done_and_when(night: Cloud) -> None:
    trail = [(event.steady, event.resource, event.what) for event in night.console().trail]
    assert trail[0] == (0.0, "pizza-service-1", "pushed v1 (first version) and began to roll pizza-service:1 out")
    assert trail[-1] == (30.0, "pizza-service-balancer-1", "removed the load balancer pizza-service-balancer-1")


def test_definition_that_never_was_is_an_error(cloud: Cloud) -> None:
    with pytest.raises(HarnessError, match="Did you mean 'pizza-service:1'"):
        cloud.plane.definition("pizza-servic:1")
