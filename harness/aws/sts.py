"""Security Token Service: who somebody is, which is the first thing that people ask. Nobody is anybody here."""

from __future__ import annotations

from collections.abc import Mapping

from harness.aws import names
from harness.aws.scene import Answer, Operation, Parameters, Scene, told


def _get_caller_identity(_: Scene, __: Parameters) -> Answer:
    arn = f"arn:aws:sts::{names.ACCOUNT}:assumed-role/responder/game-day"
    return told({"UserId": "responder", "Account": names.ACCOUNT, "Arn": arn})


OPERATIONS: Mapping[str, Operation] = {"GetCallerIdentity": _get_caller_identity}
