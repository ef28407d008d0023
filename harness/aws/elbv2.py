"""Elastic Load Balancing: one load balancer at a time, its listener, and the one target group.

A load balancer forwards to the target group from the moment it is ready, as one does that the console creates: its
listener comes with it, and creating that one again is done already. The account's quota is one of each: a second one
is refused as AWS refuses beyond a quota.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.aws import names
from harness.aws.scene import Answer, Operation, Parameters, Refusal, Scene, told
from harness.ingress.description import Balancer, TargetShown
from harness.ingress.records import Address

NAME = re.compile(r"(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
HTTP_PORT = 80

_HEALTH: Mapping[str, tuple[str, str | None]] = {
    "healthy": ("healthy", None),
    "initial": ("initial", "Elb.InitialHealthChecking"),
    "unhealthy": ("unhealthy", "Target.FailedHealthChecks"),
}
_UNUSED = {"State": "unused", "Reason": "Target.NotInUse", "Description": "Target group has no load balancer"}
_UNKNOWN = {"State": "unused", "Reason": "Target.NotRegistered", "Description": "Target is not registered"}


# Load balancers


def _describe_load_balancers(scene: Scene, asked: Parameters) -> Answer:
    wanted = [*(asked.get("Names") or ()), *(asked.get("LoadBalancerArns") or ())]
    found = [_known(scene, each) for each in wanted] if wanted else _existing(scene)
    return told({"LoadBalancers": [_balancer(scene, each) for each in found]})


def _create_load_balancer(scene: Scene, asked: Parameters) -> Answer:
    name, existing = str(asked["Name"]), _existing(scene)
    if not NAME.fullmatch(name):
        rule = "can only contain characters that are alphanumeric characters and hyphens(-), 32 at most"
        raise Refusal("ValidationError", f"The load balancer name '{name}' {rule}")
    if asked.get("Type") not in (None, "application"):
        raise Refusal("ValidationError", f"Type '{asked['Type']}' is none that runs here; only application does.")
    if any(each.name == name for each in existing):
        return Answer(lambda then: {"LoadBalancers": [_balancer(then, _known(then, name))]})
    if any(each.name == name for each in scene.console.balancers):
        raise Refusal("DuplicateLoadBalancerName", f"A load balancer was called '{name}' before. Choose another name.")
    if existing:
        quota = f"The maximum number of load balancers has been reached: '{existing[0].name}' exists, and 1 is the most"
        raise Refusal("TooManyLoadBalancers", quota)
    return Answer(
        lambda then: {"LoadBalancers": [_balancer(then, _known(then, name))]},
        (lambda plane, now: plane.create_balancer(now=now, name=name),),
    )


def _delete_load_balancer(scene: Scene, asked: Parameters) -> Answer:
    wanted = names.load_balancer
    if not any(wanted(each.name) == asked["LoadBalancerArn"] for each in _existing(scene)):
        return told({})  # as AWS does for one that is gone already
    return Answer(lambda _: {}, (lambda plane, now: plane.remove_balancer(now=now),))


def _describe_load_balancer_attributes(scene: Scene, asked: Parameters) -> Answer:
    _known(scene, asked["LoadBalancerArn"])
    return told({"Attributes": [{"Key": "deletion_protection.enabled", "Value": "false"}]})


def _balancer(scene: Scene, balancer: Balancer) -> dict[str, Any]:
    host = Address.parse(balancer.address).host if balancer.address else ""
    listens = [{"IpAddress": host}] if host else []
    zone = {"ZoneName": f"{names.REGION}a", "SubnetId": names.SUBNET, "LoadBalancerAddresses": listens}
    return {
        "LoadBalancerArn": names.load_balancer(balancer.name),
        "LoadBalancerName": balancer.name,
        "DNSName": names.host_of(balancer.name, scene),
        "CanonicalHostedZoneId": names.zone_id(scene),
        "CreatedTime": scene.since(balancer.name),
        "Scheme": "internet-facing",
        "VpcId": names.VPC,
        "State": {"Code": balancer.state or ("active" if host else "provisioning")},
        "Type": "application",
        "AvailabilityZones": [zone],
        "SecurityGroups": [],
        "IpAddressType": "ipv4",
    }


def _existing(scene: Scene) -> list[Balancer]:
    return [each for each in scene.console.balancers if each.exists]


def _known(scene: Scene, wanted: str) -> Balancer:
    for each in _existing(scene):
        if wanted in (each.name, names.load_balancer(each.name)):
            return each
    raise Refusal("LoadBalancerNotFound", f"Load balancer '{wanted}' not found")


# Listeners


def _describe_listeners(scene: Scene, asked: Parameters) -> Answer:
    by_arn = asked.get("ListenerArns") or ()
    if by_arn:
        return told({"Listeners": [_listener(scene, _listening(scene, arn)) for arn in by_arn]})
    if asked.get("LoadBalancerArn"):
        return told({"Listeners": [_listener(scene, _known(scene, asked["LoadBalancerArn"]))]})
    raise Refusal("ValidationError", "You must specify either listener ARNs or a load balancer ARN")


def _create_listener(scene: Scene, asked: Parameters) -> Answer:
    balancer = _known(scene, asked["LoadBalancerArn"])
    actions = list(asked.get("DefaultActions") or ())
    if [each.get("Type") for each in actions] != ["forward"]:
        raise Refusal("InvalidConfigurationRequest", "A listener here has one default action: forward")
    for group in _groups_of(actions[0]):
        _the_group(scene, group)
    protocol, port = asked.get("Protocol") or "HTTP", int(asked.get("Port") or HTTP_PORT)
    if protocol != "HTTP" or port not in {HTTP_PORT, _port(balancer)}:
        there = f"The load balancer has its listener, HTTP:{_port(balancer)}, and 1 is the most"
        raise Refusal("TooManyListeners", f"{there}; {protocol}:{port} cannot be added")
    return told({"Listeners": [_listener(scene, balancer)]})  # the one that came with it has the same settings


def _delete_listener(scene: Scene, asked: Parameters) -> Answer:
    balancer = _listening(scene, asked["ListenerArn"])
    why = f"a load balancer here lives and dies with its listener. Delete the load balancer '{balancer.name}' instead"
    raise Refusal("OperationNotPermitted", f"The listener cannot be deleted: {why}.")


def _groups_of(action: Mapping[str, Any]) -> list[str]:
    weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
    return [action["TargetGroupArn"]] if action.get("TargetGroupArn") else [one["TargetGroupArn"] for one in weighted]


def _listening(scene: Scene, arn: str) -> Balancer:
    for each in _existing(scene):
        if names.listener(each.name) == arn:
            return each
    raise Refusal("ListenerNotFound", f"Listener '{arn}' not found")


def _listener(scene: Scene, balancer: Balancer) -> dict[str, Any]:
    return {
        "ListenerArn": names.listener(balancer.name),
        "LoadBalancerArn": names.load_balancer(balancer.name),
        "Port": _port(balancer),
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": names.target_group(scene), "Order": 1}],
    }


def _port(balancer: Balancer) -> int:
    """Give the port where it really listens, which the run chooses; the usual one until it does."""
    return Address.parse(balancer.address).port if balancer.address else HTTP_PORT


# The target group


def _describe_target_groups(scene: Scene, asked: Parameters) -> Answer:
    for wanted in (*(asked.get("Names") or ()), *(asked.get("TargetGroupArns") or ())):
        _the_group(scene, wanted)
    if asked.get("LoadBalancerArn"):
        _known(scene, asked["LoadBalancerArn"])
    return told({"TargetGroups": [_group(scene)]})


def _create_target_group(scene: Scene, asked: Parameters) -> Answer:
    if asked["Name"] == names.target_group_name(scene):
        return told({"TargetGroups": [_group(scene)]})
    quota = f"The maximum number of target groups has been reached: use '{names.target_group_name(scene)}'"
    raise Refusal("TooManyTargetGroups", quota)


def _describe_target_health(scene: Scene, asked: Parameters) -> Answer:
    _the_group(scene, asked["TargetGroupArn"])
    registered = {each.address: _health(scene, each) for each in scene.console.targets}
    wanted = asked.get("Targets")
    if wanted:
        shown = {str(where): registered.get(str(where), _UNKNOWN) for where in map(_address, wanted)}
        return told({"TargetHealthDescriptions": [_described(where, health) for where, health in shown.items()]})
    return told({"TargetHealthDescriptions": [_described(where, health) for where, health in registered.items()]})


def _register_targets(scene: Scene, asked: Parameters) -> Answer:
    return _moved(scene, asked, aside=False)


def _deregister_targets(scene: Scene, asked: Parameters) -> Answer:
    return _moved(scene, asked, aside=True)


def _moved(scene: Scene, asked: Parameters, *, aside: bool) -> Answer:
    _the_group(scene, asked["TargetGroupArn"])
    targets = [_address(each) for each in asked["Targets"]]
    listening = {each.address for each in scene.console.tasks if each.address and each.state != "stopped"}
    for target in targets:
        if str(target) not in listening:
            raise Refusal("InvalidTarget", f"The target {target} is no task of this service; those can be registered")
    return Answer(
        lambda _: {},
        tuple(
            lambda plane, now, target=target: plane.set_aside(target, aside=aside, now=now)  # type: ignore[misc]
            for target in targets
        ),
    )


def _group(scene: Scene) -> dict[str, Any]:
    policy = scene.site.policy
    return {
        "TargetGroupArn": names.target_group(scene),
        "TargetGroupName": names.target_group_name(scene),
        "Protocol": "HTTP",
        "Port": HTTP_PORT,
        "VpcId": names.VPC,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": scene.console.health_check != "",
        "HealthCheckIntervalSeconds": max(1, round(policy.check_interval.total_seconds())),
        "HealthyThresholdCount": policy.healthy_threshold,
        "UnhealthyThresholdCount": policy.unhealthy_threshold,
        "HealthCheckPath": scene.console.health_check or policy.check_path,
        "Matcher": {"HttpCode": "200-299"},
        "LoadBalancerArns": [names.load_balancer(each.name) for each in _existing(scene)],
        "TargetType": "ip",
        "IpAddressType": "ipv4",
    }


def _the_group(scene: Scene, wanted: str) -> None:
    if wanted not in (names.target_group(scene), names.target_group_name(scene)):
        raise Refusal("TargetGroupNotFound", f"One or more target groups not found: {wanted}")


def _health(scene: Scene, target: TargetShown) -> Mapping[str, str | None]:
    if not _existing(scene):
        return _UNUSED
    state, reason = _HEALTH[target.health]
    return {"State": state, "Reason": reason, "Description": target.reason if reason else None}


def _described(where: str, health: Mapping[str, str | None]) -> dict[str, Any]:
    address = Address.parse(where)
    said = {name: value for name, value in health.items() if value}
    target = {"Id": address.host, "Port": address.port}
    return {"Target": target, "HealthCheckPort": str(address.port), "TargetHealth": said}


def _address(target: Mapping[str, Any]) -> Address:
    return Address(str(target["Id"]), int(target.get("Port") or HTTP_PORT))


OPERATIONS: Mapping[str, Operation] = {
    "DescribeLoadBalancers": _describe_load_balancers,
    "DescribeLoadBalancerAttributes": _describe_load_balancer_attributes,
    "CreateLoadBalancer": _create_load_balancer,
    "DeleteLoadBalancer": _delete_load_balancer,
    "DescribeListeners": _describe_listeners,
    "CreateListener": _create_listener,
    "DeleteListener": _delete_listener,
    "DescribeTargetGroups": _describe_target_groups,
    "CreateTargetGroup": _create_target_group,
    "DescribeTargetHealth": _describe_target_health,
    "RegisterTargets": _register_targets,
    "DeregisterTargets": _deregister_targets,
}
