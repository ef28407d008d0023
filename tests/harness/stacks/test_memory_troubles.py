from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import ScenarioError
from harness.events import Event, Hurt, TroubleBegun
from harness.faults.troubles import MemoryCapped
from harness.stacks import memory_troubles
from harness.stacks.children import Children, Ears, Launch
from harness.stacks.memory_group import NoGroup
from harness.stacks.memory_troubles import MemoryTroubles, how_here

CAP = MemoryCapped(2**20)
HOARDS = """
import json, sys, traceback
print(json.dumps({"event": "listening", "address": "nowhere:0"}), flush=True)
for line in sys.stdin:
    try:
        hoard = bytearray(64 * 2**20)
        print(json.dumps({"got": True}), flush=True)
    except MemoryError:
        traceback.print_exc()
        sys.stderr.flush()
        print(json.dumps({"got": False}), flush=True)
"""
"""A task that asks for 64 MiB whenever it is told something."""


class Setting:
    """A hoarding task, and what was recorded."""

    def __init__(self, directory: Path) -> None:
        self.events: list[Event] = []
        self.children = Children(logs=directory, environment={}, record=lambda _: None)
        self.heard: list[bool] = []
        self.task = self.children.start(Launch("task-1", [sys.executable, "-u", "-c", HOARDS]), ears=self._ears())
        self.task.wait_until_ready()
        self.memory = MemoryTroubles(record=self.events.append)
        cloud: Any = SimpleNamespace(children=self.children, oldest_task=lambda: self.task)
        self.memory.cloud = cloud

    def _ears(self) -> Any:
        return Ears(line=lambda said: self.heard.append(said["got"]))

    def asks(self) -> bool:
        before = len(self.heard)
        self.task.tell({})
        while len(self.heard) == before:
            self.task.wait(0.01)
        return self.heard[-1]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="only Linux caps another process")
def test_task_that_is_capped_gets_no_memory_until_the_cap_is_lifted_and_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_pid: int) -> Path:
        raise NoGroup("nobody lets us")

    monkeypatch.setattr(memory_troubles, "parent_of", nowhere)
    setting = Setting(tmp_path)
    try:
        assert setting.asks()
        asyncio.run(setting.memory.begin(CAP))
        assert setting.memory.stands(CAP)
        assert not setting.asks()
        asyncio.run(setting.memory.end(CAP))
        asyncio.run(setting.memory.end(CAP))
        assert not setting.memory.stands(CAP)
        assert setting.asks()
    finally:
        setting.children.end()
    begun, hurt = setting.events
    assert isinstance(begun, TroubleBegun)
    assert isinstance(hurt, Hurt)
    assert begun.how.startswith("task-1 by RLIMIT_AS and RLIMIT_DATA at what each process has, and 1048576 bytes")
    assert begun.how.endswith("because nobody lets us")
    assert (hurt.trouble, hurt.what) == ("task/memory capped", "task-1, which asked for memory in vain")


def test_way_in_which_this_machine_caps_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_troubles, "parent_of", lambda _pid: Path("/there"))
    assert how_here() == "a control group in /there"
    told = CliRunner().invoke(app, ["faults", "memory_pressure"])
    assert told.output.endswith("on this machine: a control group in /there\n")


def test_system_that_lets_nobody_cap_a_process_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil.Process, "rlimit", raising=False)
    assert how_here().startswith("not possible: this is ")
    troubles = MemoryTroubles(record=lambda _: None)
    with pytest.raises(ScenarioError, match=r"needs Linux.*this is "):
        asyncio.run(troubles.begin(CAP))
    asyncio.run(troubles.end(CAP))
    assert not troubles.stands(CAP)
