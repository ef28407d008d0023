"""CloudFormation: one stack, and its events, which are the console's audit trail. It is for looking only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.aws import names
from harness.aws.scene import Answer, Operation, Parameters, Refusal, Scene, told
from harness.ingress.description import StackEvent

_ENDINGS = (("removed ", "DELETE_COMPLETE"), ("deleted ", "DELETE_COMPLETE"), ("created ", "CREATE_COMPLETE"))
"""How a sentence of the trail begins that tells of more than a change."""


def _describe_stacks(scene: Scene, asked: Parameters) -> Answer:
    if asked.get("StackName"):
        _the_stack(scene, asked["StackName"])
    return told({"Stacks": [_stack(scene)]})


def _list_stacks(scene: Scene, _: Parameters) -> Answer:
    shown = {name: value for name, value in _stack(scene).items() if name != "Description"}
    return told({"StackSummaries": [shown]})


def _describe_stack_events(scene: Scene, asked: Parameters) -> Answer:
    _the_stack(scene, asked.get("StackName") or "")
    numbered = enumerate(scene.console.trail, start=1)
    return told({"StackEvents": [_event(scene, number, one) for number, one in numbered][::-1]})


def _the_stack(scene: Scene, wanted: str) -> None:
    if wanted not in (names.stack(scene), names.stack_id(scene)):
        raise Refusal("ValidationError", f"Stack with id {wanted} does not exist")


def _stack(scene: Scene) -> dict[str, Any]:
    return {
        "StackId": names.stack_id(scene),
        "StackName": names.stack(scene),
        "Description": f"Everything behind {scene.site.name}",
        "CreationTime": scene.since(),
        "LastUpdatedTime": scene.changed,
        "StackStatus": "UPDATE_COMPLETE" if scene.console.trail else "CREATE_COMPLETE",
    }


def _event(scene: Scene, number: int, event: StackEvent) -> dict[str, Any]:
    ending = next((status for begins, status in _ENDINGS if event.what.startswith(begins)), "UPDATE_COMPLETE")
    return {
        "StackId": names.stack_id(scene),
        "EventId": f"{names.stack(scene)}-{number}",
        "StackName": names.stack(scene),
        "LogicalResourceId": event.resource,
        "PhysicalResourceId": event.resource,
        "ResourceType": _kind(scene, event.resource),
        "Timestamp": scene.instant(event.steady),
        "ResourceStatus": ending,
        "ResourceStatusReason": event.what,
    }


def _kind(scene: Scene, resource: str) -> str:
    if any(each.name == resource for each in scene.console.balancers):
        return "AWS::ElasticLoadBalancingV2::LoadBalancer"
    if any(each.name == resource for each in scene.console.definitions):
        return "AWS::ECS::TaskDefinition"
    if resource == scene.console.cluster:
        return "AWS::ECS::Cluster"
    if resource.endswith(names.zone(scene)):
        return "AWS::Route53::RecordSet"
    return "AWS::ElasticLoadBalancingV2::TargetGroup" if ":" in resource else "AWS::ECS::Service"


OPERATIONS: Mapping[str, Operation] = {
    "DescribeStacks": _describe_stacks,
    "ListStacks": _list_stacks,
    "DescribeStackEvents": _describe_stack_events,
}
