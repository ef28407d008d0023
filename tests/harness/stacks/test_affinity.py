import os
import subprocess
import sys

import pytest

from harness.stacks import affinity

pinnable = pytest.mark.skipif(not affinity.available(), reason="this system cannot pin processes")


@pinnable
def test_process_is_pinned_to_one_processor_and_freed_again() -> None:
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        one = affinity.available()[:1]
        affinity.pin(process.pid, one)
        assert sorted(os.sched_getaffinity(process.pid)) == one
        affinity.pin(process.pid, affinity.available())
        assert sorted(os.sched_getaffinity(process.pid)) == affinity.available()
        process.kill()


def test_process_that_is_gone_is_left_alone_and_has_used_nothing() -> None:
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", ""]) as process:
        process.wait()
    affinity.pin(process.pid, affinity.available())
    assert affinity.used_seconds(process.pid) == 0.0
