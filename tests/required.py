"""What some tests need of the machine: skipped with a reason where it is missing, but never in CI."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

from harness.errors import HarnessError
from harness.stacks.containers.engine import engine, require_images
from harness.stacks.containers.twin import FACTORY_IMAGE, SERVICE_IMAGE

IN_CI = "PIZZA_CHAOS_CI"
"""Set to 1 where every program must be there, so that no test is skipped for the lack of one."""

BESIDES_PATH = ("/usr/sbin", "/usr/libexec", "/opt/homebrew/bin")


def required_program(name: str) -> str:
    """Give the path of a program, or skip the test that needs it; in CI, fail it."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *BESIDES_PATH)))
    if found is None:
        _go_without(f"{name} is not on this machine")
    return found


def required_docker(*images: str) -> None:
    """Skip the test unless a Docker engine answers and holds the twins' images, and these; in CI, fail it."""
    try:
        with engine() as client:
            require_images(client, SERVICE_IMAGE, FACTORY_IMAGE, *images)
    except HarnessError as error:
        _go_without(str(error))


def _go_without(reason: str) -> NoReturn:
    if os.environ.get(IN_CI) == "1":
        pytest.fail(f"{reason} {IN_CI}=1 says that it must be there.")
    pytest.skip(reason)
