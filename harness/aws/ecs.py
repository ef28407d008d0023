"""Elastic Container Service: the cluster, its one service, the tasks, and the task definitions.

A task definition's image is the service's name and the version of the code, `pizza-service:20241130.220300`: whoever
registers one with another tag has that version run. How many tasks there are is the run's own business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.aws import names
from harness.aws.scene import Answer, Operation, Parameters, Refusal, Scene, told
from harness.ingress.description import DeploymentShown, TaskDefinition, TaskShown

PORT = 80

_STATUS: Mapping[str, str] = {
    "starting": "PENDING",
    "running": "RUNNING",
    "healthy": "RUNNING",
    "unhealthy": "DEACTIVATING",
    "draining": "DEACTIVATING",
    "stopped": "STOPPED",
}
_ROLLOUT = {"in progress": "IN_PROGRESS", "completed": "COMPLETED", "failed": "FAILED"}


# The cluster


def _list_clusters(scene: Scene, _: Parameters) -> Answer:
    return told({"clusterArns": [names.cluster(scene)]})


def _describe_clusters(scene: Scene, asked: Parameters) -> Answer:
    wanted = asked.get("clusters") or [scene.console.cluster]
    missing = [each for each in wanted if names.last(each) != scene.console.cluster]
    failures = [{"arn": each, "reason": "MISSING"} for each in missing]
    return told({"clusters": [_cluster(scene)] if len(missing) < len(wanted) else [], "failures": failures})


def _cluster(scene: Scene) -> dict[str, Any]:
    return {
        "clusterArn": names.cluster(scene),
        "clusterName": scene.console.cluster,
        "status": "ACTIVE",
        "runningTasksCount": len(_up(scene, "running", "healthy")),
        "pendingTasksCount": len(_up(scene, "starting")),
        "activeServicesCount": int(_has_service(scene)),
    }


def _same_cluster(scene: Scene, asked: Parameters) -> None:
    if names.last(asked.get("cluster") or "default") != scene.console.cluster:
        raise Refusal("ClusterNotFoundException", f"Cluster not found. The cluster is {scene.console.cluster}.")


# The service


def _list_services(scene: Scene, asked: Parameters) -> Answer:
    _same_cluster(scene, asked)
    return told({"serviceArns": [names.service(scene)] if _has_service(scene) else []})


def _describe_services(scene: Scene, asked: Parameters) -> Answer:
    _same_cluster(scene, asked)
    there = [each for each in asked["services"] if _is_service(scene, each)]
    failures = [{"arn": each, "reason": "MISSING"} for each in asked["services"] if each not in there]
    return told({"services": [_service(scene)] if there else [], "failures": failures})


def _update_service(scene: Scene, asked: Parameters) -> Answer:
    _same_cluster(scene, asked)
    deployment = _the_service(scene, asked["service"])
    _same_count(scene, asked)
    wanted = asked.get("taskDefinition")
    chosen = _definition(scene, wanted).name if wanted else deployment.revision
    if chosen == deployment.revision and not asked.get("forceNewDeployment"):
        return told({"service": _service(scene)})
    return Answer(_told_service, (lambda plane, now: plane.deploy(chosen, now=now),))


def _delete_service(scene: Scene, asked: Parameters) -> Answer:
    _same_cluster(scene, asked)
    _the_service(scene, asked["service"])
    if not asked.get("force"):
        message = "The service cannot be stopped while it is scaled above 0."
        raise Refusal("InvalidParameterException", message)
    deleted = {**_service(scene), "status": "DRAINING", "desiredCount": 0}
    return Answer(lambda _: {"service": deleted}, (lambda plane, now: plane.delete_service(now=now),))


def _create_service(scene: Scene, asked: Parameters) -> Answer:
    _same_cluster(scene, asked)
    if _has_service(scene):
        what = (
            "Creation of service was not idempotent" if _is_service(scene, asked["serviceName"]) else "Quota exceeded"
        )
        message = f"{what}: {scene.console.service} exists, and 1 service is the most. Delete it first."
        raise Refusal("InvalidParameterException", message)
    _same_count(scene, asked)
    chosen = _definition(scene, asked.get("taskDefinition") or "").name
    return Answer(_told_service, (lambda plane, now: plane.create_service(chosen, now=now),))


def _told_service(scene: Scene) -> dict[str, Any]:
    return {"service": _service(scene)}


def _service(scene: Scene) -> dict[str, Any]:
    deployment = scene.console.deployment
    assert deployment is not None, "only a service that exists is shown"
    lines = [f"(service {scene.console.service}) {each.what}." for each in scene.events]
    events = [
        {"id": f"{scene.site.service}-{each.number}", "createdAt": each.at, "message": line}
        for each, line in zip(scene.events, lines, strict=True)
    ]
    balancer = {"targetGroupArn": names.target_group(scene), "containerName": scene.site.service, "containerPort": PORT}
    return {
        "serviceArn": names.service(scene),
        "serviceName": scene.console.service,
        "clusterArn": names.cluster(scene),
        "status": "ACTIVE",
        "launchType": "FARGATE",
        "loadBalancers": [balancer],
        **_counts(scene),
        "taskDefinition": names.definition(deployment.revision),
        "deployments": [_deployment(scene, deployment)],
        "events": events[::-1],
        "createdAt": scene.since(scene.console.service),
    }


def _deployment(scene: Scene, deployment: DeploymentShown) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{deployment.revision}",
        "status": "PRIMARY",
        "taskDefinition": names.definition(deployment.revision),
        "rolloutState": _ROLLOUT[deployment.state],
        "rolloutStateReason": deployment.reason,
        **_counts(scene),
    }


def _counts(scene: Scene) -> dict[str, int]:
    running, pending = len(_up(scene, "running", "healthy")), len(_up(scene, "starting"))
    return {"desiredCount": scene.site.policy.desired, "runningCount": running, "pendingCount": pending}


def _same_count(scene: Scene, asked: Parameters) -> None:
    wanted, fixed = asked.get("desiredCount"), scene.site.policy.desired
    if wanted is not None and wanted != fixed:
        message = f"desiredCount is {fixed} in this run and cannot be {wanted}: it would be another scenario."
        raise Refusal("InvalidParameterException", message)


def _has_service(scene: Scene) -> bool:
    return scene.console.deployment is not None


def _is_service(scene: Scene, wanted: str) -> bool:
    return _has_service(scene) and names.last(wanted) == scene.console.service


def _the_service(scene: Scene, wanted: str) -> DeploymentShown:
    if scene.console.deployment is None or not _is_service(scene, wanted):
        raise Refusal("ServiceNotFoundException", f"Service not found. The service is {scene.console.service}.")
    return scene.console.deployment


# Tasks


def _list_tasks(scene: Scene, asked: Parameters) -> Answer:
    _same_cluster(scene, asked)
    stopped = asked.get("desiredStatus") == "STOPPED"
    found = [each for each in scene.console.tasks if (each.state == "stopped") is stopped]
    return told({"taskArns": [names.task(scene, each.name) for each in found]})


def _describe_tasks(scene: Scene, asked: Parameters) -> Answer:
    _same_cluster(scene, asked)
    by_name = {each.name: each for each in scene.console.tasks}
    there = [by_name[names.last(each)] for each in asked["tasks"] if names.last(each) in by_name]
    failures = [{"arn": each, "reason": "MISSING"} for each in asked["tasks"] if names.last(each) not in by_name]
    return told({"tasks": [_task(scene, each) for each in there], "failures": failures})


def _task(scene: Scene, task: TaskShown) -> dict[str, Any]:
    stopped = task.state == "stopped"
    health = {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}.get(task.state, "UNKNOWN")
    host, _, port = task.address.partition(":")
    bound = [{"bindIP": host, "containerPort": PORT, "hostPort": int(port)}] if port else []
    container = {"name": scene.site.service, "lastStatus": _STATUS[task.state], "networkBindings": bound}
    return {
        "taskArn": names.task(scene, task.name),
        "clusterArn": names.cluster(scene),
        "taskDefinitionArn": names.definition(task.revision),
        "lastStatus": _STATUS[task.state],
        "desiredStatus": "STOPPED" if stopped or task.state in {"unhealthy", "draining"} else "RUNNING",
        "healthStatus": health,
        "group": f"service:{scene.console.service}",
        "launchType": "FARGATE",
        "containers": [container],
        **({"stoppedReason": task.reason} if stopped else {}),
    }


def _up(scene: Scene, *states: str) -> list[TaskShown]:
    return [each for each in scene.console.tasks if each.state in states]


# Task definitions


def _list_task_definitions(scene: Scene, asked: Parameters) -> Answer:
    family = asked.get("familyPrefix") or scene.site.service
    found = [each.name for each in scene.console.definitions if each.name.partition(":")[0] == family]
    ordered = found[::-1] if asked.get("sort") == "DESC" else found
    return told({"taskDefinitionArns": [names.definition(each) for each in ordered]})


def _describe_task_definition(scene: Scene, asked: Parameters) -> Answer:
    return told({"taskDefinition": _shown(_definition(scene, asked["taskDefinition"]))})


def _register_task_definition(scene: Scene, asked: Parameters) -> Answer:
    family, containers = asked["family"], asked["containerDefinitions"]
    if family != scene.site.service:
        message = f"The family is {scene.site.service}; a task definition of {family} would run nothing here."
        raise Refusal("ClientException", message)
    if not containers:
        raise Refusal("ClientException", "Container definitions must not be empty.")
    pushed = _version(str(containers[0].get("image") or ""))
    return Answer(
        lambda then: {"taskDefinition": _shown(then.console.definitions[-1])},
        (lambda plane, now: plane.register(pushed, note="registered through AWS", now=now),),
    )


def _version(image: str) -> str:
    repository, _, tag = names.last(image).partition(":")
    if not repository:
        raise Refusal("ClientException", "Container.image should not be null or empty.")
    return tag or "latest"


def _definition(scene: Scene, wanted: str) -> TaskDefinition:
    family, _, number = names.last(wanted).partition(":")
    found = [each for each in scene.console.definitions if each.name.partition(":")[0] == family]
    chosen = [each for each in found if not number or each.name == f"{family}:{number}"]
    if not chosen:
        raise Refusal("ClientException", f"Unable to describe task definition: there is no {wanted or 'such'}.")
    return chosen[-1]


def _shown(definition: TaskDefinition) -> dict[str, Any]:
    family, _, number = definition.name.partition(":")
    image = {"name": family, "image": f"{family}:{definition.pushed}", "essential": True}
    return {
        "taskDefinitionArn": names.definition(definition.name),
        "family": family,
        "revision": int(number),
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "containerDefinitions": [{**image, "portMappings": [{"containerPort": PORT, "protocol": "tcp"}]}],
    }


OPERATIONS: Mapping[str, Operation] = {
    "ListClusters": _list_clusters,
    "DescribeClusters": _describe_clusters,
    "ListServices": _list_services,
    "DescribeServices": _describe_services,
    "UpdateService": _update_service,
    "DeleteService": _delete_service,
    "CreateService": _create_service,
    "ListTasks": _list_tasks,
    "DescribeTasks": _describe_tasks,
    "ListTaskDefinitions": _list_task_definitions,
    "DescribeTaskDefinition": _describe_task_definition,
    "RegisterTaskDefinition": _register_task_definition,
}
