from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from harness.errors import ScenarioError
from harness.settings import Settings
from harness.stacks.choice import stack_and_recorder
from harness.stacks.services.twin import TwinService


@pytest.mark.parametrize("stack", ["processes", "simulated"])
def test_history_of_a_stack_that_cannot_be_made_does_not_stay_open(stack: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]")
    settings = Settings(stack=stack, rules=str(tmp_path / "rules.yaml"))
    history = tmp_path / "history.jsonl"
    with pytest.raises(ScenarioError) as refused:
        stack_and_recorder(
            TwinService(), settings=settings, history=history, begins=datetime(2024, 12, 1, tzinfo=UTC), on_call="Ada"
        )
    assert history.exists()
    assert str(history) not in {file.path for file in psutil.Process().open_files()}
    del refused
