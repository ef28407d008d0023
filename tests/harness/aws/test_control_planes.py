"""One conformance test for the control plane and for its face towards AWS: what one can do, the other can."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import pytest

from harness.ingress.records import Address
from tests.harness.aws.account import Account
from tests.harness.ingress.cloud import SITE, Cloud


class Console(Protocol):
    """What an engineer sees and does."""

    def balancers(self) -> dict[str, str]: ...
    def record(self) -> str: ...
    def target_health(self) -> list[str]: ...
    def rollout(self) -> tuple[str, str]: ...
    def happened(self) -> str: ...
    def create_balancer(self, name: str) -> None: ...
    def remove_balancer(self) -> None: ...
    def point_record(self, host: str) -> None: ...
    def remove_record(self) -> None: ...
    def deploy(self, version: str) -> None: ...
    def delete_service(self) -> None: ...
    def create_service(self) -> None: ...
    def set_aside(self, *, aside: bool) -> None: ...


class InMemory:
    """By the control plane's own operations."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def balancers(self) -> dict[str, str]:
        there = [each for each in self._cloud.console().balancers if each.exists]
        return {each.name: each.address.partition(":")[0] for each in there}

    def record(self) -> str:
        return next((each.address.partition(":")[0] for each in self._cloud.console().records), "")

    def target_health(self) -> list[str]:
        return [each.health for each in self._cloud.console().targets]

    def rollout(self) -> tuple[str, str]:
        deployment = self._cloud.console().deployment
        return (deployment.revision, deployment.state) if deployment else ("", "")

    def happened(self) -> str:
        return self._cloud.console().trail[-1].what

    def create_balancer(self, name: str) -> None:
        self._cloud.does(self._cloud.plane.create_balancer(now=self._cloud.now, name=name))

    def remove_balancer(self) -> None:
        self._cloud.does(self._cloud.plane.remove_balancer(now=self._cloud.now))

    def point_record(self, host: str) -> None:
        balancer = self._cloud.plane.balancer
        port = Address.parse(balancer.address).port if balancer and balancer.address else 80
        ttl = timedelta(seconds=60)
        self._cloud.does(self._cloud.plane.set_record(SITE, Address(host, port), ttl=ttl, now=self._cloud.now))

    def remove_record(self) -> None:
        self._cloud.does(self._cloud.plane.remove_record(SITE, now=self._cloud.now))

    def deploy(self, version: str) -> None:
        plane, now = self._cloud.plane, self._cloud.now
        self._cloud.does(plane.register(version, note="by hand", now=now))
        self._cloud.does(plane.deploy(self._cloud.console().definitions[-1].name, now=now))

    def delete_service(self) -> None:
        self._cloud.does(self._cloud.plane.delete_service(now=self._cloud.now))

    def create_service(self) -> None:
        newest = self._cloud.console().definitions[-1].name
        self._cloud.does(self._cloud.plane.create_service(newest, now=self._cloud.now))

    def set_aside(self, *, aside: bool) -> None:
        where = next(each.address for each in self._cloud.console().tasks if each.state == "healthy")
        self._cloud.does(self._cloud.plane.set_aside(Address.parse(where), aside=aside, now=self._cloud.now))


