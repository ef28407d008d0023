"""A control group around a task: on a tree of files that is laid out like the kernel's, and on the kernel's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.stacks import memory_group
from harness.stacks.heal import heal_leftovers
from harness.stacks.memory_group import (
    LAST_BYTES,
    LEAST_BYTES,
    PREFIX,
    MemoryGroup,
    NoGroup,
    leftover_groups,
    parent_of,
)
from harness.stacks.reaper import reap

HAS_SO_MUCH = 64 * 2**20
ALLOCATES = f"""
import sys
print("here", flush=True)
sys.stdin.readline()
hoard = bytearray(b"x") * {HAS_SO_MUCH}
print("got it", flush=True)
"""
NEVER_WAS = 2**22 + 1
"""A process that there cannot be: Linux counts no further than to 4,194,304."""


class Tree:
    """What looks like the control groups of a machine."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.own = self.group("user.slice/session.scope")
        monkeypatch.setattr(memory_group, "_mount", lambda: root)
        monkeypatch.setattr(memory_group, "group_of", lambda _pid: self.own)
        monkeypatch.setattr(Path, "rmdir", shutil.rmtree)  # the kernel's directories are removed with all files in them

    def group(self, path: str, *, hands_down: str = "") -> Path:
        made = self.root / path
        made.mkdir(parents=True, exist_ok=True)
        (made / "cgroup.subtree_control").write_text(hands_down)
        (made / "cgroup.procs").write_text("")
        return made


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    return Tree(tmp_path, monkeypatch)


def test_group_is_made_in_the_nearest_that_hands_memory_down(tree: Tree) -> None:
    tree.group("", hands_down="cpu memory")
    near = tree.group("user.slice", hands_down="memory pids")
    assert parent_of(1) == near


def test_group_is_not_made_where_memory_is_not_handed_down(tree: Tree) -> None:
    (tree.root / "cgroup.controllers").write_text("cpu memory")
    tree.group("user.slice", hands_down="cpu")
    with pytest.raises(NoGroup, match=r"none of the groups around .*session\.scope hands memory down"):
        parent_of(1)


def test_machine_whose_groups_do_not_control_memory_is_named(tree: Tree) -> None:
    (tree.root / "cgroup.controllers").write_text("hugetlb")
    with pytest.raises(NoGroup, match="cgroups v2 do not control memory"):
        parent_of(1)


@pytest.mark.parametrize(("room", "high"), [(0, LEAST_BYTES), (2**30, 2**30)])
def test_group_slows_its_processes_down_before_it_kills_them(tree: Tree, room: int, high: int) -> None:
    group = MemoryGroup(tree.root, "task-1")
    how = group.limit([17], room_bytes=room)
    written = {file.name: file.read_text() for file in group.directory.iterdir()}
    assert written == {
        "memory.high": f"{high}",
        "memory.max": f"{high + LAST_BYTES}",
        "memory.swap.max": "0",
        "cgroup.procs": "17",
    }
    assert (group.directory.name, group.is_standing) == (f"{PREFIX}{os.getpid()}-task-1", True)
    assert f"memory.high {high}" in how


def test_group_that_is_lifted_lets_its_processes_go_home_and_is_gone(tree: Tree) -> None:
    group = MemoryGroup(tree.root, "task-1")
    group.limit([17], room_bytes=0)
    group.lift()
    group.lift()
    assert (tree.own / "cgroup.procs").read_text() == "17"
    assert not group.directory.exists()
    assert not group.is_standing


def test_group_counts_how_often_it_held_somebody_back(tree: Tree) -> None:
    group = MemoryGroup(tree.root, "task-1")
    assert group.bites() == 0
    (group.directory / "memory.events").write_text("low 3\nhigh 20\nmax 4\noom 2\noom_kill 1\n")
    assert group.bites() == 25


def test_group_that_the_kernel_refuses_leaves_nothing_behind(tree: Tree) -> None:
    group = MemoryGroup(tree.root, "task-1")
    (group.directory / "memory.max").mkdir()
    with pytest.raises(NoGroup, match="the kernel refuses a limit"):
        group.limit([17], room_bytes=0)
    assert not group.directory.exists()


def test_group_that_may_not_be_made_is_refused_with_where(tree: Tree) -> None:
    MemoryGroup(tree.root, "task-1")
    with pytest.raises(NoGroup, match=f"no group can be made in {tree.root}: File exists"):
        MemoryGroup(tree.root, "task-1")


def test_group_whose_maker_is_gone_is_a_leftover_and_heal_removes_it(tree: Tree, tmp_path: Path) -> None:
    left = tree.group(f"user.slice/{PREFIX}{NEVER_WAS}-task-1")
    MemoryGroup(tree.root, "task-2")
    assert list(leftover_groups()) == [left]
    assert list(heal_leftovers(tmp_path / "runs")) == [f"removed {left}"]
    assert not left.exists()


def test_lease_that_lapses_removes_a_group(tmp_path: Path) -> None:
    group = tmp_path / "a group"
    group.mkdir()
    reap([f"directory {group}\n", f"directory {tmp_path / 'gone already'}\n"])
    assert not group.exists()


# On the kernel's own


@pytest.fixture
def allocating() -> Iterator[subprocess.Popen[str]]:
    """A process that takes much memory once it is told to."""
    with subprocess.Popen(
        [sys.executable, "-c", ALLOCATES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        with contextlib.suppress(ProcessLookupError):
            process.kill()


@pytest.mark.slow
def test_process_in_a_group_of_the_kernels_is_killed_when_it_takes_too_much(
    allocating: subprocess.Popen[str],
) -> None:
    try:
        group = MemoryGroup(parent_of(allocating.pid), "tested")
        group.limit([allocating.pid], room_bytes=0)
    except NoGroup as why:
        pytest.skip(f"memory_pressure uses rlimits on this machine: {why}")
    try:
        said, _ = allocating.communicate("now\n", timeout=30)
        assert said == ""
        assert allocating.returncode == -signal.SIGKILL
        assert group.bites() > 0
    finally:
        group.lift()
    assert not group.directory.exists()
    assert not psutil.pid_exists(allocating.pid)
