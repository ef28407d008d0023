"""AWS's interface to a game day: a call looks at once, and what it changes takes its turn like anybody's order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from harness.errors import ScenarioError
from harness.gameday.orders import touch
from harness.gameday.session import Session
from harness.gameday.stage import Stage
from harness.stacks.processes import ProcessesStack

if TYPE_CHECKING:
    from harness.aws.endpoint import AwsEndpoint


HINTS: Mapping[str, str] = {
    "AWS_ENDPOINT_URL": "{url}",
    "AWS_ACCESS_KEY_ID": "your-name",
    "AWS_SECRET_ACCESS_KEY": "anything",
    "AWS_DEFAULT_REGION": "us-east-1",
}
"""What somebody sets before they call; the access key is who they are in the timeline."""


def require_aws(stack: str) -> None:
    """Make sure that AWS's interface can be had on a stack, given by its name.

    Raises:
        ScenarioError: when the extra is not installed, or the deployment is none of the harness's.
    """
    if find_spec("moto") is None:
        message = "--aws needs moto: pip install 'pizza-chaos[aws]'. The desk's console works without it."
        raise ScenarioError(message)
    if stack == "attached":
        message = "--aws shows what the harness deployed, and an attached system is deployed by others. Leave it out."
        raise ScenarioError(message)


def aws_endpoint(day: Stage) -> AwsEndpoint:
    """Give the endpoint of a game day that is being played, with everything that happened to its service so far."""
    from harness.aws.endpoint import AwsEndpoint  # noqa: PLC0415 - reads AWS's models, which takes a second
    from harness.aws.run_controls import RunControls  # noqa: PLC0415

    assert isinstance(day, Session), "a replay is none that calls could change"
    stack = day.run.scenario.stack
    assert isinstance(stack, ProcessesStack), "a game day is played on real processes"
    endpoint = AwsEndpoint(RunControls(day.run.scenario, stack, turn=partial(touch, day)))
    for event in stack.so_far().events:
        endpoint.hear(event)
    stack.listen(endpoint.hear)
    return endpoint


def settings_to_call(url: str) -> list[str]:
    """Give the shell commands that point the AWS CLI and boto3 at an endpoint."""
    return [f"export {name}={value.format(url=url)}" for name, value in HINTS.items()]