class ThroughAws:
    """By boto3 and nothing else."""

    def __init__(self, cloud: Cloud) -> None:
        account = Account(cloud)
        self._elb, self._ecs = account.client("elbv2"), account.client("ecs", region="eu-west-1")
        self._dns, self._stacks = account.client("route53"), account.client("cloudformation")

    def balancers(self) -> dict[str, str]:
        there = self._elb.describe_load_balancers()["LoadBalancers"]
        return {
            each["LoadBalancerName"]: each["AvailabilityZones"][0]["LoadBalancerAddresses"][0]["IpAddress"]
            for each in there
        }

    def record(self) -> str:
        found = self._dns.list_resource_record_sets(HostedZoneId=self._zone())["ResourceRecordSets"]
        return next((each["ResourceRecords"][0]["Value"] for each in found if each["Type"] == "A"), "")

    def target_health(self) -> list[str]:
        shown = self._elb.describe_target_health(TargetGroupArn=self._group())["TargetHealthDescriptions"]
        return [each["TargetHealth"]["State"] for each in shown]

    def rollout(self) -> tuple[str, str]:
        arns = self._ecs.list_services(cluster=self._cluster())["serviceArns"]
        if not arns:
            return ("", "")
        primary = self._service()["deployments"][0]
        return primary["taskDefinition"].rpartition("/")[2], primary["rolloutState"].replace("_", " ").lower()

    def happened(self) -> str:
        stack = self._stacks.describe_stacks()["Stacks"][0]["StackName"]
        return str(self._stacks.describe_stack_events(StackName=stack)["StackEvents"][0]["ResourceStatusReason"])

    def create_balancer(self, name: str) -> None:
        made = self._elb.create_load_balancer(Name=name, Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
        forward = [{"Type": "forward", "TargetGroupArn": self._group()}]
        arn = made["LoadBalancerArn"]
        self._elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)

    def remove_balancer(self) -> None:
        there = self._elb.describe_load_balancers()["LoadBalancers"][0]
        self._elb.delete_load_balancer(LoadBalancerArn=there["LoadBalancerArn"])

    def point_record(self, host: str) -> None:
        self._change("UPSERT", {"TTL": 60, "ResourceRecords": [{"Value": host}]})

    def remove_record(self) -> None:
        self._change("DELETE", {"TTL": 60, "ResourceRecords": [{"Value": self.record()}]})

    def deploy(self, version: str) -> None:
        image = [{"name": "pizza-service", "image": f"pizza-service:{version}", "memory": 128}]
        made = self._ecs.register_task_definition(family="pizza-service", containerDefinitions=image)
        arn, service = made["taskDefinition"]["taskDefinitionArn"], self._service()["serviceName"]
        self._ecs.update_service(cluster=self._cluster(), service=service, taskDefinition=arn)

    def delete_service(self) -> None:
        self._ecs.delete_service(cluster=self._cluster(), service=self._service()["serviceName"], force=True)

    def create_service(self) -> None:
        self._ecs.create_service(cluster=self._cluster(), serviceName="pizza-service", taskDefinition="pizza-service")

    def set_aside(self, *, aside: bool) -> None:
        arns = self._ecs.list_tasks(cluster=self._cluster())["taskArns"]
        tasks = self._ecs.describe_tasks(cluster=self._cluster(), tasks=arns)["tasks"]
        bound = next(each for each in tasks if each["healthStatus"] == "HEALTHY")["containers"][0]["networkBindings"][0]
        move = self._elb.deregister_targets if aside else self._elb.register_targets
        move(TargetGroupArn=self._group(), Targets=[{"Id": bound["bindIP"], "Port": bound["hostPort"]}])

    def _zone(self) -> str:
        return str(self._dns.list_hosted_zones()["HostedZones"][0]["Id"])

    def _group(self) -> str:
        return str(self._elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"])

    def _cluster(self) -> str:
        return str(self._ecs.list_clusters()["clusterArns"][0])

    def _service(self) -> dict[str, Any]:
        arns = self._ecs.list_services(cluster=self._cluster())["serviceArns"]
        found: dict[str, Any] = self._ecs.describe_services(cluster=self._cluster(), services=arns)["services"][0]
        return found

    def _change(self, action: str, values: dict[str, Any]) -> None:
        wanted = {"Name": SITE, "Type": "A", **values}
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": wanted}]}
        self._dns.change_resource_record_sets(HostedZoneId=self._zone(), ChangeBatch=batch)


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.comes_up()
    return cloud


@pytest.fixture(params=[InMemory, ThroughAws], ids=["in memory", "AWS"])
def console(request: pytest.FixtureRequest, cloud: Cloud) -> Console:
    made: Console = request.param(cloud)
    return made


def test_site_coming_up_shows_its_balancer_record_target_and_deployment(console: Console) -> None:
    assert console.balancers() == {"pizza-service-balancer-1": "127.0.0.1"}
    assert console.record() == "127.0.0.1"
    assert console.target_health() == ["healthy"]
    assert console.rollout() == ("pizza-service:1", "completed")


def test_balancer_removed_record_stays_and_the_deployment_fails(console: Console, cloud: Cloud) -> None:
    console.remove_balancer()
    assert console.happened() == "removed the load balancer pizza-service-balancer-1"
    assert console.balancers() == {}
    assert console.record() == "127.0.0.1"
    cloud.wait(600)
    assert console.target_health() == []
    assert console.rollout() == ("pizza-service:1", "failed")
    assert not cloud.is_reached()


def test_balancer_missing_created_and_record_changed_site_is_back(console: Console, cloud: Cloud) -> None:
    console.remove_balancer()
    cloud.wait(600)
    console.create_balancer("mended")
    cloud.wait(60)
    assert list(console.balancers()) == ["mended"]
    assert console.target_health() == ["healthy"]
    assert not cloud.is_reached()
    console.point_record(console.balancers()["mended"])
    assert cloud.is_reached()
    assert console.rollout() == ("pizza-service:1", "completed")


def test_record_pointed_elsewhere_site_is_lost_and_pointed_back_it_is_found(console: Console, cloud: Cloud) -> None:
    console.point_record("127.0.0.99")
    assert (console.record(), cloud.is_reached()) == ("127.0.0.99", False)
    console.point_record("127.0.0.1")
    assert cloud.is_reached()


def test_record_removed_name_leads_nowhere(console: Console, cloud: Cloud) -> None:
    console.remove_record()
    assert (console.record(), cloud.zone.find(SITE)) == ("", None)


def test_definition_registered_and_chosen_its_version_serves(console: Console, cloud: Cloud) -> None:
    console.deploy("v2")
    assert console.rollout() == ("pizza-service:2", "in progress")
    cloud.wait(60)
    assert console.rollout() == ("pizza-service:2", "completed")
    assert cloud.plane.definition("pizza-service:2").pushed == "v2"
    assert cloud.running == {"task-2"}


def test_service_deleted_stays_deleted_until_it_is_created(console: Console, cloud: Cloud) -> None:
    console.delete_service()
    cloud.wait(600)
    assert (console.rollout(), cloud.running) == (("", ""), set())
    console.create_service()
    cloud.wait(60)
    assert (console.rollout(), cloud.is_reached()) == (("pizza-service:1", "completed"), True)


def test_target_set_aside_runs_on_and_gets_nothing_until_it_is_back(console: Console, cloud: Cloud) -> None:
    console.set_aside(aside=True)
    cloud.wait(60)
    assert (console.target_health(), cloud.targets, cloud.running) == ([], (), {"task-1"})
    console.set_aside(aside=False)
    assert (console.target_health(), cloud.is_reached()) == (["healthy"], True)
