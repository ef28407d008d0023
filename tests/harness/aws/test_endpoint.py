"""The endpoint on a socket, and a night that is mended through it alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from harness.aws.endpoint import LARGEST_BYTES, AwsEndpoint
from harness.aws.run_controls import RunControls
from harness.events import FaultRemoved, RemedyPerformed, RequestFinished
from harness.faults.balancer_missing import BalancerMissing
from harness.progress import Screen
from harness.run import Plan, Run
from harness.scenario import Diners
from harness.settings import Settings
from harness.stacks.looping import LoopThread
from harness.stacks.processes import ProcessesStack
from harness.telemetry.receiver import Server
from tests.harness.aws.account import Account
from tests.harness.ingress.cloud import Cloud

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=ana/20241201/us-east-1/ecs/aws4_request, Signature=x"}
LIST_CLUSTERS = {**SIGNED, "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters"}


@pytest.fixture
def endpoint() -> AwsEndpoint:
    cloud = Cloud()
    cloud.comes_up()
    return Account(cloud).endpoint


def posted(endpoint: AwsEndpoint, headers: dict[str, str], *, body: bytes = b"{}") -> httpx.Response:
    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(endpoint.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4566") as client:
            return await client.post("/", headers=headers, content=body)

    return asyncio.run(post())


def test_call_from_this_machine_is_answered(endpoint: AwsEndpoint) -> None:
    reply = posted(endpoint, LIST_CLUSTERS)
    assert reply.json() == {"clusterArns": ["arn:aws:ecs:us-east-1:000000000000:cluster/pizza-service-cluster-1"]}


@pytest.mark.parametrize("foreign", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_call_under_a_foreign_host_or_from_a_page_is_turned_away(
    endpoint: AwsEndpoint, foreign: dict[str, str]
) -> None:
    assert posted(endpoint, {**LIST_CLUSTERS, **foreign}).status_code == 403


def test_call_that_is_not_signed_or_too_large_or_unreadable_is_refused(endpoint: AwsEndpoint) -> None:
    assert posted(endpoint, {}).status_code == 403
    assert posted(endpoint, LIST_CLUSTERS, body=b" " * (LARGEST_BYTES + 1)).status_code == 413
    target = {"x-amz-target": "AmazonEC2ContainerServiceV20141113.DescribeServices"}
    garbled = posted(endpoint, {**SIGNED, **target}, body=b"{")
    assert (garbled.status_code, garbled.json()["__type"]) == (400, "InvalidParameterException")


@contextmanager
def serving(endpoint: AwsEndpoint) -> Iterator[str]:
    troubles: list[BaseException] = []
    loop = LoopThread(trouble=lambda _, error: troubles.append(error))
    server = Server(endpoint.app)
    loop.start()
    loop.call(server.start())
    try:
        yield server.url
    finally:
        loop.call(server.stop())
        loop.stop()
    assert not troubles


def client(service: str, url: str) -> Any:
    keys = {"aws_access_key_id": "Jaquelyn", "aws_secret_access_key": "anything"}
    return boto3.client(service, endpoint_url=url, region_name="us-west-2", **keys)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    plan = Plan(
        name="mended_through_aws",
        source=Path(__file__),
        hypothesis="What AWS's own tools can mend, they mend here.",
        begins="2024-12-01 05:00 MST",
        expects_no_fault=False,
        settings=Settings(stack="processes", speed=20.0, runs=str(tmp_path / "runs")),
    )
    run = Run(plan, screen=Screen(lambda _: None, is_terminal=False))
    run.start()
    try:
        yield run
    finally:
        run.finish(None)


@pytest.mark.slow
def test_night_without_a_balancer_is_mended_through_aws_alone(run: Run) -> None:
    scenario, stack = run.scenario, run.scenario.stack
    assert isinstance(stack, ProcessesStack)
    endpoint = AwsEndpoint(RunControls(scenario, stack))
    stack.listen(endpoint.hear)
    Diners(scenario).arrive(2)
    with serving(endpoint) as url, scenario.fault(BalancerMissing()):
        elb, ecs, dns = (client(service, url) for service in ("elbv2", "ecs", "route53"))
        wait_until(stack, lambda: rollout(ecs) == "FAILED")
        zone = dns.list_hosted_zones()["HostedZones"][0]["Id"]
        dangling = dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"][0]
        assert elb.describe_load_balancers()["LoadBalancers"] == []
        assert asked(stack, since=stack.clock.steady()) == {False}

        made = elb.create_load_balancer(Name="mended")["LoadBalancers"][0]
        assert made["State"]["Code"] in {"provisioning", "active"}
        wait_until(stack, lambda: balancer(elb)["State"]["Code"] == "active" and rollout(ecs) == "COMPLETED")
        alias = {"DNSName": balancer(elb)["DNSName"], "HostedZoneId": "Z1", "EvaluateTargetHealth": False}
        record = {"Name": dangling["Name"], "Type": "A", "AliasTarget": alias}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

        scenario.play("70s")  # as long as diners may believe the older answer
        assert asked(stack, since=stack.clock.steady()) == {True}
    history = stack.so_far()
    assert [each.by for each in history.of(FaultRemoved)] == ["remedy: aws route53 change-resource-record-sets"]
    assert {(each.by, each.remedy) for each in history.of(RemedyPerformed)} == {
        ("Jaquelyn", "aws elbv2 create-load-balancer"),
        ("Jaquelyn", "aws route53 change-resource-record-sets"),
    }


def balancer(elb: Any) -> Any:
    return elb.describe_load_balancers(Names=["mended"])["LoadBalancers"][0]


def rollout(ecs: Any) -> str:
    cluster = ecs.list_clusters()["clusterArns"][0]
    services = ecs.list_services(cluster=cluster)["serviceArns"]
    return str(
        ecs.describe_services(cluster=cluster, services=services)["services"][0]["deployments"][0]["rolloutState"]
    )


def wait_until(stack: ProcessesStack, holds: Callable[[], bool]) -> None:
    for _ in range(40):
        if holds():
            return
        stack.live(timedelta(seconds=3))
    raise AssertionError("it did not come to that within two minutes of incident time")


def asked(stack: ProcessesStack, *, since: float) -> set[bool]:
    """Let diners ask for a while, and say whether they got answers."""
    stack.live(timedelta(seconds=20))
    requests = [each for each in stack.so_far().of(RequestFinished) if each.steady >= since]
    return {each.status == 200 for each in requests}
