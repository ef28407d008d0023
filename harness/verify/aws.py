"""What a deployment's AWS shows of it, read as a description: read-only, and from an endpoint on this machine only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from harness.errors import HarnessError
from harness.ingress.description import Balancer, DeploymentShown, Description, RecordShown, TargetShown
from harness.ingress.records import SERVICE
from harness.stacks.safety import refuse_unless_ours

HTTP_PORT = 80
_ASKS = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, proxies={})
_KEYS = {"aws_access_key_id": "verify", "aws_secret_access_key": "nothing", "region_name": "us-east-1"}
_HEALTH = {"healthy": "healthy", "initial": "initial"}
_ROLLOUT = {"IN_PROGRESS": "in progress", "COMPLETED": "completed", "FAILED": "failed"}

Reply = Mapping[str, Any]


def read_aws(endpoint: str, url: str) -> Description:
    """Read what AWS shows of the site at a URL.

    Args:
        endpoint: where AWS's interface is served, on this machine: `http://127.0.0.1:4566`.
        url: the site's.

    Raises:
        SafetyError: when the endpoint is not on this machine.
        HarnessError: when it does not answer as AWS does.
    """
    refuse_unless_ours(endpoint)
    try:
        return _described(endpoint, site=urlsplit(url).hostname or "")
    except (BotoCoreError, ClientError) as error:
        message = f"--aws {endpoint} does not answer as AWS does: {error}. `pizza-chaos gameday --aws` prints a URL."
        raise HarnessError(message) from error


def _described(endpoint: str, *, site: str) -> Description:
    dns, elb, ecs = (
        boto3.client(service, endpoint_url=endpoint, config=_ASKS, **_KEYS) for service in ("route53", "elbv2", "ecs")
    )
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    ports = {each["LoadBalancerArn"]: _port(elb, each["LoadBalancerArn"]) for each in balancers}
    shown = tuple(_balancer(each, port=ports[each["LoadBalancerArn"]]) for each in balancers)
    addresses = {each["DNSName"].lower(): one.address for each, one in zip(balancers, shown, strict=True)}
    groups = elb.describe_target_groups()["TargetGroups"]
    cluster, service = _service(ecs)
    return Description(
        site=site,
        cluster=cluster,
        service=str(service.get("serviceName", "")),
        records=_records(dns, site=site, addresses=addresses),
        balancers=shown,
        deployment=_deployment(service),
        targets=tuple(target for group in groups for target in _targets(elb, group)),
        health_check=next((_checked(group) for group in groups), None),
        dns=_name_server(dns, site=site),
    )


def _balancer(balancer: Reply, *, port: int) -> Balancer:
    places = [each for zone in balancer["AvailabilityZones"] for each in zone.get("LoadBalancerAddresses") or ()]
    address = next((f"{each['IpAddress']}:{port}" for each in places if each.get("IpAddress")), "")
    return Balancer(name=balancer["LoadBalancerName"], address=address, state=balancer["State"]["Code"])


def _port(elb: Any, arn: str) -> int:  # noqa: ANN401 - boto3 makes its clients at run time
    listeners = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    return next((int(each["Port"]) for each in listeners), HTTP_PORT)


def _records(dns: Any, *, site: str, addresses: Mapping[str, str]) -> tuple[RecordShown, ...]:  # noqa: ANN401
    zones = _zones(dns, site=site)
    sets = [each for zone in zones for each in dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]
    named = {(each["Type"], each["Name"].removesuffix(".")): each for each in sets}
    found = named.get(("A", site)) or named.get(("CNAME", site))
    if found is None:
        return ()
    leads_to = _value(found) or found["AliasTarget"]["DNSName"]
    place = _value(named.get(("SRV", f"{SERVICE}.{site}"), {})).split()
    port = place[2] if place else str(HTTP_PORT)
    address = addresses.get(leads_to.removesuffix(".").lower(), f"{leads_to}:{port}")
    return (RecordShown(name=site, address=address, ttl_seconds=float(found.get("TTL", 60))),)


def _zones(dns: Any, *, site: str) -> list[str]:  # noqa: ANN401
    return [each["Id"] for each in dns.list_hosted_zones()["HostedZones"] if f"{site}.".endswith(f".{each['Name']}")]


def _name_server(dns: Any, *, site: str) -> str:  # noqa: ANN401
    """Give the zone's name server where it says a port, as only one on this machine does."""
    sets = [dns.get_hosted_zone(Id=zone)["DelegationSet"] for zone in _zones(dns, site=site)]
    return next((server for each in sets for server in each["NameServers"] if ":" in server), "")


def _value(record: Reply) -> str:
    return next((str(each["Value"]) for each in record.get("ResourceRecords") or ()), "")


def _targets(elb: Any, group: Reply) -> list[TargetShown]:  # noqa: ANN401
    shown = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
    return [_target(each["Target"], each["TargetHealth"]) for each in shown]


def _target(target: Reply, health: Reply) -> TargetShown:
    where = f"{target['Id']}:{target['Port']}"
    reason = str(health.get("Description") or health.get("Reason") or health["State"])
    return TargetShown(task=where, address=where, health=_HEALTH.get(health["State"], "unhealthy"), reason=reason)


def _checked(group: Reply) -> str:
    return str(group.get("HealthCheckPath") or "/") if group.get("HealthCheckEnabled", True) else ""


def _service(ecs: Any) -> tuple[str, Reply]:  # noqa: ANN401
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        if arns:
            return cluster.rpartition("/")[2], ecs.describe_services(cluster=cluster, services=arns[:1])["services"][0]
    return "", {}


def _deployment(service: Reply) -> DeploymentShown | None:
    for each in service.get("deployments") or ():
        state = _ROLLOUT.get(str(each.get("rolloutState")), "in progress")
        revision, reason = each["taskDefinition"].rpartition("/")[2], str(each.get("rolloutStateReason", ""))
        return DeploymentShown(revision=revision, state=state, reason=reason)
    return None
