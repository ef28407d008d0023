"""The remedies: what a responder can do to the deployment, most of them useless for a given fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.ingress.control_plane import ControlPlane, Done

Remedy = Callable[[ControlPlane, str, str, float], Done]
"""Takes the control plane, a new version, a note on why, and steady seconds."""

REMEDIES: Mapping[str, Remedy] = {
    "push": lambda plane, version, note, now: plane.push(version, note=note, now=now),
    "roll back": lambda plane, _version, _note, now: plane.roll_back(now=now),
    "recreate task definition": lambda plane, _version, _note, now: plane.recreate_task_definition(now=now),
    "recreate service": lambda plane, _version, _note, now: plane.recreate_service(now=now),
    "recreate cluster": lambda plane, _version, _note, now: plane.recreate_cluster(now=now),
    "recreate load balancer": lambda plane, _version, _note, now: plane.create_balancer(now=now),
    "update DNS": lambda plane, _version, _note, now: plane.update_record(now=now),
}
"""Every remedy that a console offers, by the name that scenarios, reports and the game day use."""
