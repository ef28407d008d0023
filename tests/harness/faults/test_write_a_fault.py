"""The how-to on writing a fault, as a reader would copy it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.end_to_end.runs import ROOT, run

PAGE = (ROOT / "docs" / "how-to" / "write-a-fault.md").read_text()
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", PAGE, flags=re.DOTALL))


def test_fault_of_the_how_to_passes_the_tests_of_the_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(FILES) == {"slow_factory.py", "test_slow_factory.py", "test_some_orders_are_slow.py"}
    fault, tests = ModuleType("slow_factory"), ModuleType("test_slow_factory")
    monkeypatch.setitem(sys.modules, "slow_factory", fault)
    exec(FILES["slow_factory.py"], vars(fault))
    exec(FILES["test_slow_factory.py"], vars(tests))
    names = [name for name in vars(tests) if name.startswith("test_")]
    assert len(names) == 2
    for name in names:
        getattr(tests, name)()


@pytest.mark.slow
def test_scenario_of_the_how_to_passes_in_simulation(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    done = run("run", "test_some_orders_are_slow.py", "--stack", "simulated", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "slow_factory" in done.stdout
