"""What the things of a run are called in AWS: an account of its own, one region whichever is asked for, and ARNs.

Rules of this file: a name follows from what it names, so that it is the same on every call; no DNS name here is one
that anybody but the run could answer for.
"""

from __future__ import annotations

from hashlib import sha256

from harness.aws.scene import Scene

ACCOUNT = "000000000000"
REGION = "us-east-1"
VPC = "vpc-00000000000000001"
SUBNET = "subnet-00000000000000001"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def load_balancer(name: str) -> str:
    """Give the ARN of a load balancer."""
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/{name}/{_digest(name)}"


def listener(name: str) -> str:
    """Give the ARN of a load balancer's only listener."""
    return f"{load_balancer(name).replace(':loadbalancer/', ':listener/')}/{_digest('listener of ' + name)}"


def host_of(name: str, scene: Scene) -> str:
    """Give the DNS name of a load balancer, which lies in the site's own zone."""
    return f"{name}.elb.{zone(scene)}".lower()


def target_group_name(scene: Scene) -> str:
    """Give the name of the only target group."""
    return f"{scene.site.service}-targets"


def target_group(scene: Scene) -> str:
    """Give its ARN."""
    name = target_group_name(scene)
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/{_digest(name)}"


def zone(scene: Scene) -> str:
    """Give the DNS zone that the site's name lies in, without a final dot."""
    return scene.site.name.partition(".")[2] or scene.site.name


def zone_id(scene: Scene) -> str:
    """Give the id of the hosted zone."""
    return f"Z{_digest(zone(scene)).upper()}"


def cluster(scene: Scene) -> str:
    """Give the ARN of the cluster."""
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{scene.console.cluster}"


def service(scene: Scene) -> str:
    """Give the ARN of the service."""
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{scene.console.cluster}/{scene.console.service}"


def task(scene: Scene, name: str) -> str:
    """Give the ARN of a task."""
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{scene.console.cluster}/{name}"


def definition(name: str) -> str:
    """Give the ARN of a task definition, from its family and number."""
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}"


def stack(scene: Scene) -> str:
    """Give the name of the CloudFormation stack that everything belongs to."""
    return f"{scene.site.service}-stack"


def stack_id(scene: Scene) -> str:
    """Give its ARN."""
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack(scene)}/{_digest(stack(scene))}"


def last(arn_or_name: str) -> str:
    """Give the name in an ARN, or the name itself."""
    return arn_or_name.rpartition("/")[2]
