"""Programs that some tests need: skipped with a reason where one is missing, but never in CI."""

from __future__ import annotations

import os
import shutil

import pytest

IN_CI = "PIZZA_CHAOS_CI"
"""Set to 1 where every program must be there, so that no test is skipped for the lack of one."""

BESIDES_PATH = ("/usr/sbin", "/usr/libexec", "/opt/homebrew/bin")


def required_program(name: str) -> str:
    """Give the path of a program, or skip the test that needs it; in CI, fail it."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *BESIDES_PATH)))
    if found is None:
        reason = f"{name} is not on this machine"
        if os.environ.get(IN_CI) == "1":
            pytest.fail(f"{reason}, and {IN_CI}=1 says that it must be")
        pytest.skip(reason)
    return found
