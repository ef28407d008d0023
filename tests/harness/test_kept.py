from pathlib import Path

import msgspec
import pytest

from harness.checks import Verdict
from harness.errors import HarnessError
from harness.kept import HISTORY_FILE, KeptPlan, incident_again, judge_again, kept_run
from tests.harness.checks.stories import night
from tests.harness.checks.test_stories import expectations


def kept(directory: Path) -> Path:
    (directory / HISTORY_FILE).write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in night()))
    KeptPlan(expects_no_fault=False, checks=tuple(expectations())).write(directory)
    return directory


def test_kept_run_is_judged_again_from_its_history_and_its_plan(tmp_path: Path) -> None:
    history, judgement = kept_run(kept(tmp_path))
    assert len(history) == len(night())
    assert judgement.verdict is Verdict.PASSED
    assert judge_again(tmp_path)["verdict"] == "passed"
    assert "## Timeline" in incident_again(tmp_path)


def test_plan_that_is_not_there_is_named_with_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"plan.json cannot be read: No such file or directory. Give the directory"):
        KeptPlan.read(tmp_path)
